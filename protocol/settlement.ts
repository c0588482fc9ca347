// What contracts/ rebuild byte for byte: signed digests, checkpoints, the tree over all rollups, and committees as one
// hash. Keccak-256 over ABI words here and in inbox.ts, and nowhere else.

import { assert, concatBytes, u64Bytes, utf8 } from "../base/index.ts";
import { g1Sum, keccak256 } from "../crypto/index.ts";
import { kinds, zeroHash } from "./certificate.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Namespace } from "./numbers.ts";

/** One statement of a validator. Two of equal kind, epoch and slot with different payloads are a provable lie. */
export interface Statement {
  /** `settlementDomain` of the Hub: binds chain and contract. 32 bytes. */
  readonly domain: Uint8Array;
  readonly kind: keyof typeof kinds;
  readonly epoch: number;
  /** The view of a vote; the height of a checkpoint, and of the block whose decryption shares are given. */
  readonly slot: number;
  /** Block hash, zeros for a SKIP, hash of a checkpoint. 32 bytes. */
  readonly payload: Uint8Array;
}

/** keccak256(abi.encode(keccak256("conclave/v1"), chainId, hub)), as `Messages.domain`. The hub is 20 bytes. */
export function settlementDomain(place: {
  readonly chainId: number;
  readonly hub: Uint8Array;
}): Uint8Array {
  return hashWords(keccak256(utf8("conclave/v1")), place.chainId, place.hub);
}

/** keccak256(abi.encode(domain, kind, epoch, slot, payload)), as `Messages.digest`: the 32 bytes that BLS signs. */
export function signedDigest(statement: Statement): Uint8Array {
  const { domain, kind, epoch, slot, payload } = statement;
  return hashWords(domain, kinds[kind], epoch, slot, payload);
}

/** What a validator signs for a checkpoint, as `Hub.checkpointDigest`. */
export function checkpointDigest(domain: Uint8Array, checkpoint: Checkpoint): Uint8Array {
  return signedDigest(checkpointStatement(domain, checkpoint));
}

export function checkpointStatement(domain: Uint8Array, checkpoint: Checkpoint): Statement {
  const { epoch, height } = checkpoint;
  return { domain, kind: "checkpoint", epoch, slot: height, payload: checkpointHash(checkpoint) };
}

export function checkpointHash(checkpoint: Checkpoint): Uint8Array {
  const { number, epoch, height, blockHash, rollupsRoot, next } = checkpoint;
  return hashWords(number, epoch, height, blockHash, rollupsRoot, next);
}

/**
 * What an operator signs to register its key with Stake, as `Stake.possessionDigest`; under the proof-of-possession
 * suite. Addresses are 20 bytes, the key 96: x and y.
 */
export function possessionDigest(claim: {
  readonly chainId: number;
  readonly stake: Uint8Array;
  readonly operator: Uint8Array;
  readonly publicKey: Uint8Array;
}): Uint8Array {
  const { chainId, stake, operator, publicKey } = claim;
  const tag = keccak256(utf8("conclave/pop/v1"));
  return hashWords(tag, chainId, stake, operator, keccak256(publicKey));
}

/** A rollup's running totals: its leaf under a checkpoint's root, at the index of its namespace. */
export interface RollupLeaf {
  readonly namespace: Namespace;
  /** Batches opened for it so far. */
  readonly batches: number;
  /** Inbox messages they have taken in. */
  readonly inboxRead: number;
  /** Fee units charged to what it has prepaid. */
  readonly spent: number;
  /** The part of `spent` that is the rollup's own: what it was charged above the base fee. */
  readonly earned: number;
  /** Chain over the batches, 32 bytes. */
  readonly batchesHash: Uint8Array;
  /** Chain over the inbox messages read, 32 bytes. */
  readonly inboxHash: Uint8Array;
}

export function rollupLeaf(leaf: RollupLeaf): Uint8Array {
  const { namespace, batches, inboxRead, spent, earned, batchesHash, inboxHash } = leaf;
  return hashWords(namespace, batches, inboxRead, spent, earned, batchesHash, inboxHash);
}

/**
 * Root over the leaves, ascending by namespace. A namespace without a leaf counts as zeros, and so does a pair of
 * zeros, so that gaps and the padding to an even width cost nothing. Zeros without leaves.
 */
export function rollupsRoot(leaves: readonly RollupLeaf[]): Uint8Array {
  return (
    treeOf(leaves.map((leaf) => [leaf.namespace, rollupLeaf(leaf)]))
      .at(-1)
      ?.get(0) ?? zeroHash
  );
}

