// The name of a canonical snapshot: the replicated state exactly after one height, executed and opened. A block can name
// it, so that who trusts a certificate of that block needs no other word for the state.

import { concatBytes, equalBytes, u64Bytes } from "../base/index.ts";
import {
  leafHash,
  proofOfLeafHashes,
  rootOfLeafHashes,
  sha256,
  verifyMerkleProof,
} from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { snapshotBytesMax, snapshotChunkBytes } from "./limits.ts";
import type { Height } from "./numbers.ts";

/** Which state a block names. */
export interface SnapshotName {
  /** A multiple of `snapshotHeights`. */
  readonly height: Height;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** One part of a snapshot, with the proof that it is. */
export interface SnapshotPart {
  /** Of the whole snapshot. */
  readonly bytes: number;
  readonly index: number;
  readonly chunk: Uint8Array;
  /** Root of the tree over all chunks, and the siblings from the chunk up. */
  readonly tree: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** `hashes` are those of the chunks, by `snapshotChunkHash`. */
export function snapshotRoot(bytes: number, hashes: readonly Uint8Array[]): Uint8Array {
  return bind(bytes, rootOfLeafHashes(hashes));
}

export function snapshotChunkHash(chunk: Uint8Array): Uint8Array {
  return leafHash(chunk);
}

/** In `spaces.snapshotChunk`; the chunks of one snapshot stand one after another. */
export function snapshotChunkKey(height: Height, index: number): Uint8Array {
  return concatBytes(u64Bytes(height), u64Bytes(index));
}

export function snapshotChunkCount(bytes: number): number {
  return Math.ceil(bytes / snapshotChunkBytes);
}

export function proveSnapshotPart(
  snapshot: { readonly bytes: number; readonly hashes: readonly Uint8Array[] },
  index: number,
  chunk: Uint8Array,
): SnapshotPart {
  const { bytes, hashes } = snapshot;
  const path = proofOfLeafHashes(hashes, index);
  return { bytes, index, chunk, tree: rootOfLeafHashes(hashes), path };
}

/** That the part belongs to the snapshot of this root: the size is bound, and with it how long each chunk is. */
export function isPartOf(root: Uint8Array, part: SnapshotPart): boolean {
  const { bytes, index, chunk, tree, path } = part;
  if (bytes > snapshotBytesMax || !equalBytes(bind(bytes, tree), root)) return false;
  const width = snapshotChunkCount(bytes);
  const length = index === width - 1 ? bytes - index * snapshotChunkBytes : snapshotChunkBytes;
  if (chunk.length !== length) return false;
  return verifyMerkleProof({ root: tree, leaf: chunk, index, width, proof: path });
}

function bind(bytes: number, tree: Uint8Array): Uint8Array {
  return sha256(domains.snapshot, u64Bytes(bytes), tree);
}
