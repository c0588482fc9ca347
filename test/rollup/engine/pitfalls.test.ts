// What has gone wrong elsewhere, each as a sentence that must hold here.

import { expect, test } from "vitest";
import {
  ceilDiv,
  everyMarket,
  feesId,
  flagBits,
  floorDiv,
  insuranceId,
  isSoundMarket,
  isSoundRollup,
  MarketId,
  orderNumber,
  scopes,
} from "../../../rollup/engine/index.ts";
import {
  accountOfTrader,
  addressOfTrader,
  limit,
  market,
  marketParameters,
  openWorld,
  rollupParameters,
  traderId,
  type World,
} from "./world.ts";

const none = { markets: [], expiryMs: Number.MAX_SAFE_INTEGER, maxNotional: 0n };

/** Trader 0 is long and trader 1 short, so many lots at the index. */
function openPositions(world: World, lots = 1_000): World {
  world
    .act(0, limit(true, 600_000, lots))
    .act(1, limit(false, 600_000, lots))
    .run();
  return world;
}

function equity(world: World, trader: number): bigint {
  const mark = world.state.markets[0]?.markTicks ?? 0;
  return world.cash(trader) + BigInt(world.lots(trader)) * BigInt(mark) * marketParameters.unit;
}

test("divisions round toward the side that their name says, below zero as well", () => {
  expect([floorDiv(-7n, 2n), floorDiv(7n, 2n), floorDiv(-8n, 2n)]).toEqual([-4n, 3n, -4n]);
  expect([ceilDiv(-7n, 2n), ceilDiv(7n, 2n), ceilDiv(8n, 2n)]).toEqual([-3n, 4n, 4n]);
});

test("a fee is rounded up, and goes to the fees' account to the last quantum", () => {
  const world = openPositions(openWorld(2), 1);
  // 600,000 ticks of 1e8 quanta at 500 ppm.
  expect(world.state.accounts[feesId]?.cash).toBe(2n * 30_000_000_000n);
  expect(world.cash(0) + world.cash(1)).toBe(200_000n * 10n ** 12n - 60_000_000_000n);
});

test("funding is an integer for each lot: what longs pay shorts receive, and dust stops nothing", () => {
  const world = openPositions(openWorld(3), 999);
  // A premium: the best prices lie above the index.
  world.act(2, limit(true, 603_000, 7), limit(false, 603_001, 7)).run();
  const before = world.state.accounts.reduce((sum, { cash }) => sum + cash, 0n);
  for (let at = 0; at < 1_000; at++) world.price(600_000).anchored().run(10_000);
  const { fundingIndex } = world.state.markets[0] ?? { fundingIndex: 0n };
  expect(fundingIndex).toBeGreaterThan(0n);
  const long = world.cash(0);
  const short = world.cash(1);
  world
    .act(2, { type: "cancel", market, orderNonce: 0 })
    .act(0, limit(false, 600_000, 999))
    .act(1, limit(true, 600_000, 999))
    .run();
  expect([world.lots(0), world.lots(1)]).toEqual([0, 0]);
  const paid = 999n * fundingIndex;
  const trade = 999n * 600_000n * marketParameters.unit;
  const fee = ceilDiv(trade * 500n, 1_000_000n);
  expect(world.cash(0)).toBe(long - paid + trade - fee);
  expect(world.cash(1)).toBe(short + paid - trade - fee);
  expect(world.state.accounts.reduce((sum, { cash }) => sum + cash, 0n)).toBe(before);
});

test("no funding is paid for an hour in which the price was stale for more than half", () => {
  const world = openPositions(openWorld(3));
  world.act(2, limit(true, 603_000, 7), limit(false, 603_001, 7)).run();
  for (let at = 0; at < 200; at++) world.anchored().run(20_000);
  expect(world.state.markets[0]?.fundingIndex).toBe(0n);
});

test("an order of no lots, or of too many, is none", () => {
  const world = openWorld(1);
  world
    .act(
      0,
      limit(true, 600_000, 0),
      limit(true, 600_000, -1),
      limit(true, 600_000, 0.5),
      limit(true, 600_000, 2 ** 41),
      limit(true, 0, 1),
    )
    .run();
  expect(world.reasons()).toEqual(["SIZE", "SIZE", "SIZE", "SIZE", "PRICE"]);
  expect(world.openOrders(0)).toBe(0);
});

