// The index: the median of enough reporters, newer than what is known. What leaps, or comes after a silence, has to be
// confirmed by later reports before anything is decided by it.

import type { OracleReport, OracleUpdate } from "./batch.ts";
import { oracleAgeStaleMs } from "./halts.ts";
import type { Market } from "./state.ts";
import {
  floorDiv,
  intDiv,
  MarketId,
  type Ppm,
  rootFloor,
  scaleFloor,
  type Ticks,
  ticksMax,
} from "./units.ts";
import type { Work } from "./work.ts";

/** A report may be ahead of the batch by so much: clocks differ. */
const aheadMsMax = 1_000;
/** What the state holds of it. */
const confidencePpmMax = 2 ** 32 - 1;
const jumpConfirmations = 2;
const gapConfirmations = 1;
const jumpDeviations = 10;
/** Ten per cent in a root of a second; with the longest buffer still a safe integer. */
const varianceMax = 10_000_000_000;
const varianceSpanMs = 300_000;
/** After a silence one price must not make all be forgotten that was learned before. */
const observationMsMax = 10_000;
const spanMsMax = 900_000;

/** By market and time, however the batch has them: updates come before all orders. */
export function applyOracle(work: Work, updates: readonly OracleUpdate[]): void {
  const read = updates
    .map((update) => ({ update, price: readPrice(work, update) }))
    .sort(
      (a, b) =>
        a.update.market - b.update.market ||
        a.update.publishTimeMs - b.update.publishTimeMs ||
        (a.price?.ticks ?? 0) - (b.price?.ticks ?? 0) ||
        (a.price?.confidencePpm ?? 0) - (b.price?.confidencePpm ?? 0),
    );
  for (const { update, price } of read) {
    const market = work.derived.markets.get(MarketId(update.market));
    const isNews = market !== undefined && price !== undefined && isNewer(work, market, update);
    if (!isNews) {
      work.events.push({ type: "passed-over", what: "oracle" });
      continue;
    }
    work.changes.touchMarket(market.id);
    observe(market, update.publishTimeMs, price);
  }
}

interface Price {
  readonly ticks: Ticks;
  readonly confidencePpm: Ppm;
}

/** Undefined without a quorum of different reporters. */
function readPrice(work: Work, { market, reports }: OracleUpdate): Price | undefined {
  const parameters = work.derived.markets.get(MarketId(market))?.parameters;
  if (parameters === undefined) return undefined;
  const byReporter = new Map<number, OracleReport>();
  for (const report of reports) {
    const { reporter, priceTicks, confidencePpm } = report;
    const isKnown = Number.isInteger(reporter) && reporter >= 0 && reporter < parameters.reporters;
    const isPrice = Number.isInteger(priceTicks) && priceTicks >= 1 && priceTicks <= ticksMax;
    const isSure =
      Number.isInteger(confidencePpm) && confidencePpm >= 0 && confidencePpm <= confidencePpmMax;
    // Two reports of one reporter are none.
    if (!isKnown || !isPrice || !isSure || byReporter.has(reporter)) return undefined;
    byReporter.set(reporter, report);
  }
  if (byReporter.size < parameters.reporterQuorum) return undefined;
  const all = [...byReporter.values()];
  return {
    ticks: medianOf(all.map(({ priceTicks }) => priceTicks)),
    confidencePpm: medianOf(all.map(({ confidencePpm }) => confidencePpm)),
  };
}

/** The lower of the two in the middle. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[intDiv(sorted.length - 1, 2)] ?? 0;
}

function isNewer(work: Work, market: Market, { publishTimeMs }: OracleUpdate): boolean {
  return (
    Number.isSafeInteger(publishTimeMs) &&
    publishTimeMs > market.indexTimeMs &&
    publishTimeMs > market.candidateTimeMs &&
    publishTimeMs <= work.batch.timeMs + aheadMsMax
  );
}

function observe(market: Market, timeMs: number, price: Price): void {
  market.confidencePpm = price.confidencePpm;
  if (market.indexTicks === 0) {
    market.indexTicks = price.ticks;
    market.indexTimeMs = timeMs;
    market.markTicks = price.ticks;
    return;
  }
  const spanMs = timeMs - market.indexTimeMs;
  const isLeap = !isNear(market, market.indexTicks, price.ticks, spanMs);
  if (market.confirmationsLeft > 0) {
    const confirms = isNear(market, market.candidateTicks, price.ticks, spanMs);
    // Back where it was: the leap was a wrong print.
    if (!isLeap) market.confirmationsLeft = 0;
    else market.confirmationsLeft = confirms ? market.confirmationsLeft - 1 : jumpConfirmations;
  } else if (isLeap) market.confirmationsLeft = jumpConfirmations;
  else if (spanMs > oracleAgeStaleMs) market.confirmationsLeft = gapConfirmations;
  if (market.confirmationsLeft > 0) {
    market.candidateTicks = price.ticks;
    market.candidateTimeMs = timeMs;
    return;
  }
  learnVariance(market, price.ticks, spanMs);
  market.indexTicks = price.ticks;
  market.indexTimeMs = timeMs;
  market.candidateTicks = 0;
  market.candidateTimeMs = 0;
}

function isNear(market: Market, from: Ticks, to: Ticks, spanMs: number): boolean {
  const square = intDiv(market.variance * Math.min(spanMs, spanMsMax), 1_000);
  const allowed = Math.max(market.parameters.jumpPpmMin, jumpDeviations * rootFloor(square));
  return scaleFloor(Math.abs(to - from), 1_000_000, from) <= allowed;
}

/** An average of squared returns per second, in which five minutes count. */
function learnVariance(market: Market, ticks: Ticks, spanMs: number): void {
  const from = market.indexTicks;
  const returned = Math.min(1_000_000, scaleFloor(Math.abs(ticks - from), 1_000_000, from));
  const perSecond = Math.min(varianceMax, intDiv(returned * returned * 1_000, spanMs));
  const weight = BigInt(Math.min(spanMs, observationMsMax));
  const step = floorDiv(BigInt(perSecond - market.variance) * weight, BigInt(varianceSpanMs));
  market.variance = Math.max(0, market.variance + Number(step));
}
