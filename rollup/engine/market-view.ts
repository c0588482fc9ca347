// A market as one batch sees it: one mark, one band, one set of permissions, whatever the batch does. Admission of one
// account therefore never depends on another.

import type { Permissions } from "./halts.ts";
import { anchorAgeMs, permissionsOf } from "./halts.ts";
import type { Globals, Market } from "./state.ts";
import {
  ceilDiv,
  intDiv,
  type Lots,
  type Ppm,
  ppm,
  type Quanta,
  rootFloor,
  scaleCeil,
  scaleFloor,
  type Ticks,
  ticksMax,
} from "./units.ts";

export interface MarketView {
  readonly market: Market;
  readonly mark: Ticks;
  /** The notional of one lot. */
  readonly markUnit: Quanta;
  readonly low: Ticks;
  readonly high: Ticks;
  /** The best prices that rested before this batch, once its cancels are through; 0 for none. */
  bestBid: Ticks;
  bestAsk: Ticks;
  readonly permissions: Permissions;
  /** Whether the auction is held in this batch. */
  readonly isAuctionDue: boolean;
  /** By how much open interest scales initial margin. */
  readonly scalePpm: Ppm;
  /** Averaged, as they were before this batch: what is asked of an account is the same from its first phase to its last. */
  readonly bidDepth: Lots;
  readonly askDepth: Lots;
  /** How long until a liquidation could begin, ms. */
  readonly waitMs: number;
}

/** Beyond it, scaled margin is all of the notional anyway. */
const scalePpmMax = 1_000_000_000;
const bufferMsMax = 900_000;
/** A price that is this unsure is treated as this much older. */
const unsurePpm = 10_000;
const unsureMs = 15_000;

export function viewMarket(market: Market, globals: Globals): MarketView {
  const { parameters: p, markTicks: mark } = market;
  const permissions = permissionsOf(market, globals);
  const ageMs = Math.max(0, globals.timeMs - market.indexTimeMs);
  const anchorMs = Math.max(0, anchorAgeMs(globals) - globals.parameters.anchorGraceMs);
  return {
    market,
    mark,
    markUnit: BigInt(mark) * p.unit,
    low: Math.max(1, scaleCeil(mark, 1_000_000 - p.bandPpm, 1_000_000)),
    high: Math.min(ticksMax, scaleFloor(mark, 1_000_000 + p.bandPpm, 1_000_000)),
    bestBid: 0,
    bestAsk: 0,
    permissions,
    isAuctionDue: permissions.auctions && globals.batch % p.auctionEvery === 0,
    scalePpm: Math.min(
      scalePpmMax,
      Math.max(1_000_000, scaleCeil(market.openLots, 1_000_000, p.openLotsScale)),
    ),
    bidDepth: market.bidDepth,
    askDepth: market.askDepth,
    waitMs: ageMs + anchorMs + (market.confidencePpm > unsurePpm ? unsureMs : 0),
  };
}

export interface Requirement {
  readonly maintenance: Quanta;
  readonly buffer: Quanta;
  /** Includes the buffer. */
  readonly initial: Quanta;
}

const nothing: Requirement = { maintenance: 0n, buffer: 0n, initial: 0n };

/** What a position of so many lots must be backed by, above 0 for long. */
export function requirementOf(view: MarketView, lots: number, intervalMs: number): Requirement {
  if (lots === 0) return nothing;
  const notional = BigInt(Math.abs(lots)) * view.markUnit;
  const { tiers } = view.market.parameters;
  let at = 0;
  while (at < tiers.length - 1 && notional > (tiers[at]?.notionalMax ?? 0n)) at++;
  const tier = tiers[at];
  if (tier === undefined) return nothing;
  const initialPpm = Math.min(
    1_000_000,
    intDiv(tier.initialPpm * view.scalePpm + 999_999, 1_000_000),
  );
  const bufferPpm = bufferPpmOf(view, lots, intervalMs);
  const buffer = bufferPpm === 0 ? 0n : ceilDiv(notional * BigInt(bufferPpm), ppm);
  return {
    maintenance: ceilDiv(notional * BigInt(tier.maintenancePpm), ppm),
    buffer,
    initial: ceilDiv(notional * BigInt(initialPpm), ppm) + buffer,
  };
}

/**
 * How far the price may move until the position is closed: standard deviations times the root of the time, which is how
 * long liquidation takes at the depth that there is, and how long it may be kept from beginning.
 */
export function bufferPpmOf(view: MarketView, lots: number, intervalMs: number): Ppm {
  const { market } = view;
  const p = market.parameters;
  if (p.bufferMode === "off" || market.variance === 0) return 0;
  const slices = intDiv(
    Math.abs(lots) + depthShare(view, lots > 0) - 1,
    depthShare(view, lots > 0),
  );
  const timeMs = Math.min(bufferMsMax, view.waitMs + Math.min(bufferMsMax, slices * intervalMs));
  // Both have bounds whose product is a safe integer: see `varianceMax`.
  const deviation = rootFloor(intDiv(market.variance * timeMs, 1_000)) + 1;
  return Math.min(p.bufferPpmMax, intDiv(deviation * p.bufferMilliSigmas + 999, 1_000));
}

/** What a liquidation may take of one side in a batch. Those who are long sell to the bids. */
export function depthShare(view: MarketView, isLong: boolean): number {
  const { depthLotsMin, participationPpm } = view.market.parameters;
  const depth = Math.max(depthLotsMin, isLong ? view.bidDepth : view.askDepth);
  return Math.max(1, scaleFloor(depth, participationPpm, 1_000_000));
}