test("orders that must be filled whole do not keep each other waiting: those that cannot be go, the rest trades", () => {
  const world = openWorld(4);
  const whole = { timeInForce: 2 } as const;
  world.act(0, limit(true, 600_000, 60, whole)).act(1, limit(true, 600_000, 60, whole));
  world
    .act(2, limit(true, 600_000, 100))
    .act(3, limit(false, 600_000, 100))
    .run();
  expect([0, 1, 2, 3].map((trader) => world.lots(trader))).toEqual([0, 0, 100, -100]);
  expect(world.removals()).toEqual(["NOT_FILLED", "NOT_FILLED"]);
});

test("sharing one lot among many gives it to one of them, by a tie that the batch's seed decides", () => {
  const winners = new Set<number>();
  for (let at = 0; at < 12; at++) {
    const world = openWorld(4);
    for (let pass = 0; pass < at; pass++) world.price(600_000).run();
    for (const trader of [0, 1, 2]) world.act(trader, limit(true, 600_000, 1));
    world.act(3, limit(false, 600_000, 1)).run();
    const held = [0, 1, 2].filter((trader) => world.lots(trader) === 1);
    expect(held).toHaveLength(1);
    winners.add(held[0] ?? -1);
  }
  expect(winners.size).toBeGreaterThan(1);
});

test("at the marginal price the older batch is filled first, and one batch in proportion", () => {
  const world = openWorld(4);
  world.act(0, limit(true, 599_000, 40)).run();
  world
    .act(1, limit(true, 599_000, 60))
    .act(2, limit(true, 599_000, 20))
    .act(3, limit(false, 598_000, 80))
    .run();
  expect([0, 1, 2].map((trader) => world.lots(trader))).toEqual([40, 30, 10]);
});

test("age counts, not the place in which a level keeps its orders", () => {
  const world = openWorld(4);
  const first = world.list(0, [limit(true, 599_000, 1)], { nonce: 200 });
  world
    .submit(first)
    .act(3, limit(true, 599_000, 40))
    .run();
  world.act(1, limit(true, 599_000, 40)).run();
  // What came last fills the gap, before the older one.
  world.act(0, { type: "cancel", market, orderNonce: orderNumber(200, 0) }).run();
  world.act(2, limit(false, 599_000, 40)).run();
  expect([world.lots(3), world.lots(1)]).toEqual([40, 0]);
});

test("nobody trades with himself: the new order goes, or if it says so the resting one", () => {
  const world = openWorld(2);
  world.act(0, limit(false, 600_000, 5)).run();
  world.act(0, limit(true, 600_000, 5)).run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["SELF_TRADE"], 1]);
  world.act(0, limit(true, 600_000, 5, { flags: flagBits.cancelResting })).run();
  expect([world.removals(), world.openOrders(0), world.lots(0)]).toEqual([["SELF_TRADE"], 1, 0]);
});

test("who trades with himself from both sides at the largest leverage takes nothing out while the fund lacks anything", () => {
  const world = openWorld(2, 1_000);
  openPositions(world, 300);
  for (let price = 600_000; price > 480_000; price -= 15_000) world.price(price).anchored().run();
  // Whatever the fund lacks, the other side of the trade cannot take out.
  const insurance = world.state.accounts[insuranceId]?.cash ?? 0n;
  world.act(1, { type: "withdraw", tokenAmount: 1_000_000_000n, to: addressOfTrader(1) }).run();
  const taken = world.state.globals.withdrawn;
  expect(insurance >= 0n || taken === 0n).toBe(true);
  expect(equity(world, 0) >= 0n && equity(world, 1) >= 0n).toBe(true);
  expect(world.state.accounts.reduce((sum, { cash }) => sum + cash, 0n)).toBe(
    2_000n * 10n ** 12n - taken,
  );
});

test("the fund takes over no more of a thin market than its cap: the rest is closed against the other side", () => {
  const capped = { ...marketParameters, takeoverNotionalMax: 10n ** 12n };
  const world = openWorld(2, 1_000, { markets: [[market, capped]] });
  openPositions(world, 300).price(570_000).anchored().run();
  const types = world.last?.events.map(({ type }) => type);
  expect(types).toContain("deleveraged");
  expect(types).not.toContain("takeover");
  expect([world.lots(0), world.lots(1)]).toEqual([0, 0]);
});

