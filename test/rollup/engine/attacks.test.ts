// What those would try who know the rules: what they can take is bounded, and nobody can be kept from being closed.

import { expect, test } from "vitest";
import {
  insuranceId,
  MarketId,
  type MarketParameters,
  type RollupParameters,
} from "../../../rollup/engine/index.ts";
import { limit, market, marketParameters, openWorld, type World } from "./world.ts";

const usdc = 10n ** 12n;

function fund(world: World, tokens: number): World {
  const tokenAmount = BigInt(tokens) * 1_000_000n;
  return world.l1({ type: "deposit", owner: new Uint8Array(20), subId: 0, tokenAmount });
}

function worth(world: World, trader: number, id = market): bigint {
  const { markTicks = 0, parameters } = world.state.markets.find((each) => each.id === id) ?? {};
  return (
    world.cash(trader) +
    BigInt(world.lots(trader, id)) * BigInt(markTicks) * (parameters?.unit ?? 0n)
  );
}

/** Trader 0 holds all shorts, the others a long each at the largest leverage, all of one mind; then the price goes. */
function straddle(
  longs: number,
  rollup: Partial<RollupParameters>,
  path: readonly number[],
): { gained: bigint; lost: bigint; world: World } {
  const world = openWorld(1, 100_000, { rollup });
  for (let trader = 1; trader <= longs; trader++) world.deposit(trader, 1_000);
  fund(world, 50_000).run();
  const put = 100_000n * usdc + BigInt(longs) * 1_000n * usdc;
  world.act(0, limit(false, 600_000, 300 * longs));
  for (let trader = 1; trader <= longs; trader++) world.act(trader, limit(true, 600_000, 300));
  world.run();
  expect(world.lots(0)).toBe(-300 * longs);
  const before = world.state.accounts[insuranceId]?.cash ?? 0n;
  for (const price of path) world.price(price).anchored().run();
  let has = 0n;
  for (let trader = 0; trader <= longs; trader++) has += worth(world, trader);
  const { cash = 0n, exposures = [] } = world.state.accounts[insuranceId] ?? {};
  const lots = exposures.reduce((sum, each) => sum + each.lots, 0);
  const mark = world.state.markets[0]?.markTicks ?? 0;
  const after = cash + BigInt(lots) * BigInt(mark) * marketParameters.unit;
  return { gained: has - put, lost: before - after, world };
}

test("who is on both sides at the largest leverage pays for it while the price only walks", () => {
  const walk = Array.from({ length: 40 }, (_, at) => 600_000 - 500 * (at % 8));
  const { gained, lost } = straddle(4, {}, walk);
  expect(gained).toBeLessThan(0n);
  expect(lost).toBeLessThanOrEqual(0n);
});

test("who leaves debts on one side of two takes no more out of the fund than its cap for the day", () => {
  const gap = [500_000, 500_000, 500_000];
  for (const cap of [0n, 500n * usdc, 3_000n * usdc]) {
    const { gained, lost } = straddle(8, { takeoverPerDayMax: cap }, gap);
    expect(gained).toBeLessThanOrEqual(cap);
    expect(lost).toBeLessThanOrEqual(cap);
  }
  // Or it would be no attack: without the cap there is much to be had.
  expect(straddle(8, {}, gap).gained).toBeGreaterThan(10_000n * usdc);
});

test("however many accounts fall in a thin market, the fund inherits no more of it than its cap", () => {
  const thin: MarketParameters = {
    ...marketParameters,
    takeoverNotionalMax: 30_000n * usdc,
    positionLotsMax: 400,
    openLotsMax: 3_000,
  };
  const world = openWorld(1, 500_000, { markets: [[market, thin]] });
  for (let trader = 1; trader <= 8; trader++) world.deposit(trader, 1_000);
  fund(world, 100_000).run();
  // One account cannot have it all.
  world.act(1, limit(true, 600_000, 401)).run();
  expect(world.reasons()).toEqual(["CAP"]);
  for (let trader = 1; trader <= 8; trader++) {
    world.act(trader, limit(true, 600_000, 300));
    world.deposit(8 + trader, 100_000);
  }
  world.run();
  for (let trader = 1; trader <= 8; trader++) world.act(8 + trader, limit(false, 600_000, 300));
  world.run();
  for (const price of [580_000, 573_000, 566_000, 560_000]) {
    world.price(price).anchored().run();
    const held = world.state.accounts[insuranceId]?.exposures[0]?.lots ?? 0;
    const mark = BigInt(world.state.markets[0]?.markTicks ?? 0);
    expect(BigInt(held) * mark * thin.unit).toBeLessThanOrEqual(30_000n * usdc);
  }
  const types = world.log.map(({ type }) => type);
  expect(types.filter((type) => type === "takeover").length).toBeGreaterThan(0);
  expect(types.filter((type) => type === "deleveraged").length).toBeGreaterThan(0);
  expect(Array.from({ length: 8 }, (_, at) => world.lots(1 + at))).toEqual(Array(8).fill(0));
});

test("who knows the next price meets no quote that is cancelled in its batch, and competes at that price for the others", () => {
  const quoted = (cancels: boolean): World => {
    const world = openWorld(3);
    world.act(0, limit(false, 600_100, 5)).run();
    world.act(1, limit(true, 606_000, 5, { timeInForce: 1 }));
    world.act(2, limit(true, 600_100, 5, { timeInForce: 1 }));
    if (cancels) world.act(0, { type: "cancel", market, orderNonce: 0 });
    world.price(606_000).run();
    return world;
  };
  expect(quoted(true).lots(0)).toBe(0);
  const world = quoted(false);
  const auction = world.last?.events.find(({ type }) => type === "auction");
  expect(auction).toMatchObject({ priceTicks: 606_000, lots: 5 });
  expect([world.lots(0), world.lots(1), world.lots(2)]).toEqual([-5, 5, 0]);
});

test("one lot in a market whose price is in doubt keeps nobody from being closed in the others", () => {
  const other = MarketId(8);
  const world = openWorld(1, 910, {
    markets: [
      [market, { ...marketParameters, smallNotional: 0n }],
      [other, marketParameters],
    ],
  });
  world.deposit(1, 100_000).deposit(2, 1_000_000).run();
  world.act(0, limit(true, 600_000, 290), limit(true, 600_000, 1, { market: other }));
  world.act(1, limit(false, 600_000, 290), limit(false, 600_000, 1, { market: other })).run();
  // The other market falls silent, and here the price falls to where the fund would take over.
  world
    .act(2, limit(true, 576_000, 500))
    .price(600_000)
    .run(16_000);
  for (let at = 0; at < 2; at++) world.price(600_000).anchored().run();
  world.price(577_000).anchored().run();
  const isTaken = world.last?.events.some(({ type }) => type === "takeover");
  expect([isTaken, world.lots(0) < 290]).toEqual([false, true]);
});

test("a number that wins a tie under one seed wins no more than its part under the next", () => {
  const world = openWorld(4);
  const wins = [0, 0, 0];
  for (let at = 0; at < 150; at++) {
    world.price(600_000).anchored();
    for (const trader of [0, 1, 2]) world.act(trader, limit(true, 600_000, 1, { timeInForce: 1 }));
    world.act(3, limit(false, 600_000, 1, { timeInForce: 1 })).run();
    for (const trader of [0, 1, 2]) wins[trader] = world.lots(trader);
  }
  expect(wins.reduce((sum, each) => sum + each, 0)).toBe(150);
  for (const each of wins) expect(each).toBeGreaterThan(25);
});
