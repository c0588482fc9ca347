// The only ways in which cash and positions change. What one side loses the other gains, in the same call or by a price
// that both sides trade at.

import { type Account, type Exposure, exposureFor } from "./state.ts";
import { type Lots, type MarketId, type Quanta, type Ticks, floorDiv } from "./units.ts";
import { marketAt, type Work } from "./work.ts";

export function exposureOf(account: Account, market: MarketId): Exposure | undefined {
  for (const exposure of account.exposures) if (exposure.market === market) return exposure;
  return undefined;
}

export function openExposure(work: Work, account: Account, market: MarketId): Exposure {
  return exposureFor(account, marketAt(work, market));
}

/** Where nothing is left. */
export function closeExposures({ exposures }: Account): void {
  for (let at = exposures.length - 1; at >= 0; at--) {
    const exposure = exposures[at];
    if (exposure?.lots === 0 && exposure.orders.length === 0) exposures.splice(at, 1);
  }
}

export function pay(work: Work, from: Account, to: Account, quanta: Quanta): void {
  work.changes.touch(from);
  work.changes.touch(to);
  from.cash -= quanta;
  to.cash += quanta;
}

/** A purchase of so many lots at a price; below 0 a sale. The caller trades the other side as well. */
export function trade(
  work: Work,
  account: Account,
  {
    market,
    lots,
    priceTicks,
  }: { readonly market: MarketId; readonly lots: Lots; readonly priceTicks: Ticks },
): void {
  const { unit } = marketAt(work, market).parameters;
  account.cash -= BigInt(lots) * BigInt(priceTicks) * unit;
  shift(work, account, market, { lots, quote: BigInt(Math.abs(lots)) * BigInt(priceTicks) * unit });
}

/** A position to which lots are added, with what they were entered for; funding is settled up to here. */
export function shift(
  work: Work,
  account: Account,
  market: MarketId,
  { lots, quote }: { readonly lots: Lots; readonly quote: Quanta },
): void {
  work.changes.touch(account);
  const exposure = openExposure(work, account, market);
  settleFunding(work, account, exposure);
  const before = exposure.lots;
  const after = before + lots;
  exposure.entryQuote = entryAfter(exposure, lots, quote);
  exposure.lots = after;
  const grown = Math.abs(after) - Math.abs(before);
  work.openDelta.set(market, (work.openDelta.get(market) ?? 0) + grown);
}

/** Longs pay the index's growth for every lot, shorts receive it. */
function settleFunding(work: Work, account: Account, exposure: Exposure): void {
  const { fundingIndex } = marketAt(work, exposure.market);
  account.cash -= fundingOwed(exposure, fundingIndex);
  exposure.fundingIndex = fundingIndex;
}

export function fundingOwed({ lots, fundingIndex }: Exposure, now: Quanta): Quanta {
  return now === fundingIndex ? 0n : BigInt(lots) * (now - fundingIndex);
}

function entryAfter({ lots: before, entryQuote }: Exposure, lots: Lots, quote: Quanta): Quanta {
  const after = before + lots;
  if (after === 0) return 0n;
  if (before === 0 || Math.sign(before) === Math.sign(lots)) return entryQuote + quote;
  // Through zero: what is left was entered at this trade's price.
  if (Math.sign(after) !== Math.sign(before))
    return floorDiv(quote * BigInt(Math.abs(after)), BigInt(Math.abs(lots)));
  return floorDiv(entryQuote * BigInt(Math.abs(after)), BigInt(Math.abs(before)));
}