test("from its cap of open interest on a market is only reduced", () => {
  const world = openWorld(3, 100_000, {
    markets: [[market, { ...marketParameters, openLotsMax: 1_000 }]],
  });
  openPositions(world);
  world
    .act(2, limit(true, 600_000, 1))
    .act(0, limit(false, 600_000, 1, { flags: flagBits.reduceOnly }))
    .run();
  expect(world.reasons()).toEqual(["HALTED"]);
});

test("a price and orders in one batch: the price comes first", () => {
  const world = openWorld(2);
  world
    .act(0, limit(true, 630_000, 5))
    .act(1, limit(false, 580_000, 5))
    .price(620_000)
    .run();
  expect(world.last?.events).toContainEqual({
    type: "auction",
    market,
    priceTicks: 620_000,
    lots: 5,
  });
});

test("a price that is older than the last, from the future, or of too few reporters is passed over", () => {
  const world = openWorld(1);
  const { timeMs } = world;
  world.price(610_000, market, timeMs - 1_000).price(610_000, market, timeMs + 60_000);
  const report = { reporter: 0, priceTicks: 610_000, confidencePpm: 0 };
  world.system({ type: "oracle", market, publishTimeMs: timeMs, reports: [report] });
  world.system({ type: "oracle", market, publishTimeMs: timeMs, reports: [report, report] }).run();
  expect(world.state.markets[0]?.indexTicks).toBe(600_000);
  expect(world.last?.events.filter(({ type }) => type === "passed-over")).toHaveLength(4);
});

test("a leap waits for two confirmations, a price after a silence for one", () => {
  const world = openWorld(1, 1_000, {
    markets: [[market, { ...marketParameters, jumpPpmMin: 20_000 }]],
  });
  const index = (): number => world.state.markets[0]?.indexTicks ?? 0;
  const seen = [700_000, 700_100, 700_200].map((price) => {
    world.price(price).run(1_000);
    return index();
  });
  expect(seen).toEqual([600_000, 600_000, 700_200]);
  world.anchored().run(16_000);
  world.price(700_300).run(1_000);
  expect(index()).toBe(700_200);
  world.price(700_400).run();
  expect(index()).toBe(700_400);
});

test("a wrong print that is taken back moves nothing", () => {
  const world = openWorld(1, 1_000, {
    markets: [[market, { ...marketParameters, jumpPpmMin: 20_000 }]],
  });
  world.price(900_000).run(1_000);
  world.price(600_100).run(1_000);
  expect(world.state.markets[0]).toMatchObject({
    indexTicks: 600_100,
    markTicks: 600_100,
    confirmationsLeft: 0,
  });
});

test("lists of one account may arrive in any order, each exactly once", () => {
  const world = openWorld(1);
  const lists = [5, 3, 9, 4].map((nonce) =>
    world.list(0, [limit(true, 590_000 + nonce, 1)], { nonce }),
  );
  world.submit(...lists, ...lists).run();
  world.submit(...lists).run();
  expect(world.openOrders(0)).toBe(4);
  expect(world.reasons()).toEqual(Array(4).fill("NONCE_USED"));
});

test("what was refused cannot come again: its nonce is used up; what expired never used one", () => {
  const world = openWorld(1, 10);
  const tooBig = world.list(0, [limit(true, 600_000, 100_000)], { nonce: 2 });
  const late = world.list(0, [limit(true, 590_000, 1)], { nonce: 3, validUntilMs: 1 });
  world.submit(tooBig, late).run();
  expect(world.reasons()).toEqual(["EXPIRED", "MARGIN"]);
  world
    .deposit(0, 100_000)
    .submit(tooBig, { ...late, validUntilMs: Number.MAX_SAFE_INTEGER })
    .run();
  expect(world.reasons()).toEqual(["NONCE_USED"]);
  expect(world.openOrders(0)).toBe(1);
});

test("a cancel by number reaches an order of the same batch, wherever it stands; a sweep leaves those alone", () => {
  const world = openWorld(1);
  const placed = world.list(0, [limit(true, 590_000, 1), limit(true, 590_001, 1)], { nonce: 10 });
  const cancel = { type: "cancel", market, orderNonce: orderNumber(10, 0) } as const;
  world.submit(placed, world.list(0, [cancel], { nonce: 4 })).run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["CANCELLED"], 1]);
  world
    .act(0, limit(true, 580_000, 1), { type: "cancel", market: everyMarket, orderNonce: 0 })
    .run();
  expect(world.state.orders.flatMap((order) => (order ? [order.priceTicks] : []))).toEqual([
    580_000,
  ]);
});

