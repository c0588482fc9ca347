import { expect, test } from "vitest";
import { insuranceId, MarketId, type MarketParameters } from "../../../rollup/engine/index.ts";
import { limit, market, marketParameters, openWorld, type World } from "./world.ts";

/** Trader 0 is long with little behind it, trader 1 short with much; trader 2 bids below. */
function pressed(tokens: number, changes: Partial<MarketParameters> = {}, lots = 300): World {
  const parameters = { ...marketParameters, ...changes };
  const world = openWorld(1, tokens, { markets: [[market, parameters]] });
  world.deposit(1, 100_000).deposit(2, 1_000_000).run();
  return (
    world
      .act(0, limit(true, 600_000, lots))
      .act(1, limit(false, 600_000, lots))
      .run() && world
  );
}

const types = (world: World): string[] => (world.last?.events ?? []).map(({ type }) => type);
const liquidated = (world: World): number =>
  (world.last?.events ?? []).reduce(
    (sum, event) => sum + (event.type === "fill" && event.isLiquidation ? event.lots : 0),
    0,
  );
/** 18,000 USDC of notional, 910 behind it: maintenance is 450. */
const thin = 920;

test("below maintenance a position is closed in slices that grow with time, and no further than needed", () => {
  const world = pressed(thin, { smallNotional: 0n });
  world
    .act(2, limit(true, 580_000, 500))
    .price(583_000)
    .anchored()
    .run();
  const first = liquidated(world);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(60);
  let left = world.lots(0);
  for (let at = 0; at < 40 && liquidated(world) > 0; at++) {
    world.act(2, { type: "cancel", market, orderNonce: 0 }, limit(true, 580_000, 500));
    world.price(583_000).anchored().run(1_000);
    expect(world.lots(0)).toBeLessThanOrEqual(left);
    left = world.lots(0);
  }
  expect(left).toBeGreaterThan(0);
  expect(types(world)).not.toContain("takeover");
});

test("a liquidation pays its fee to the fund, and trades no further from the mark than its cap", () => {
  const world = pressed(thin);
  const before = world.state.accounts[insuranceId]?.cash ?? 0n;
  world
    .act(2, limit(true, 575_000, 500))
    .price(583_000)
    .anchored()
    .run();
  const fill = world.last?.events.find((event) => event.type === "fill" && event.isLiquidation);
  const after = world.state.accounts[insuranceId]?.cash ?? 0n;
  expect(fill?.type === "fill" && fill.fee).toBe(after - before);
  const tooFar = pressed(thin);
  // 2 % below the mark is 571,340.
  tooFar
    .act(2, limit(true, 571_000, 500))
    .price(583_000)
    .anchored()
    .run();
  expect(liquidated(tooFar)).toBe(0);
});

test("a small position is closed at once, whatever the depth: dust keeps nobody open", () => {
  const world = pressed(10, { smallNotional: 10n ** 15n, depthLotsMin: 1 }, 3);
  world
    .act(2, limit(true, 570_000, 500))
    .price(580_000)
    .anchored()
    .run();
  const closing = pressed(10, { smallNotional: 0n, depthLotsMin: 1 }, 3);
  closing
    .act(2, limit(true, 570_000, 500))
    .price(580_000)
    .anchored()
    .run();
  expect([world.lots(0), closing.lots(0)]).toEqual([0, 2]);
});

test("below two thirds of maintenance the fund takes the whole account over, exactly", () => {
  const world = pressed(thin);
  world.l1({ type: "deposit", owner: new Uint8Array(20), subId: 0, tokenAmount: 10n ** 10n }).run();
  const fund = world.state.accounts[insuranceId]?.cash ?? 0n;
  const cash = world.cash(0);
  world.price(577_000).anchored().run();
  expect(types(world)).toContain("takeover");
  expect([world.lots(0), world.cash(0)]).toEqual([0, 0n]);
  expect(world.state.accounts[insuranceId]?.exposures[0]?.lots ?? 0).toBe(300);
  expect((world.state.accounts[insuranceId]?.cash ?? 0n) - fund).toBe(cash);
});

test("a fund that falls short is closed against the other side, which pays no more than it has; those without a position pay nothing", () => {
  const world = pressed(thin);
  const bystander = world.cash(2);
  world.price(500_000).anchored().run();
  expect(types(world)).toContain("deleveraged");
  expect([world.lots(0), world.lots(1)]).toEqual([0, 0]);
  expect(world.cash(2)).toBe(bystander);
  expect(world.cash(1)).toBeGreaterThanOrEqual(0n);
  const charge = world.last?.events.flatMap((event) =>
    event.type === "deleveraged" ? [event.charge] : [],
  );
  expect(charge?.every((each) => each >= 0n)).toBe(true);
  expect(world.state.globals.shortfall).toBe(0n);
});

