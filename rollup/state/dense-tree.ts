// A binary tree over leaves that are counted from 0 without gaps. What is set marks its leaf; the paths above all marked
// leaves are hashed together when somebody asks for the root, so that a batch hashes what its leaves share once.

import { assert, keccak256 } from "../../sdk/index.ts";
import type { Keccak } from "./keccak.ts";
import { noLeaf } from "./leaves.ts";
import { Words, wordBytes } from "./words.ts";

export class DenseTree {
  readonly #keccak: Keccak;
  /** From the leaves up to the top, each half as long as the one below; a node's children are neighbours. */
  readonly #levels: Uint8Array[] = [new Uint8Array(wordBytes)];
  /** At each level, the top of a tree in which there is no leaf. */
  readonly #empty: Uint8Array[] = [noLeaf];
  readonly #marked: Set<number> = new Set();
  #count = 0;

  constructor(keccak: Keccak = keccak256) {
    this.#keccak = keccak;
  }

  /** One more than the highest place that was ever set: it never shrinks. */
  get count(): number {
    return this.#count;
  }

  get depth(): number {
    return this.#levels.length - 1;
  }

  /** Without the count; 32 bytes. */
  get top(): Uint8Array {
    this.#hashMarked();
    return nodeAt(this.#levels[this.depth] as Uint8Array, 0).slice();
  }

  get root(): Uint8Array {
    return rootOfTree(this.#count, this.top, this.#keccak);
  }

  set(index: number, leaf: Uint8Array): void {
    assert(Number.isSafeInteger(index) && index >= 0, "leaves are counted from 0");
    assert(leaf.length === wordBytes, "a leaf has 32 bytes");
    while (index >= 2 ** this.depth) this.#grow();
    (this.#levels[0] as Uint8Array).set(leaf, index * wordBytes);
    this.#marked.add(index);
    if (index >= this.#count) this.#count = index + 1;
  }

  leaf(index: number): Uint8Array {
    return index < this.#count ? nodeAt(this.#levels[0] as Uint8Array, index).slice() : noLeaf;
  }

  /**
   * The siblings on the way from a leaf to the top, the leaf's own first. With a count, in the tree as it was when it had so
   * many leaves: that is for trees to which leaves are only added.
   */
  prove(index: number, count: number = this.#count): Uint8Array[] {
    const isThere = Number.isSafeInteger(index) && index >= 0 && index < count;
    assert(isThere && count <= this.#count, "what is proven is there");
    this.#hashMarked();
    const depth = depthOf(count);
    return Array.from({ length: depth }, (_, height) =>
      this.#nodeOf(height, Math.floor(index / 2 ** height) ^ 1, count),
    );
  }

  /** In the tree of the first `count` leaves: only where it ends inside of what is below the node is anything hashed. */
  #nodeOf(height: number, at: number, count: number): Uint8Array {
    const from = at * 2 ** height;
    if (from >= count) return this.#emptyAt(height).slice();
    if (count === this.#count || from + 2 ** height <= count)
      return nodeAt(this.#levels[height] as Uint8Array, at).slice();
    const pair = new Uint8Array(2 * wordBytes);
    pair.set(this.#nodeOf(height - 1, 2 * at, count));
    pair.set(this.#nodeOf(height - 1, 2 * at + 1, count), wordBytes);
    return this.#keccak(pair);
  }

  #hashMarked(): void {
    let nodes = Uint32Array.from(this.#marked).sort();
    this.#marked.clear();
    for (let height = 0; height < this.depth && nodes.length > 0; height++) {
      const level = this.#levels[height] as Uint8Array;
      const above = this.#levels[height + 1] as Uint8Array;
      let count = 0;
      let last = -1;
      for (const node of nodes) {
        const parent = node >>> 1;
        if (parent === last) continue;
        last = parent;
        const children = level.subarray(2 * parent * wordBytes, 2 * (parent + 1) * wordBytes);
        above.set(this.#keccak(children), parent * wordBytes);
        // What has been read makes room for its parents.
        nodes[count++] = parent;
      }
      nodes = nodes.subarray(0, count);
    }
  }

  /** Twice as wide: what was there is the left half, and nothing the right. */
  #grow(): void {
    const { depth } = this;
    for (let height = 0; height <= depth; height++) {
      const before = this.#levels[height] as Uint8Array;
      const level = new Uint8Array(2 * before.length);
      level.set(before);
      const empty = this.#emptyAt(height);
      if (height > 0)
        for (let at = before.length; at < level.length; at += wordBytes) level.set(empty, at);
      this.#levels[height] = level;
    }
    this.#levels.push(new Uint8Array(wordBytes));
    // The path that leads over the old top, in case no other leaf passes there.
    this.#marked.add(0);
  }

  #emptyAt(height: number): Uint8Array {
    for (let at = this.#empty.length; at <= height; at++) {
      const below = this.#empty[at - 1] as Uint8Array;
      const pair = new Uint8Array(2 * wordBytes);
      pair.set(below);
      pair.set(below, wordBytes);
      this.#empty.push(this.#keccak(pair));
    }
    return this.#empty[height] as Uint8Array;
  }
}

/** What commits to a tree: without the count a proof could not say that there is nothing further on. */
export function rootOfTree(count: number, top: Uint8Array, keccak: Keccak = keccak256): Uint8Array {
  return keccak(new Words(2).uint(64, count).bytes32(top).finish());
}

/** The root that a leaf belongs to by its proof; undefined where a tree of so many leaves has no such proof. */
export function rootOfProof(
  proof: {
    readonly index: number;
    readonly count: number;
    readonly leaf: Uint8Array;
    readonly siblings: readonly Uint8Array[];
  },
  keccak: Keccak = keccak256,
): Uint8Array | undefined {
  const { index, count, leaf, siblings } = proof;
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index)) return undefined;
  if (index < 0 || index >= count || siblings.length !== depthOf(count)) return undefined;
  if ([leaf, ...siblings].some(({ length }) => length !== wordBytes)) return undefined;
  let node = leaf;
  siblings.forEach((sibling, height) => {
    const isRight = Math.floor(index / 2 ** height) % 2 === 1;
    const pair = new Uint8Array(2 * wordBytes);
    pair.set(isRight ? sibling : node);
    pair.set(isRight ? node : sibling, wordBytes);
    node = keccak(pair);
  });
  return rootOfTree(count, node, keccak);
}

/** The smallest tree that holds so many leaves, and at least one. */
function depthOf(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}

function nodeAt(level: Uint8Array, at: number): Uint8Array {
  return level.subarray(at * wordBytes, (at + 1) * wordBytes);
}