test("a replacement keeps its age only at the same price and no larger size, and is nothing when its order is gone", () => {
  const world = openWorld(1);
  const ages = (): number[] => world.state.orders.flatMap((order) => (order ? [order.batch] : []));
  world.submit(world.list(0, [limit(true, 590_000, 5)], { nonce: 100 })).run();
  const born = ages();
  world
    .submit(
      world.list(
        0,
        [{ type: "replace", orderNonce: orderNumber(100, 0), order: limit(true, 590_000, 4) }],
        { nonce: 101 },
      ),
    )
    .run();
  expect(ages()).toEqual(born);
  world
    .act(0, { type: "replace", orderNonce: orderNumber(101, 0), order: limit(true, 590_000, 9) })
    .run();
  expect(ages()).toEqual([world.state.globals.batch]);
  world
    .act(0, { type: "replace", orderNonce: orderNumber(101, 0), order: limit(true, 590_000, 9) })
    .run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["CANCELLED"], 1]);
});

test("reducing orders together close no more than the position that plain orders leave", () => {
  const world = openPositions(openWorld(3), 100);
  const reduce = { flags: flagBits.reduceOnly };
  world.act(
    0,
    limit(false, 599_000, 80, reduce),
    limit(false, 598_000, 80, reduce),
    limit(false, 605_000, 30),
  );
  world.act(2, limit(true, 601_000, 500)).run();
  expect(world.lots(0)).toBe(30);
  world.act(0, limit(false, 600_000, 5, { ...reduce, market })).run();
  world.act(2, limit(true, 605_000, 30)).run();
  expect([world.lots(0), world.openOrders(0)]).toEqual([0, 0]);
});

test("without a position there is nothing to reduce", () => {
  const world = openWorld(1);
  world.act(0, limit(false, 600_000, 1, { flags: flagBits.reduceOnly })).run();
  expect(world.reasons()).toEqual(["REDUCE_ONLY"]);
});

test("a post-only order that would meet what rests is dropped, and one that meets this batch pays the maker's fee", () => {
  const world = openWorld(2);
  const post = { flags: flagBits.postOnly };
  world.act(0, limit(false, 601_000, 5)).run();
  world.act(1, limit(true, 601_000, 5, post)).run();
  expect(world.reasons()).toEqual(["POST_ONLY"]);
  world
    .act(1, limit(true, 600_500, 5, post))
    .act(0, limit(false, 600_500, 5))
    .run();
  const fills = world.last?.events.flatMap((event) =>
    event.type === "fill" ? [event.isMaker] : [],
  );
  expect(fills).toEqual([false, true]);
});

test("orders are admitted only as far as the worst of them could be borne", () => {
  // 5 % of 60 USDC a lot... a lot is 0.001 at 60,000: 3 USDC of margin each, and the fee.
  const world = openWorld(1, 300);
  world.act(0, limit(true, 600_000, 60), limit(true, 600_000, 60)).run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["MARGIN"], 1]);
  // The other side adds nothing to the worst.
  world.act(0, limit(false, 610_000, 60)).run();
  expect(world.openOrders(0)).toBe(2);
});

test("a moved mark takes away the newest orders that it uncovers", () => {
  const world = openWorld(2, 540);
  openPositions(world, 100);
  world.act(0, limit(true, 590_000, 20), limit(true, 589_000, 20)).run();
  world.price(588_000).run();
  expect(world.removals()).toContain("UNCOVERED");
  expect(world.state.orders.flatMap((order) => (order ? [order.priceTicks] : []))).toEqual([
    590_000,
  ]);
});

test("an order that the mark has uncovered is gone before the batch's orders could meet it", () => {
  const world = openWorld(3, 540);
  openPositions(world, 100);
  world.act(0, limit(true, 590_000, 20), limit(true, 589_000, 20)).run();
  world
    .deposit(2, 10_000)
    .price(588_000)
    .act(2, limit(false, 588_000, 40))
    .run();
  expect([world.lots(0), world.lots(2)]).toEqual([120, -20]);
});