test("a counterparty is charged no more than it has, and what is then missing keeps everybody from withdrawing", () => {
  const other = MarketId(8);
  const world = openWorld(1, thin, {
    markets: [
      [market, marketParameters],
      [other, marketParameters],
    ],
  });
  world.deposit(1, 2_000).deposit(2, 100_000).run();
  world.act(0, limit(true, 600_000, 300));
  world.act(1, limit(false, 600_000, 300), limit(true, 600_000, 300, { market: other }));
  world.act(2, limit(false, 600_000, 300, { market: other })).run();
  // What trader 1 gains here it loses there: 20 % and 28 %.
  world.price(480_000).price(433_000, other).anchored();
  world.act(2, { type: "withdraw", tokenAmount: 1n, to: new Uint8Array(20) }).run();
  const charges = world.last?.events.flatMap((event) =>
    event.type === "deleveraged" ? [event.charge] : [],
  );
  const had = (2_000n - 18n + 3_600n - 5_010n) * 10n ** 12n;
  expect(charges).toEqual([had]);
  expect(world.state.globals.shortfall).toBeGreaterThan(0n);
  expect(world.reasons()).toEqual(["WITHDRAWALS_CLOSED"]);
});

test("a reducing order far from the mark is filled only as far as its account can bear the loss", () => {
  const world = openWorld(1, thin, {
    markets: [[market, { ...marketParameters, bandPpm: 300_000 }]],
  });
  world.deposit(1, 100_000).deposit(2, 1_000_000).run();
  world
    .act(0, limit(true, 600_000, 250))
    .act(1, limit(false, 600_000, 250))
    .run();
  world
    .act(0, limit(false, 450_000, 250, { flags: 2 }))
    .act(2, limit(true, 450_000, 250))
    .run();
  // Each lot sold there loses 15 USDC of about 910, and pays its fee.
  const sold = world.last?.events.find(
    (event) => event.type === "fill" && event.order.account === 2,
  );
  expect(sold).toMatchObject({ lots: 60, priceTicks: 450_000 });
  // What is left is too little for the rest of the position, but it is no debt.
  const taken = world.last?.events.find((event) => event.type === "takeover");
  expect(taken?.type === "takeover" && taken.equity >= 0n).toBe(true);
});

test("the one who gained most for what he put in is closed first", () => {
  const world = openWorld(1, thin);
  world.deposit(1, 800).deposit(2, 100_000).run();
  world
    .act(0, limit(true, 600_000, 250))
    .act(1, limit(false, 600_000, 150))
    .act(2, limit(false, 600_000, 100))
    .run();
  world.price(540_000).anchored().run();
  const order = world.last?.events.flatMap((event) =>
    event.type === "deleveraged" ? [event.against, event.account] : [],
  );
  expect(order?.[1]).toBe(3);
});

test("with a buffer that closes ahead, slices are sold before maintenance is reached", () => {
  const run = (bufferMode: MarketParameters["bufferMode"]): number => {
    const world = pressed(900, { bufferMode, smallNotional: 0n, bufferMilliSigmas: 20_000 }, 290);
    world.act(2, limit(true, 585_000, 500)).run();
    let sold = 0;
    for (const price of [596_000, 591_000, 588_000, 587_000, 586_000]) {
      world.price(price).anchored().run(1_000);
      sold += liquidated(world);
    }
    return sold;
  };
  expect(run("delever")).toBeGreaterThan(0);
  expect([run("restrict"), run("off")]).toEqual([0, 0]);
});

test("a buffer asks for more margin the older the anchor is", () => {
  const admitted = (silentMs: number): boolean => {
    const world = openWorld(2, 350, {
      markets: [[market, { ...marketParameters, bufferMode: "restrict" }]],
    });
    for (const price of [601_000, 599_000, 600_000]) world.price(price).anchored().run(1_000);
    world.timeMs += silentMs;
    world.price(600_000, market).run();
    world.price(600_000).run();
    world.act(0, limit(true, 600_000, 100)).run();
    return world.openOrders(0) === 1;
  };
  expect([admitted(0), admitted(400_000)]).toEqual([true, false]);
});

test("while the price is in doubt nobody is liquidated", () => {
  const world = pressed(thin, { jumpPpmMin: 10_000 });
  world
    .act(2, limit(true, 580_000, 500))
    .price(583_000)
    .anchored()
    .run();
  expect([liquidated(world), world.lots(0)]).toEqual([0, 300]);
});

test("below its margin an account may still reduce, and only so that it is safer", () => {
  const world = pressed(thin);
  world.price(594_000).anchored().run();
  world
    .act(
      0,
      limit(true, 594_000, 1),
      limit(false, 565_000, 10, { flags: 2 }),
      limit(false, 594_000, 10, { flags: 2 }),
    )
    .run();
  expect(world.reasons()).toEqual(["MARGIN", "REDUCE_ONLY"]);
  expect(world.openOrders(0)).toBe(1);
});

test("what a market bears in a batch is for all who are liquidated in it together, the worst first", () => {
  const parameters = { ...marketParameters, depthLotsMin: 100, participationPpm: 500_000 };
  const world = openWorld(2, thin, { markets: [[market, { ...parameters, smallNotional: 0n }]] });
  world.deposit(2, 1_000_000).deposit(3, 1_000_000).run();
  world.act(0, limit(true, 600_000, 297)).act(1, limit(true, 600_000, 300));
  world.act(2, limit(false, 600_000, 597)).run();
  world.price(583_000).anchored();
  // Half of the hundred that the market is taken to have, though ten times as many are bid for.
  world.act(3, limit(true, 580_000, 1_000)).run();
  expect(liquidated(world)).toBe(50);
  expect([297 - world.lots(0), 300 - world.lots(1)]).toEqual([0, 50]);
});