/** Siblings from the namespace's leaf up, as `Settlement.settle` takes them. */
export function rollupProof(leaves: readonly RollupLeaf[], namespace: Namespace): Uint8Array[] {
  return siblings(treeOf(leaves.map((leaf) => [leaf.namespace, rollupLeaf(leaf)])), namespace);
}

/** A member of a committee as the chain knows it. */
export interface Seat {
  /** G1, 96 bytes uncompressed: x and y. */
  readonly publicKey: Uint8Array;
  readonly weight: number;
}

/**
 * What a poster brings to show the committee: sum of the keys 96, sum of the weights 8, count 2, root of the tree 32.
 * Undefined for keys that are no points or cancel out; which of them have proven possession is the caller's care.
 */
export function committeeHead(seats: readonly Seat[]): Uint8Array | undefined {
  const key = g1Sum(seats.map((seat) => seat.publicKey));
  const root = treeOf(seats.map((seat, index) => [index, seatLeaf(seat)]))
    .at(-1)
    ?.get(0);
  if (key === undefined || root === undefined) return undefined;
  const total = seats.reduce((sum, seat) => sum + seat.weight, 0);
  return concatBytes(key, u64Bytes(total), u64Bytes(seats.length).subarray(6), root);
}

/** All that the chain keeps of a committee. */
export function committeeHash(head: Uint8Array): Uint8Array {
  return keccak256(head);
}

/**
 * Everyone who did not sign, as `Hub.finalize` takes them: their count 1, for each index 1, key 96, weight 8, and then
 * the siblings that lead them all to the root, from the leaves up. Nothing when all signed.
 */
export function absentMembers(seats: readonly Seat[], absent: readonly number[]): Uint8Array {
  if (absent.length === 0) return new Uint8Array();
  const indices = absent.toSorted((a, b) => a - b);
  const entries = indices.map((index) => {
    const seat = seats[index];
    assert(seat !== undefined, "who is absent has a seat");
    return concatBytes(Uint8Array.of(index), seat.publicKey, u64Bytes(seat.weight));
  });
  const tree = treeOf(seats.map((seat, index) => [index, seatLeaf(seat)]));
  const proof = sharedSiblings(tree, indices);
  return concatBytes(Uint8Array.of(indices.length), ...entries, ...proof);
}

function seatLeaf(seat: Seat): Uint8Array {
  return keccak256(seat.publicKey, u64Bytes(seat.weight));
}

/** Nodes by their position, from the leaves to the root; positions that are not there are zeros. */
type Level = ReadonlyMap<number, Uint8Array>;

function treeOf(leaves: readonly (readonly [number, Uint8Array])[]): readonly Level[] {
  const levels: Level[] = [];
  let level: Level = new Map(leaves);
  assert(level.size === leaves.length, "one leaf for each position");
  for (let last = Math.max(...level.keys()); last > 0; last = Math.floor(last / 2)) {
    levels.push(level);
    level = parentsOf(level);
  }
  return [...levels, level];
}

function parentsOf(level: Level): Level {
  const positions = new Set([...level.keys()].map((position) => Math.floor(position / 2)));
  return new Map(
    [...positions].map((position) => {
      const left = level.get(2 * position) ?? zeroHash;
      return [position, keccak256(left, level.get(2 * position + 1) ?? zeroHash)];
    }),
  );
}

function siblings(tree: readonly Level[], index: number): Uint8Array[] {
  assert(tree[0]?.has(index) === true, "the leaf is there");
  return tree.slice(0, -1).map((level, height) => {
    const position = Math.floor(index / 2 ** height);
    return level.get(position % 2 === 0 ? position + 1 : position - 1) ?? zeroHash;
  });
}

/** What is needed to climb from several leaves at once: a node whose sibling climbs as well needs none. */
function sharedSiblings(tree: readonly Level[], indices: readonly number[]): Uint8Array[] {
  const proof: Uint8Array[] = [];
  let climbing = new Set(indices);
  for (const level of tree.slice(0, -1)) {
    for (const position of climbing) {
      const sibling = position % 2 === 0 ? position + 1 : position - 1;
      if (!climbing.has(sibling)) proof.push(level.get(sibling) ?? zeroHash);
    }
    climbing = new Set([...climbing].map((position) => Math.floor(position / 2)));
  }
  return proof;
}

/** keccak256 over words of 32 bytes: abi.encode of static values. Shorter bytes (addresses) are padded on the left. */
function hashWords(...values: readonly (number | Uint8Array)[]): Uint8Array {
  return keccak256(
    ...values.map((value) => {
      const bytes = typeof value === "number" ? u64Bytes(value) : value;
      assert(bytes.length <= 32, "a word has 32 bytes");
      return bytes.length === 32 ? bytes : concatBytes(new Uint8Array(32 - bytes.length), bytes);
    }),
  );
}