test("orders far off trade at the edge of the band and no further", () => {
  const world = openWorld(2);
  world
    .act(0, limit(true, 900_000, 5))
    .act(1, limit(false, 629_000, 5))
    .run();
  expect(world.last?.events).toContainEqual({
    type: "auction",
    market,
    priceTicks: 629_000,
    lots: 5,
  });
  world
    .act(1, limit(false, 631_000, 5))
    .act(0, limit(true, 900_000, 5))
    .run();
  expect(world.last?.events.some(({ type }) => type === "auction")).toBe(false);
});

test("a session key trades in its scope, and never withdraws or makes keys", () => {
  const world = openWorld(2);
  const address = addressOfTrader(99);
  const authorize = { type: "authorize", key: 3, address, scopes: scopes.trade, ...none } as const;
  world.act(0, authorize).run();
  const by = { signer: address, key: 3 };
  world.submit(
    world.list(0, [limit(true, 590_000, 1)], by),
    world.list(0, [{ type: "withdraw", tokenAmount: 1n, to: address }], by),
    world.list(0, [{ type: "transfer", to: traderId(1), quanta: 1n }], by),
    world.list(0, [{ type: "cancel", market, orderNonce: 0 }], by),
    world.list(0, [{ ...authorize, key: 4 }], by),
  );
  world.run();
  expect(world.openOrders(0)).toBe(1);
  expect(world.reasons()).toEqual(["SCOPE", "SCOPE", "SCOPE", "SCOPE"]);
  expect(world.state.globals.withdrawn).toBe(0n);
});

test("a key that was taken away signs nothing more, and given again it cannot repeat what it signed", () => {
  const world = openWorld(1);
  const address = addressOfTrader(99);
  const give = { type: "authorize", key: 3, address, scopes: scopes.trade, ...none } as const;
  const signed = world.list(0, [limit(true, 590_000, 1)], { signer: address, key: 3 });
  world.act(0, give).submit(signed).run();
  expect(world.openOrders(0)).toBe(1);
  world
    .act(0, { ...give, scopes: 0 })
    .submit(world.list(0, [limit(true, 590_000, 1)], { signer: address, key: 3 }))
    .run();
  expect(world.reasons()).toEqual(["BAD_SIGNER"]);
  world.act(0, give).submit(signed).run();
  expect(world.reasons()).toEqual(["NONCE_USED"]);
});

test("a session key's bound holds for the position that its orders may lead to", () => {
  const world = openWorld(1);
  const address = addressOfTrader(99);
  world
    .act(0, {
      type: "authorize",
      key: 1,
      address,
      scopes: scopes.trade,
      ...none,
      markets: [market],
      maxNotional: 600n * 10n ** 12n,
    })
    .run();
  const by = { signer: address, key: 1 };
  world
    .submit(
      world.list(
        0,
        [
          limit(true, 600_000, 10),
          limit(true, 600_000, 1),
          limit(true, 600_000, 1, { market: MarketId(1) }),
        ],
        by,
      ),
    )
    .run();
  expect(world.reasons()).toEqual(["CAP", "SCOPE"]);
});

test("a dormant order waits for its guard, a guarded one is refused while it does not hold", () => {
  const world = openPositions(openWorld(3), 10);
  const guard = { market, op: 2, priceTicks: 599_000, maxAgeMs: 10_000 } as const;
  world.act(0, limit(false, 580_000, 10, { flags: flagBits.trigger | flagBits.reduceOnly, guard }));
  world.act(2, limit(true, 590_000, 10), limit(true, 589_000, 1, { guard })).run();
  expect(world.reasons()).toEqual(["GUARD"]);
  world.run();
  expect(world.lots(0)).toBe(10);
  world.price(598_500).run();
  expect([world.lots(0), world.openOrders(0)]).toEqual([0, 0]);
});

test("a guard does not hold on a price that is too old for it", () => {
  const world = openWorld(1);
  world.run(5_000);
  const guard = { market, op: 1, priceTicks: 1, maxAgeMs: 1_000 } as const;
  world.act(0, limit(true, 590_000, 1, { guard })).run();
  expect(world.reasons()).toEqual(["GUARD"]);
});

