// Orders that wait for their guard: what they are asked when it holds at last.

import { expect, test } from "vitest";
import { flagBits } from "../../../rollup/engine/index.ts";
import { limit, market, marketParameters, openWorld, type World } from "./world.ts";

const { trigger, reduceOnly, postOnly, cancelResting } = flagBits;
const below = { market, op: 2, priceTicks: 599_000, maxAgeMs: 60_000 } as const;

/** Trader 0 is long and trader 1 short, ten lots. */
function held(world: World): World {
  world
    .act(0, limit(true, 600_000, 10))
    .act(1, limit(false, 600_000, 10))
    .run();
  return world;
}

const dormant = (world: World): number =>
  world.state.orders.filter((order) => order?.isDormant === true).length;

test.each([
  [1, 601_000, [599_999, 601_000]],
  [2, 599_000, [600_500, 599_000]],
  [3, 601_000, [599_999, 601_000]],
  [4, 599_000, [600_500, 599_000]],
] as const)("guard %d holds from its price on, and not before", (op, priceTicks, prices) => {
  const world = openWorld(1);
  const guard = { market, op, priceTicks, maxAgeMs: 60_000 };
  const seen = prices.map((price) => {
    world
      .price(price)
      .act(0, limit(true, 590_000, 1, { guard }))
      .run();
    return world.reasons().join();
  });
  expect(seen).toEqual(["GUARD", ""]);
});

test("a dormant order that would add risk sleeps on while new risk is not taken; one that reduces wakes", () => {
  const world = held(openWorld(3));
  const guard = { ...below, op: 4, priceTicks: 600_000 } as const;
  // The guards hold at once, but an order never wakes in the batch that brings it.
  world.act(2, limit(true, 590_000, 5, { flags: trigger, guard }));
  world.act(0, limit(false, 610_000, 5, { flags: trigger | reduceOnly, guard })).run(16_000);
  world.run();
  expect(world.state.orders.map((order) => [order?.account, order?.isDormant])).toEqual(
    expect.arrayContaining([
      [4, true],
      [2, false],
    ]),
  );
  world.price(600_000).run();
  world.price(600_000).anchored().run();
  world.run();
  expect(dormant(world)).toBe(0);
});

test("a dormant order that is to be the maker goes when it would take, and may be placed while it would", () => {
  const world = openWorld(2);
  world.act(1, limit(false, 600_500, 5)).run();
  const flags = trigger | postOnly;
  world.act(0, limit(true, 600_500, 5, { flags, guard: below })).run();
  expect([world.reasons(), dormant(world)]).toEqual([[], 1]);
  world.price(598_500).run();
  expect([world.removals(), world.lots(0)]).toEqual([["POST_ONLY"], 0]);
});

test("what wakes against an order of its own goes, or if it says so the other goes", () => {
  const woken = (flags: number): number[] => {
    const world = held(openWorld(2));
    world.act(0, limit(true, 598_000, 3)).run();
    world.act(0, limit(false, 590_000, 10, { flags: trigger | reduceOnly | flags, guard: below }));
    world.run();
    world.price(598_500).run();
    return world.state.orders.flatMap((order) => (order ? [order.priceTicks] : []));
  };
  expect([woken(0), woken(cancelResting)]).toEqual([[598_000], [590_000]]);
});

test("what wakes for an account that falls short must leave it safer", () => {
  const woken = (priceTicks: number): string[] => {
    const parameters = { ...marketParameters, bandPpm: 100_000 };
    const world = openWorld(1, 64, { markets: [[market, parameters]] });
    world.deposit(1, 10_000).run();
    held(world);
    // 600 of notional against 34: below initial margin with the price, above maintenance.
    world.act(0, { type: "withdraw", tokenAmount: 30_000_000n, to: new Uint8Array(20) });
    world.act(0, limit(false, priceTicks, 5, { flags: trigger | reduceOnly, guard: below })).run();
    expect(world.reasons()).toEqual([]);
    world.price(590_000).anchored().run();
    return world.removals();
  };
  // Sold at the mark it frees margin; sold 8 % below, it would lose more than it frees.
  expect([woken(590_000), woken(545_000)]).toEqual([[], ["UNCOVERED"]]);
});

test("an order that waits is covered like any other, and expires like any other", () => {
  const world = openWorld(1, 300);
  const validUntilMs = world.timeMs + 500;
  world.act(0, limit(true, 600_000, 60, { flags: trigger, guard: below, validUntilMs }));
  world.act(0, limit(true, 590_000, 60)).run();
  expect([world.reasons(), dormant(world)]).toEqual([["MARGIN"], 1]);
  world.run(1_000);
  world.run();
  expect([world.removals(), world.openOrders(0)]).toEqual([["EXPIRED"], 0]);
});
