import { expect, test } from "vitest";
import {
  addressOfTrader,
  limit,
  market,
  marketParameters,
  openWorld,
  type World,
} from "./world.ts";

function positions(world: World): World {
  world
    .act(0, limit(true, 600_000, 100))
    .act(1, limit(false, 600_000, 100))
    .run();
  return world;
}

const reduce = { flags: 2 };
const withdraw = { type: "withdraw", tokenAmount: 1n, to: addressOfTrader(0) } as const;
const cancelAll = { type: "cancel", market, orderNonce: 0 } as const;

test("before its first price a market takes no orders", () => {
  const silent = openWorld(1, 1_000, { markets: [] });
  silent.l1({ type: "set-market", market, parameters: marketParameters }).run();
  silent.act(0, limit(true, 600_000, 1)).run();
  expect(silent.reasons()).toEqual(["HALTED"]);
});

test("a price older than 15 s stops new risk, and leaves reducing and cancelling", () => {
  const world = positions(openWorld(2));
  world.act(1, limit(true, 590_000, 1)).run(16_000);
  world
    .act(0, limit(true, 600_000, 1), limit(false, 600_000, 1, reduce))
    .act(1, cancelAll)
    .run();
  expect(world.reasons()).toEqual(["HALTED"]);
  expect([world.openOrders(0), world.openOrders(1)]).toEqual([1, 0]);
});

test("while the price is stale a withdrawal must leave the positions covered at the far end of the band", () => {
  const tokens = 1_500;
  const amount = 700_000_000n;
  const tried = (waitMs: number): string[] => {
    const world = positions(openWorld(2, tokens));
    world.run(waitMs);
    world.act(0, { ...withdraw, tokenAmount: amount }).run();
    return world.reasons();
  };
  expect([tried(1_000), tried(16_000)]).toEqual([[], []]);
  const more = (waitMs: number): string[] => {
    const world = positions(openWorld(2, 1_000));
    world.run(waitMs);
    world.act(0, { ...withdraw, tokenAmount: amount - 50_000_000n }).run();
    return world.reasons();
  };
  expect([more(1_000), more(16_000)]).toEqual([[], ["MARGIN"]]);
});

test("a price older than 60 s stops everything but cancels", () => {
  const world = positions(openWorld(2));
  world.act(1, limit(true, 590_000, 1)).run(61_000);
  world
    .act(0, limit(false, 600_000, 1, reduce), withdraw)
    .act(1, cancelAll)
    .run();
  expect(world.reasons()).toEqual(["HALTED", "WITHDRAWALS_CLOSED"]);
  expect(world.openOrders(1)).toBe(0);
});

test("after a halt only cancels are taken for some batches, then orders that wait for others, then all", () => {
  const world = openWorld(2, 1_000, { rollup: { restartBatches: 2 } });
  const order = limit(true, 590_000, 1);
  const seen: (string | undefined)[] = [];
  for (let at = 0; at < 5; at++) {
    world
      .price(600_000)
      .act(0, order, { ...order, flags: 1 })
      .run();
    seen.push(world.reasons().join());
  }
  expect(seen).toEqual(["HALTED,HALTED", "HALTED", "HALTED", "", ""]);
});

test("nobody withdraws for some batches after a halt with open positions", () => {
  const world = positions(openWorld(2));
  world.run(61_000);
  world.run();
  const seen: string[] = [];
  for (let at = 0; at < 5; at++) {
    world.price(600_000).anchored().act(1, withdraw).run();
    seen.push(world.reasons().join());
  }
  expect(seen.filter((each) => each === "WITHDRAWALS_CLOSED").length).toBeGreaterThanOrEqual(3);
  expect(seen.at(-1)).toBe("");
});

test("an anchor older than ten minutes leaves reducing only, one older than half an hour nothing", () => {
  const world = positions(openWorld(2));
  const at = (ageMs: number): string[] => {
    world.timeMs = 1_000_000 + ageMs;
    // The price after a silence needs its confirmation.
    world.price(600_000).run(1_000);
    world.price(600_000).run(1_000);
    world
      .price(600_000)
      .act(0, limit(true, 600_000, 1), limit(false, 601_000, 1, reduce), withdraw)
      .run();
    return world.reasons();
  };
  expect(at(610_000)).toEqual(["HALTED", "WITHDRAWALS_CLOSED"]);
  expect(at(1_810_000)).toEqual(["HALTED", "HALTED", "WITHDRAWALS_CLOSED"]);
});

test("liquidation does not wait for the anchor", () => {
  const world = openWorld(1, 920);
  world.deposit(1, 100_000).deposit(2, 1_000_000).run();
  world
    .act(0, limit(true, 600_000, 300))
    .act(1, limit(false, 600_000, 300))
    .act(2, limit(true, 580_000, 500))
    .run();
  world.timeMs += 620_000;
  world.price(600_000).run(1_000);
  world.price(600_000).run(1_000);
  world.price(583_000).run();
  expect(world.last?.events.some((event) => event.type === "fill" && event.isLiquidation)).toBe(
    true,
  );
});
