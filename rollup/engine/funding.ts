// The mark, which everything is valued at, and funding, which draws it to the index. Funding is an integer index for each
// lot: whatever the longs pay the shorts receive, to the last quantum, and no position has to be visited.

import type { Permissions } from "./halts.ts";
import type { Market } from "./state.ts";
import {
  clamp,
  floorDiv,
  floorShift,
  intDiv,
  medianOf,
  type Quanta,
  scaleFloor,
  type Ticks,
  ticksMax,
} from "./units.ts";
import type { Work } from "./work.ts";

/** Funding is paid when one is over. */
export const hourMs = 3_600_000;
/** Of the premium over the interest, parts per billion: 500 ppm. */
const correctionPpbMax = 500_000;
/** The rate is that of eight hours, and paid hourly. */
const ratePartsPerHour = 8_000_000_000n;
const basisBits = 16;
/** An auction's price moves the average of the basis by a part of 2^6. */
const basisWeightBits = 6;

/** Between the index and what it traded at, and never far in one batch. */
export function moveMark(market: Market): void {
  const { indexTicks: index, markTicks: mark, lastAuctionTicks: last } = market;
  const { bandPpm, moveCapPpm } = market.parameters;
  const band = scaleFloor(index, bandPpm, 1_000_000);
  const traded = last === 0 ? index : clamp(last, index - band, index + band);
  const target = medianOf(index, index + floorShift(market.basis, basisBits), traded);
  const cap = Math.max(1, scaleFloor(mark, moveCapPpm, 1_000_000));
  market.markTicks = clamp(clamp(target, mark - cap, mark + cap), 1, ticksMax);
}

/** On the hour, if there was a price to trust for half of it. */
export function payFunding(work: Work, market: Market, beforeMs: number): void {
  const hour = intDiv(work.batch.timeMs, hourMs);
  if (hour === intDiv(beforeMs, hourMs)) return;
  const due = fundingOf(market);
  market.premiumSum = 0n;
  market.premiumCount = 0;
  market.staleMs = 0;
  work.changes.touchMarket(market.id);
  if (due === undefined) return;
  const { perLot } = due;
  market.fundingIndex += perLot;
  work.events.push({ type: "funding", market: market.id, perLot });
}

/** What would be paid if the hour ended now; undefined while it would be nothing for want of a price. */
export function fundingOf(
  market: Market,
): { readonly ratePpb: number; readonly perLot: Quanta } | undefined {
  const { markTicks, indexTicks, premiumSum, premiumCount, staleMs } = market;
  const { interestPpb, fundingCapPpb, unit } = market.parameters;
  if (2 * staleMs > hourMs || premiumCount === 0 || indexTicks === 0) return undefined;
  const average = Number(
    floorDiv(premiumSum * 1_000_000_000n, BigInt(premiumCount) * BigInt(indexTicks)),
  );
  const correction = clamp(interestPpb - average, -correctionPpbMax, correctionPpbMax);
  const ratePpb = clamp(average + correction, -fundingCapPpb, fundingCapPpb);
  return {
    ratePpb,
    perLot: floorDiv(BigInt(markTicks) * unit * BigInt(ratePpb), ratePartsPerHour),
  };
}

/** After the auction: what the market says of the index. */
export function notePremium(
  work: Work,
  market: Market,
  permissions: Permissions,
  { price, passedMs }: { readonly price: Ticks | undefined; readonly passedMs: number },
): void {
  work.changes.touchMarket(market.id);
  if (!permissions.funding) {
    market.staleMs += Math.min(passedMs, hourMs);
    return;
  }
  const { indexTicks: index, parameters } = market;
  const band = scaleFloor(index, parameters.bandPpm, 1_000_000);
  const premium = price === undefined ? 0 : clamp(price - index, -band, band);
  market.premiumSum += BigInt(premium);
  market.premiumCount++;
}

export function noteAuction(market: Market, price: Ticks): void {
  const sample = (price - market.indexTicks) * 2 ** basisBits;
  market.basis += floorShift(sample - market.basis, basisWeightBits);
  market.lastAuctionTicks = price;
}