test("an order expires with its time", () => {
  const world = openWorld(1);
  world.act(0, limit(true, 590_000, 1, { validUntilMs: world.timeMs + 1_000 })).run();
  expect(world.openOrders(0)).toBe(1);
  world.run(1_000);
  world.run();
  expect([world.openOrders(0), world.removals()]).toEqual([0, ["EXPIRED"]]);
});

test("a tip is paid once, to the relayer that was signed for", () => {
  const world = openWorld(2);
  const tip = { relayTip: 5_000n, relayer: addressOfTrader(1) };
  const list = world.list(0, [limit(true, 590_000, 1)], tip);
  const before = world.cash(1);
  world.submit(list, { ...list, relayer: addressOfTrader(0) }, list).run();
  world.submit(list).run();
  expect(world.cash(1) - before).toBe(5_000n);
});

test("nothing leaves an account that its positions or orders stand on", () => {
  const world = openWorld(2, 1_000);
  openPositions(world, 200);
  const to = addressOfTrader(0);
  world.act(
    0,
    { type: "withdraw", tokenAmount: 900_000_000n, to },
    { type: "withdraw", tokenAmount: 100_000_000n, to },
  );
  world.act(1, { type: "transfer", to: traderId(0), quanta: 900n * 10n ** 12n }).run();
  expect(world.reasons()).toEqual(["MARGIN", "MARGIN"]);
  expect(world.last?.withdrawals).toEqual([
    { account: accountOfTrader(0), to, tokenAmount: 100_000_000n },
  ]);
});

test("more than the window allows does not flow out in it", () => {
  const world = openWorld(1, 1_000, { rollup: { outflowMax: 10n ** 14n } });
  const withdraw = { type: "withdraw", tokenAmount: 60_000_000n, to: addressOfTrader(0) } as const;
  world.act(0, withdraw).act(0, withdraw).run();
  expect(world.reasons()).toEqual(["OUTFLOW"]);
  world.run(3_600_000);
  world.price(600_000).anchored().act(0, withdraw).run();
  expect(world.reasons()).toEqual([]);
});

test("a deposit counts once and in turn, and makes the account of who is named", () => {
  const world = openWorld(1);
  const deposit = {
    type: "deposit",
    owner: addressOfTrader(5),
    subId: 3,
    tokenAmount: 7n,
  } as const;
  const next = world.state.globals.l1Index;
  world
    .system({ ...deposit, l1Index: next })
    .system({ ...deposit, l1Index: next })
    .system({ ...deposit, l1Index: next + 5 })
    .run();
  expect(world.state.accounts.at(-1)).toMatchObject({ subId: 3, cash: 7_000_000n });
  expect(world.state.globals.l1Index).toBe(next + 1);
});

test("parameters come from L1 alone and only if they are sound, and a unit never changes", () => {
  const world = openWorld(1);
  world
    .l1({ type: "set-market", market, parameters: { ...marketParameters, takerFeePpm: 900 } })
    .run();
  expect(world.state.markets[0]?.parameters.takerFeePpm).toBe(900);
  world.l1({ type: "set-market", market, parameters: { ...marketParameters, unit: 1n } });
  world.l1({ type: "set-market", market, parameters: { ...marketParameters, tiers: [] } });
  world.l1({ type: "set-rollup", parameters: { ...rollupParameters, batchIntervalMs: 0 } }).run();
  expect(world.state.markets[0]?.parameters.takerFeePpm).toBe(900);
  expect(world.state.globals.parameters.batchIntervalMs).toBe(250);
  expect(
    isSoundMarket({ ...marketParameters, bandPpm: 0 }) ||
      isSoundRollup({ ...rollupParameters, anchorHardMs: 1 }),
  ).toBe(false);
});

test("an order stands in a slot from its admission on, and gives it back in the batch if it does not rest", () => {
  const world = openWorld(3);
  const once = limit(true, 599_000, 5, { timeInForce: 1 });
  world
    .act(0, once, limit(true, 599_000, 5))
    .act(1, limit(true, 599_000, 7))
    .run();
  expect(world.state.orders.map((order) => order?.account)).toEqual([
    undefined,
    accountOfTrader(0),
    accountOfTrader(1),
  ]);
  expect(world.last?.dirty.orders).toEqual([0, 1, 2]);
  world.act(2, limit(true, 599_000, 1), limit(true, 599_000, 2)).run();
  expect(world.state.orders.map((order) => order?.lots)).toEqual([1, 5, 7, 2]);
});
