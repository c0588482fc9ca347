import { expect, test } from "vitest";
import { DenseTree, rootOfProof, rootOfTree } from "../../../rollup/state/index.ts";
import { keccak256, toHex, u64Bytes } from "../../../sdk/index.ts";
import { SeededRandom } from "../../sim/random.ts";

const zero = new Uint8Array(32);

function leafOf(value: number): Uint8Array {
  return keccak256(u64Bytes(value));
}

/** The tree as it is defined, without any memory. */
function topOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length <= 1) return leaves[0] ?? zero;
  let width = 1;
  while (width < leaves.length) width *= 2;
  let level = Array.from({ length: width }, (_, at) => leaves[at] ?? zero);
  while (level.length > 1)
    level = Array.from({ length: level.length / 2 }, (_, at) =>
      keccak256(level[2 * at] ?? zero, level[2 * at + 1] ?? zero),
    );
  return level[0] as Uint8Array;
}

function rootOf(leaves: readonly Uint8Array[]): string {
  const count = new Uint8Array(32);
  count.set(u64Bytes(leaves.length), 24);
  return toHex(keccak256(count, topOf(leaves)));
}

test("the root is that of the definition, whatever is set in which order and however often it is asked for", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const tree = new DenseTree();
    const leaves: Uint8Array[] = [];
    for (let step = 0; step < 80; step++) {
      const leap = random.chance(0.05) ? random.between(1, 40) : 0;
      const index = random.chance(0.5) ? leaves.length + leap : random.between(0, leaves.length);
      const leaf = random.chance(0.2) ? zero : leafOf(step);
      tree.set(index, leaf);
      while (leaves.length < index) leaves.push(zero);
      leaves[index] = leaf;
      if (random.chance(0.3)) expect(toHex(tree.root)).toBe(rootOf(leaves));
    }
    expect(tree.count).toBe(leaves.length);
    expect(toHex(tree.root)).toBe(rootOf(leaves));
    leaves.forEach((leaf, index) => expect(tree.leaf(index)).toEqual(leaf));
  }
});

test("a leaf far beyond the others widens the tree more than once, and they stay in the root", () => {
  for (const count of [1, 2, 3, 5]) {
    const tree = new DenseTree();
    const leaves = Array.from({ length: count }, (_, index) => leafOf(index));
    leaves.forEach((leaf, index) => tree.set(index, leaf));
    void tree.root;
    tree.set(70, leafOf(70));
    const all = Array.from({ length: 71 }, (_, index) => leaves[index] ?? zero);
    all[70] = leafOf(70);
    expect(toHex(tree.root)).toBe(rootOf(all));
  }
});

test("the empty tree and the tree of one leaf have no nodes above it", () => {
  const tree = new DenseTree();
  expect(tree.depth).toBe(0);
  expect(toHex(tree.root)).toBe(rootOf([]));
  expect(tree.leaf(3)).toEqual(zero);
  tree.set(0, leafOf(1));
  expect(tree.top).toEqual(leafOf(1));
  expect(tree.prove(0)).toEqual([]);
});

test("trees that differ only in how many leaves are counted have different roots", () => {
  const tree = new DenseTree();
  tree.set(2, leafOf(1));
  const before = tree.root;
  tree.set(3, zero);
  expect(tree.count).toBe(4);
  expect(tree.root).not.toEqual(before);
});

test("every leaf is proven, and no other leaf, place or count by the same proof", () => {
  for (const count of [1, 2, 3, 7, 8, 9, 33]) {
    const tree = new DenseTree();
    for (let index = 0; index < count; index++) tree.set(index, leafOf(index));
    const { root } = tree;
    for (let index = 0; index < count; index++) {
      const proof = { index, count, leaf: leafOf(index), siblings: tree.prove(index) };
      expect(rootOfProof(proof)).toEqual(root);
      expect(rootOfProof({ ...proof, leaf: leafOf(count) })).not.toEqual(root);
      expect(rootOfProof({ ...proof, count: count + 1 })).not.toEqual(root);
      expect(rootOfProof({ ...proof, siblings: [...proof.siblings, zero] })).toBeUndefined();
      if (count > 1)
        expect(rootOfProof({ ...proof, index: (index + 1) % count })).not.toEqual(root);
    }
    expect(rootOfProof({ index: count, count, leaf: zero, siblings: [] })).toBeUndefined();
  }
});

test("in a tree that only grows, every leaf is proven under every root that came after it", () => {
  const tree = new DenseTree();
  const roots = [tree.root];
  for (let index = 0; index < 40; index++) {
    tree.set(index, leafOf(index));
    roots.push(tree.root);
  }
  for (let count = 1; count <= 40; count++)
    for (let index = 0; index < count; index++) {
      const siblings = tree.prove(index, count);
      expect(rootOfProof({ index, count, leaf: leafOf(index), siblings })).toEqual(roots[count]);
    }
  expect(() => tree.prove(5, 5)).toThrow("is there");
  expect(() => tree.prove(5, 41)).toThrow("is there");
});

test("a set leaf hashes its own path, and two that share one hash it once", () => {
  let hashed = 0;
  const tree = new DenseTree((bytes) => {
    hashed++;
    return keccak256(bytes);
  });
  for (let index = 0; index < 1_024; index++) tree.set(index, leafOf(index));
  expect(toHex(tree.root)).toBe(toHex(rootOfTree(1_024, tree.top)));
  hashed = 0;
  tree.set(5, leafOf(7));
  void tree.top;
  expect(hashed).toBe(10);
  tree.set(4, leafOf(7));
  tree.set(900, leafOf(7));
  tree.set(5, leafOf(8));
  void tree.top;
  // The third meets the other two at the top alone.
  expect(hashed).toBe(10 + 10 + 9);
  void tree.top;
  expect(hashed).toBe(29);
});

test("what the tree hands out and is handed is not shared with it", () => {
  const tree = new DenseTree();
  const leaf = leafOf(1);
  tree.set(0, leaf);
  tree.set(1, leafOf(2));
  const { root } = tree;
  leaf.fill(9);
  tree.leaf(0).fill(9);
  tree.prove(0)[0]?.fill(9);
  tree.top.fill(9);
  expect(tree.root).toEqual(root);
});
