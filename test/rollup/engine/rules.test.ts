// Rules of margin, halts and auctions that no other story tells.

import { expect, test } from "vitest";
import {
  AccountId,
  Book,
  holdAuction,
  MarketId,
  type MarketParameters,
  type Order,
} from "../../../rollup/engine/index.ts";
import { limit, market, marketParameters, openWorld, type World } from "./world.ts";

function held(world: World, lots = 100): World {
  world
    .act(0, limit(true, 600_000, lots))
    .act(1, limit(false, 600_000, lots))
    .run();
  return world;
}

test("the more open interest there is, the more margin a new order needs", () => {
  const admitted = (openLotsScale: number): number => {
    const parameters = { ...marketParameters, openLotsScale };
    const world = openWorld(2, 100_000, { markets: [[market, parameters]] });
    held(world, 2_000).deposit(2, 400).run();
    world.act(2, limit(true, 600_000, 100)).run();
    return world.openOrders(2);
  };
  // 300 of margin at 5 %; at twice the scale, 600.
  expect([admitted(4_000), admitted(1_000)]).toEqual([1, 0]);
});

test("the larger a position's notional, the higher the margin on all of it", () => {
  const admitted = (lots: number): number => {
    const first = { notionalMax: 6_000n * 10n ** 12n, initialPpm: 50_000, maintenancePpm: 25_000 };
    const tiers = [first, { ...first, notionalMax: 10n ** 30n, initialPpm: 100_000 }];
    const world = openWorld(1, 400, { markets: [[market, { ...marketParameters, tiers }]] });
    world.act(0, limit(true, 600_000, lots)).run();
    return world.openOrders(0);
  };
  expect([admitted(100), admitted(101)]).toEqual([1, 0]);
});

test("a price of which the reporters are not sure asks for a larger buffer, and stops nothing", () => {
  const admitted = (confidencePpm: number): number => {
    const parameters: MarketParameters = { ...marketParameters, bufferMode: "restrict" };
    const world = openWorld(1, 314, { markets: [[market, parameters]] });
    for (const price of [601_000, 599_000, 600_000]) world.price(price).anchored().run(1_000);
    const reports = [0, 1].map((reporter) => ({ reporter, priceTicks: 600_000, confidencePpm }));
    world.system({ type: "oracle", market, publishTimeMs: world.timeMs, reports });
    world.act(0, limit(true, 590_000, 100), limit(true, 580_000, 10)).run();
    return world.state.orders[0]?.lots ?? 0;
  };
  // What is too much for the larger buffer is refused; less is taken.
  expect([admitted(100), admitted(10_001)]).toEqual([100, 10]);
});

test("while a leap waits for confirmation nothing adds risk and nobody is liquidated; reducing goes on", () => {
  const parameters = { ...marketParameters, jumpPpmMin: 10_000 };
  const world = held(openWorld(2, 1_000, { markets: [[market, parameters]] }));
  world
    .price(650_000)
    .act(0, limit(true, 600_000, 1), limit(false, 600_000, 10, { flags: 2 }))
    .act(1, limit(true, 600_000, 10, { flags: 2 }))
    .run();
  expect([world.reasons(), world.lots(0)]).toEqual([["HALTED"], 90]);
});

test("with nothing heard of L1 for half an hour all stands still, however new its last anchor is said to be", () => {
  const world = held(openWorld(2));
  world.timeMs += 1_700_000;
  world.anchored();
  for (let at = 0; at < 2; at++) world.price(600_000).run();
  world.act(0, limit(true, 590_000, 1)).run();
  expect(world.reasons()).toEqual([]);
  // What L1 said last is of the future, as far as the rollup knows; it is silent since.
  const { timeMs } = world;
  const anchoredTimeMs = timeMs + 3_600_000;
  world.system({ type: "l1-info", l1TimeMs: timeMs, anchoredBatch: 9, anchoredTimeMs }).run();
  world.timeMs += 1_810_000;
  for (let at = 0; at < 2; at++) world.price(600_000).run();
  world.act(0, limit(true, 590_000, 1)).run();
  expect(world.reasons()).toEqual(["HALTED"]);
});

function wholeOrder(number: number, isBuy: boolean, lots: number, read: () => void): Order {
  const order = {
    account: AccountId(2 + number),
    market: MarketId(0),
    number,
    isBuy,
    priceTicks: 100,
    timeInForce: 2,
    flags: 0,
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    key: 0,
    isLiquidation: false,
    lots,
    batch: 1,
    isDormant: false,
    slot: -1,
    at: -1,
  } as const;
  let live = lots;
  return Object.defineProperty({ ...order } as unknown as Order, "live", {
    get: () => {
      read();
      return live;
    },
    set: (value: number) => {
      live = value;
    },
  });
}

test("orders that must be filled whole cannot make an auction go round and round: what it costs grows as they do", () => {
  const readsOf = (count: number): number => {
    let reads = 0;
    const book = new Book();
    const wholes: Order[] = [];
    // Each side's best is too large for the other, so that taking one out leaves the next unmet.
    for (let at = 0; at < count; at++) {
      const order = wholeOrder(at, at % 2 === 0, count - at + 1, () => reads++);
      Object.assign(order, { priceTicks: at % 2 === 0 ? 200 - at : 100 + at });
      wholes.push(order);
      book.add(order);
    }
    const terms = { low: 1, high: 1_000, reference: 150, tieOf: () => "" };
    expect(holdAuction(book, { ...terms, wholes })).toBeUndefined();
    return reads;
  };
  const [few, many] = [readsOf(20), readsOf(80)];
  expect(many).toBeLessThan(6 * few);
});

test("a crash of many costs as many passes over all accounts as one of few", () => {
  const passesOf = (longs: number): number => {
    const capped = { ...marketParameters, takeoverNotionalMax: 0n };
    const world = openWorld(1, 10_000_000, { markets: [[market, capped]] });
    for (let trader = 1; trader <= longs; trader++) world.deposit(trader, 1_000);
    world.run();
    world.act(0, limit(false, 600_000, 300 * longs));
    for (let trader = 1; trader <= longs; trader++) world.act(trader, limit(true, 600_000, 300));
    world.run();
    const { accounts } = world.state;
    let passes = 0;
    const iterate = accounts[Symbol.iterator].bind(accounts);
    Object.defineProperty(accounts, Symbol.iterator, {
      value: () => {
        passes++;
        return iterate();
      },
    });
    world.price(560_000).anchored().run();
    const closed = world.last?.events.filter(({ type }) => type === "deleveraged");
    expect(closed).toHaveLength(longs);
    return passes;
  };
  const [few, many] = [passesOf(3), passesOf(60)];
  expect(many).toBe(few);
});
