// Merkle trees over the contents of blocks, shaped and hashed as in RFC 6962: SHA-256, a leaf prefixed by 0 and a node
// by 1, so that neither passes for the other; a node without a sibling moves up unchanged. No leaves: SHA-256 of nothing.

import { assert, equalBytes } from "../base/index.ts";
import { sha256 } from "./hash.ts";

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return rootOfLeafHashes(leaves.map(leafHash));
}

/** What stands in the tree for a leaf: for trees whose leaves are too large to be at hand all at once. */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(leafPrefix, leaf);
}

export function rootOfLeafHashes(hashes: readonly Uint8Array[]): Uint8Array {
  return levels(hashes).at(-1)?.[0] ?? sha256();
}

/** The siblings from the leaf up: at most log2(width) of them, rounded up. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  return proofOfLeafHashes(leaves.map(leafHash), index);
}

export function proofOfLeafHashes(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(Number.isSafeInteger(index) && 0 <= index && index < hashes.length, "the leaf is there");
  const proof: Uint8Array[] = [];
  let position = index;
  for (const level of levels(hashes)) {
    const sibling = level[position ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    position >>>= 1;
  }
  return proof;
}

/** That `leaf` is number `index` of exactly `width` leaves under `root`. */
export function verifyMerkleProof(claim: {
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly width: number;
  readonly proof: readonly Uint8Array[];
}): boolean {
  const { root, leaf, index, width, proof } = claim;
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(index)) return false;
  if (index < 0 || index >= width || width > widthMax) return false;
  let hash = leafHash(leaf);
  let used = 0;
  // The shape of the tree follows from the width alone, so a path of any other length proves nothing.
  for (let position = index, last = width - 1; last > 0; position >>>= 1, last >>>= 1) {
    if (position % 2 === 0 && position === last) continue;
    const sibling = proof[used++];
    if (sibling?.length !== hash.length) return false;
    hash = position % 2 === 0 ? hashNode(hash, sibling) : hashNode(sibling, hash);
  }
  return used === proof.length && equalBytes(hash, root);
}

// Positions are halved by shifting, which JavaScript does on 32 bits.
const widthMax = 2 ** 31;

/** From the hashed leaves to the root; none without leaves. */
function levels(hashes: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const tree: Uint8Array[][] = [];
  let level = [...hashes];
  while (level.length > 0) {
    tree.push(level);
    if (level.length === 1) break;
    level = parents(level);
  }
  return tree;
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = level.slice(i, i + 2);
    assert(left !== undefined, "a pair has a first half");
    next.push(right === undefined ? left : hashNode(left, right));
  }
  return next;
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(nodePrefix, left, right);
}
