import { expect, test } from "vitest";
import { BlockTree } from "../../consensus/block-tree.ts";
import { blockHash, limits } from "../../protocol/index.ts";
import { fresh, genesis, headerOn } from "./support.ts";

const a = headerOn(undefined, 1);
const b = headerOn(a, 2);
const c = headerOn(b, 4);
const fork = headerOn(a, 3);

test("a branch is whole only with all its headers", () => {
  const tree = new BlockTree(fresh.final);
  tree.insert(a);
  tree.insert(c);
  expect(tree.branch(blockHash(c))).toBeUndefined();
  expect(tree.missing(blockHash(c))).toEqual(blockHash(b));
  tree.insert(b);
  expect(tree.branch(blockHash(c))?.map(({ header }) => header)).toEqual([a, b, c]);
  expect(tree.missing(blockHash(c))).toBeUndefined();
  expect(tree.branch(genesis)).toEqual([]);
});

test("what does not stand on the final block is dropped, and does not come back", () => {
  const tree = new BlockTree(fresh.final);
  for (const header of [a, b, c, fork]) tree.insert(header);
  const node = tree.get(blockHash(b));
  if (node === undefined) throw new Error("the header was inserted");
  tree.finalize(node);
  expect(tree.final).toEqual({ height: 2, hash: blockHash(b), view: 2 });
  expect(tree.branch(blockHash(c))?.map(({ header }) => header)).toEqual([c]);
  expect(tree.get(blockHash(fork))).toBeUndefined();
  expect(tree.insert(fork)).toBeUndefined();
  expect(tree.insert(a)).toBeUndefined();
});

test("it takes no more than its bound, and nothing from far above", () => {
  const tree = new BlockTree(fresh.final);
  for (let view = 1; view <= 2 * limits.headersHeldMax; view++) tree.insert(headerOn(a, view + 1));
  expect(tree.size).toBe(limits.headersHeldMax);
  expect(tree.hasRoom).toBe(false);
  const far = { ...c, height: (limits.headersHeldMax + 1) as typeof c.height };
  expect(tree.insert(far)).toBeUndefined();
});
