// What all bots are: functions of chance, of what they see, and of what they have. They keep nothing to themselves, so that
// a bot is tested by showing it a market.

import type { EngineAction, PlaceOrder, Quanta } from "../../../../rollup/engine/index.ts";
import type { Chance } from "../chance.ts";

export interface MarketSight {
  readonly id: number;
  /** The price in the world outside, which the oracle reports a little later. */
  readonly fairTicks: number;
  readonly indexTicks: number;
  readonly markTicks: number;
  /** 0 for none. */
  readonly bestBid: number;
  readonly bestAsk: number;
  /** What one lot gains by a tick. */
  readonly unit: Quanta;
  /** Of the smallest tier: what a position must be backed by when it is opened. */
  readonly initialPpm: number;
  readonly takerFeePpm: number;
}

export interface OpenOrder {
  readonly market: number;
  readonly number: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
}

/** One account of a bot. */
export interface Holding {
  readonly account: number;
  readonly equity: Quanta;
  /** Above 0 is long; 0 where a market is not named. */
  readonly lots: ReadonlyMap<number, number>;
  readonly orders: readonly OpenOrder[];
}

export interface View {
  readonly chance: Chance;
  readonly markets: readonly MarketSight[];
  /** Of the bot's own accounts, in its order. */
  readonly holdings: readonly Holding[];
}

/** One list of one of its accounts. */
export interface Move {
  readonly account: number;
  readonly actions: readonly EngineAction[];
}

/** What it does now; nothing when it waits. */
export type Bot = (view: View) => readonly Move[];

export const usdc: Quanta = 10n ** 12n;

export function lotsOf({ lots }: Holding, market: number): number {
  return lots.get(market) ?? 0;
}

/** So many millionths away from a price; at least one tick unless 0. */
export function away(ticks: number, byPpm: number): number {
  const distance = Math.trunc((ticks * Math.abs(byPpm)) / 1_000_000);
  const change = byPpm === 0 ? 0 : Math.max(1, distance);
  return Math.max(1, byPpm < 0 ? ticks - change : ticks + change);
}

/** Of one lot, at the mark. */
export function notionalOf({ markTicks, unit }: MarketSight): Quanta {
  return BigInt(markTicks) * unit;
}

export function order(
  { id }: MarketSight,
  terms: Pick<PlaceOrder, "isBuy" | "priceTicks" | "lots"> & Partial<PlaceOrder>,
): PlaceOrder {
  return {
    type: "order",
    market: id,
    timeInForce: 0,
    flags: 0,
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    ...terms,
  };
}

/** At once or not at all, and within so many millionths of the fair price. */
export function takeWithin(
  market: MarketSight,
  byPpm: number,
  { isBuy, lots }: { readonly isBuy: boolean; readonly lots: number },
): PlaceOrder {
  const priceTicks = away(market.fairTicks, isBuy ? byPpm : -byPpm);
  return order(market, { isBuy, lots, priceTicks, timeInForce: 1 });
}

/** All that rests in the market. */
export function cancelAll(market: number): EngineAction {
  return { type: "cancel", market, orderNonce: 0 };
}
