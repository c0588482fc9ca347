import { expect, test } from "vitest";
import type { Bot, Holding, MarketSight } from "../../../deploy/devnet/perpetuals/bots/bot.ts";
import { dustMaker } from "../../../deploy/devnet/perpetuals/bots/dust-maker.ts";
import { gambler } from "../../../deploy/devnet/perpetuals/bots/gambler.ts";
import { maker } from "../../../deploy/devnet/perpetuals/bots/maker.ts";
import { selfTrader } from "../../../deploy/devnet/perpetuals/bots/self-trader.ts";
import { sniper } from "../../../deploy/devnet/perpetuals/bots/sniper.ts";
import { spoofer } from "../../../deploy/devnet/perpetuals/bots/spoofer.ts";
import { taker } from "../../../deploy/devnet/perpetuals/bots/taker.ts";
import { Chance } from "../../../deploy/devnet/perpetuals/chance.ts";
import { flagBits, type PlaceOrder } from "../../../rollup/engine/index.ts";

const market: MarketSight = {
  id: 1,
  fairTicks: 600_000,
  indexTicks: 600_000,
  markTicks: 600_000,
  bestBid: 599_700,
  bestAsk: 600_300,
  unit: 100_000_000n,
  initialPpm: 50_000,
  takerFeePpm: 500,
};

function holding(change: Partial<Holding> = {}): Holding {
  return { account: 2, equity: 1_000n * 10n ** 12n, lots: new Map(), orders: [], ...change };
}

/** What the bot does in some turns, one of which may be one of rest. */
function play(
  bot: Bot,
  { see = {}, has = [{}] }: { see?: Partial<MarketSight>; has?: readonly Partial<Holding>[] },
  turns = 20,
): ReturnType<Bot> {
  const chance = new Chance(1, 0);
  const holdings = has.map((each, i) => holding({ account: 2 + i, ...each }));
  const markets = [{ ...market, ...see }];
  return Array.from({ length: turns }, () => bot({ chance, markets, holdings })).flat();
}

function ordersOf(moves: ReturnType<Bot>): readonly PlaceOrder[] {
  return moves.flatMap(({ actions }) => actions.filter((each) => each.type === "order"));
}

test("a maker sweeps its quotes and places new ones on both sides, which only wait", () => {
  const [move] = play(maker, {}, 1);
  expect(move?.actions[0]).toEqual({ type: "cancel", market: 1, orderNonce: 0 });
  const orders = ordersOf(move === undefined ? [] : [move]);
  const bids = orders.filter(({ isBuy }) => isBuy);
  expect(bids).toHaveLength(orders.length / 2);
  expect(orders.every(({ flags }) => flags === flagBits.postOnly)).toBe(true);
  expect(Math.max(...bids.map(({ priceTicks }) => priceTicks))).toBeLessThan(market.fairTicks);
});

test("a maker that is long asks for less, and in the end does not bid", () => {
  const best = (lots: number): number =>
    Math.min(
      ...ordersOf(play(maker, { has: [{ lots: new Map([[1, lots]]) }] }, 1))
        .filter(({ isBuy }) => !isBuy)
        .map(({ priceTicks }) => priceTicks),
    );
  expect(best(700)).toBeLessThan(best(0));
  const full = ordersOf(play(maker, { has: [{ lots: new Map([[1, 1_500]]) }] }, 1));
  expect(full.some(({ isBuy }) => isBuy)).toBe(false);
});

test("a maker never bids what somebody asks", () => {
  const orders = ordersOf(play(maker, { see: { bestAsk: 599_000 } }, 1));
  const bids = orders.flatMap(({ isBuy, priceTicks }) => (isBuy ? [priceTicks] : []));
  expect(Math.max(...bids)).toBeLessThan(599_000);
});

test("a taker takes both ways at once, and goes back when it holds a lot", () => {
  const orders = ordersOf(play(taker, {}, 50));
  expect(new Set(orders.map(({ isBuy }) => isBuy)).size).toBe(2);
  expect(orders.every(({ timeInForce }) => timeInForce === 1)).toBe(true);
  const full = ordersOf(play(taker, { has: [{ lots: new Map([[1, 400]]) }] }));
  expect(full.every(({ isBuy }) => !isBuy)).toBe(true);
});

