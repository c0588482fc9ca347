import { expect, test } from "vitest";
import type { State, Withdrawal } from "../../../rollup/engine/index.ts";
import {
  accountLeaf,
  fastKeccak,
  globalsLeaf,
  marketLeaf,
  noLeaf,
  orderLeaf,
  rootOfProof,
  rootOfTree,
  stateRoot,
  StateTrees,
  withdrawalLeaf,
} from "../../../rollup/state/index.ts";
import { keccak256, toHex } from "../../../sdk/index.ts";
import { runCampaign, settings } from "../engine/campaign.ts";
import { copyOf, openWorld, limit } from "../engine/world.ts";

const rollupId = 7;

test("after every batch the root is that of trees built anew from the state alone", () => {
  for (const [at, setting] of settings.entries()) {
    const withdrawals: Withdrawal[] = [];
    let trees: StateTrees | undefined;
    const roots = new Set<string>();
    runCampaign({
      ...setting,
      seed: 51 + at,
      batches: 120,
      onBatch: (_, { state }) => {
        trees ??= new StateTrees(rollupId, state, []);
      },
      onApplied: ({ state, last }) => {
        if (last === undefined || trees === undefined) return;
        trees.apply(last);
        withdrawals.push(...last.withdrawals);
        const anew = new StateTrees(rollupId, copyOf(state), withdrawals);
        expect(toHex(trees.root)).toBe(toHex(anew.root));
        roots.add(toHex(trees.root));
      },
    });
    expect(roots.size).toBe(120);
    expect(withdrawals.length).toBeGreaterThan(0);
  }
});

test("the root is that of its parts, and leaves are proven under it", async () => {
  const world = openWorld(5);
  const trees = new StateTrees(rollupId, world.state, [], await fastKeccak());
  world.act(0, limit(true, 599_000, 4)).act(1, limit(false, 601_000, 4));
  world.act(2, { type: "withdraw", tokenAmount: 5n, to: new Uint8Array(20).fill(3) });
  const outcome = world.run();
  trees.apply(outcome);
  const parts = trees.parts();
  expect(trees.root).toEqual(stateRoot(parts));
  expect(parts).toMatchObject({ version: 1, rollupId, batch: 2 });
  expect(parts.series).toEqual(rootOfTree(0, noLeaf));
  expect(parts.globals).toEqual(globalsLeaf(world.state.globals));
  const { accounts, orders, markets } = world.state;
  const proven = [
    [trees.accounts, accounts.map((each) => accountLeaf(each)), parts.accounts],
    [trees.orders, orders.map((each) => orderLeaf(each)), parts.orders],
    [trees.markets, markets.map((each) => marketLeaf(each)), parts.markets],
    [trees.outbox, outcome.withdrawals.map((each, i) => withdrawalLeaf(i, each)), parts.outbox],
  ] as const;
  for (const [tree, leaves, root] of proven) {
    expect(leaves.length).toBeGreaterThan(0);
    expect(tree.count).toBe(leaves.length);
    leaves.forEach((leaf, index) => {
      const siblings = tree.prove(index);
      expect(rootOfProof({ index, count: tree.count, leaf, siblings })).toEqual(root);
    });
  }
});

test("the root stays that of the last batch taken in, while the engine goes on", () => {
  const world = openWorld(2);
  const trees = new StateTrees(rollupId, world.state, []);
  const before = trees.root;
  world.act(0, limit(true, 600_000, 4)).act(1, limit(false, 600_000, 4));
  const outcome = world.run();
  expect(trees.root).toEqual(before);
  trees.apply(outcome);
  expect(trees.root).not.toEqual(before);
});

/** Not only the numbers of one batch: whoever changes one thing of the state changes the root. */
const changes: readonly (readonly [string, (state: State) => void])[] = [
  ["cash", ({ accounts }) => void ((accounts[2] as { cash: bigint }).cash += 1n)],
  ["a position's entry", ({ accounts }) => void (accounts[2]!.exposures[0]!.entryQuote += 1n)],
  ["a nonce window", ({ accounts }) => void accounts[2]?.windows.set(0, { top: 99, used: 1n })],
  ["a liquidation's begin", ({ accounts }) => void (accounts[2]!.liquidatedSinceMs += 1)],
  ["an order's size", ({ orders }) => void (orders.find((each) => each !== undefined)!.lots += 1)],
  ["a free slot", ({ orders }) => void orders.push(undefined)],
  ["a market's depth", ({ markets }) => void (markets[0]!.bidDepth += 1)],
  [
    "a market's settings",
    ({ markets }) => void (markets[0]!.parameters = { ...markets[0]!.parameters, bandPpm: 1 }),
  ],
  ["the batch", ({ globals }) => void (globals.batch += 1)],
  ["the shortfall", ({ globals }) => void (globals.shortfall += 1n)],
];

test.each(changes)("another root comes of a change of %s", (_, change) => {
  const world = openWorld(2);
  world.act(0, limit(true, 600_000, 4)).act(1, limit(false, 600_000, 4));
  world.act(0, limit(true, 599_000, 4)).run();
  const { root } = new StateTrees(rollupId, world.state, []);
  expect(new StateTrees(rollupId, copyOf(world.state), [], keccak256).root).toEqual(root);
  expect(new StateTrees(rollupId + 1, world.state, []).root).not.toEqual(root);
  change(world.state);
  expect(new StateTrees(rollupId, world.state, []).root).not.toEqual(root);
});