test("a gambler buys at most what its equity backs, and so much that a fall of some per cent is its end", () => {
  const orders = ordersOf(play(gambler, { has: [{}, {}] }));
  const notional = (lots: number): number => lots * 60;
  expect(orders.length).toBeGreaterThan(0);
  for (const { isBuy, lots } of orders) {
    expect(isBuy).toBe(true);
    expect(notional(lots)).toBeGreaterThan(10 * 1_000);
    expect(notional(lots)).toBeLessThan(20 * 1_000);
  }
});

test("a gambler that is broke fetches a stake from its savings, as long as there are any", () => {
  const broke = { equity: 0n };
  const moves = play(gambler, { has: [broke, { equity: 5_000n * 10n ** 12n }] }, 1);
  const transfer = { type: "transfer", to: 2, quanta: 1_000n * 10n ** 12n };
  expect(moves).toEqual([{ account: 3, actions: [transfer] }]);
  expect(play(gambler, { has: [broke, broke] })).toEqual([]);
});

test("a sniper takes when the oracle is behind, on the side that will be right, and never pays the whole difference", () => {
  const [buy] = ordersOf(play(sniper, { see: { fairTicks: 606_000 } }, 1));
  expect(buy).toMatchObject({ isBuy: true, timeInForce: 1 });
  expect(buy?.priceTicks).toBeLessThan(606_000);
  const [sell] = ordersOf(play(sniper, { see: { fairTicks: 594_000 } }, 1));
  expect(sell).toMatchObject({ isBuy: false });
  expect(sell?.priceTicks).toBeGreaterThan(594_000);
});

test("a sniper closes what it has when the oracle has caught up, and then waits", () => {
  const [close] = ordersOf(play(sniper, { has: [{ lots: new Map([[1, 100]]) }] }, 1));
  expect(close).toMatchObject({ isBuy: false, lots: 100 });
  expect(play(sniper, {})).toEqual([]);
});

test("a spoofer shows a large order away from the touch, then cancels it and takes the other side", () => {
  const [show] = ordersOf(play(spoofer, {}, 1));
  if (show === undefined) throw new Error("it shows nothing");
  const { isBuy, priceTicks, lots } = show;
  expect(Math.abs(priceTicks - market.fairTicks)).toBeGreaterThan(4_000);
  const shown = { market: 1, number: 64, isBuy, priceTicks, lots };
  const [after] = play(spoofer, { has: [{ orders: [shown] }] }, 1);
  const [cancel, take] = after?.actions ?? [];
  expect(cancel).toEqual({ type: "cancel", market: 1, orderNonce: 0 });
  expect(take).toMatchObject({ isBuy: !isBuy, timeInForce: 1 });
  expect((take as PlaceOrder).lots).toBeLessThan(lots / 10);
});

test("a self-trader's two accounts cross each other at one price, at the edge of their margin", () => {
  const [one, other] = play(selfTrader, { has: [{}, {}] }, 1);
  const [a, b] = [one, other].map((move) => ordersOf(move === undefined ? [] : [move])[0]);
  expect([one?.account, other?.account]).toEqual([2, 3]);
  expect(a?.isBuy).toBe(!b?.isBuy);
  expect(a?.priceTicks).toBe(b?.priceTicks);
  expect(a?.lots).toBe(b?.lots);
});

test("a self-trader closes the side that was left, and shares what it has for the next time", () => {
  const left = play(selfTrader, { has: [{}, { lots: new Map([[1, -90]]) }] }, 1);
  expect(ordersOf(left)).toMatchObject([{ isBuy: true, lots: 90 }]);
  const [move] = play(selfTrader, { has: [{ equity: 0n }, {}] }, 1);
  expect(move).toMatchObject({ account: 3, actions: [{ type: "transfer", to: 2 }] });
});

test("a dust maker places orders of one lot until there are too many, and then clears them", () => {
  const orders = ordersOf(play(dustMaker, {}));
  expect(orders.length).toBeGreaterThan(100);
  expect(orders.every(({ lots }) => lots === 1)).toBe(true);
  const open = Array.from({ length: 96 }, (_, number) => ({ ...orders[0], market: 1, number }));
  const full = play(dustMaker, { has: [{ orders: open as never }] }, 1);
  expect(full[0]?.actions).toEqual([{ type: "cancel", market: 0xffff_ffff, orderNonce: 0 }]);
});
