// Phase 6: when the fund itself falls short, positions are closed at the mark against those who gained most on the other
// side. What is owed is spread over the closed lots, and nobody pays more than he has: without a position nobody pays.

import { removeOrders } from "./backstop.ts";
import { equityOf, riskOf } from "./margin.ts";
import { exposureOf, pay, trade } from "./positions.ts";
import type { Account, Exposure } from "./state.ts";
import {
  bigMax,
  bigMin,
  ceilDiv,
  insuranceId,
  type Lots,
  type MarketId,
  type Quanta,
} from "./units.ts";
import { accountAt, viewOf, type Work } from "./work.ts";

export function deleverage(work: Work, beyond: readonly Account[]): void {
  const insurance = accountAt(work, insuranceId);
  const budget = { left: work.state.globals.parameters.deleveragedMax };
  for (const account of beyond) {
    close(work, account, budget);
    // What could not be passed on is the fund's, or the account's other positions pay it.
    const equity = equityOf(work, account);
    if (equity < 0n) pay(work, insurance, account, -equity);
  }
  const risk = riskOf(work, insurance);
  if (risk.equity < risk.maintenance) close(work, insurance, budget);
  work.state.globals.shortfall = bigMax(0n, -equityOf(work, insurance));
}

function close(work: Work, account: Account, budget: { left: number }): void {
  removeOrders(work, account);
  const exposures = account.exposures.filter(({ lots }) => lots !== 0);
  let lotsLeft = exposures.reduce((sum, { lots }) => sum + BigInt(Math.abs(lots)), 0n);
  for (const { market } of exposures) {
    const view = viewOf(work, market);
    // At a price in doubt nobody loses a position who may not defend it.
    if (!view.permissions.auctions) continue;
    for (const other of rank(work, account, market)) {
      const exposure = exposureOf(account, market);
      if (exposure === undefined || exposure.lots === 0 || budget.left === 0) break;
      const owed = bigMax(0n, -equityOf(work, account));
      const lots = Math.min(
        Math.abs(exposure.lots),
        Math.abs(exposureOf(other, market)?.lots ?? 0),
      );
      const share = lotsLeft === 0n ? 0n : ceilDiv(owed * BigInt(lots), lotsLeft);
      closeOne(work, { account, other, market, lots, share });
      lotsLeft -= BigInt(lots);
      budget.left--;
    }
  }
}

function closeOne(
  work: Work,
  {
    account,
    other,
    market,
    lots,
    share,
  }: {
    readonly account: Account;
    readonly other: Account;
    readonly market: MarketId;
    readonly lots: Lots;
    readonly share: Quanta;
  },
): void {
  const priceTicks = viewOf(work, market).mark;
  const isLong = (exposureOf(account, market)?.lots ?? 0) > 0;
  trade(work, account, { market, lots: isLong ? -lots : lots, priceTicks });
  trade(work, other, { market, lots: isLong ? lots : -lots, priceTicks });
  const charge = bigMin(share, bigMax(0n, equityOf(work, other)));
  if (charge > 0n) pay(work, other, account, charge);
  work.events.push({
    type: "deleveraged",
    account: other.id,
    against: account.id,
    market,
    lots,
    charge,
  });
}

interface Ranked {
  readonly account: Account;
  readonly numerator: Quanta;
  /** Above 0; 0 for who has nothing to lose and comes last. */
  readonly denominator: Quanta;
}

/** The other side by profit over entry times notional over equity, the largest first; compared exactly, then by index. */
function rank(work: Work, account: Account, market: MarketId): Account[] {
  const isLong = (exposureOf(account, market)?.lots ?? 0) > 0;
  const { markUnit } = viewOf(work, market);
  const ranked: Ranked[] = [];
  for (const other of work.state.accounts) {
    const exposure = exposureOf(other, market);
    if (other === account || exposure === undefined || exposure.lots === 0) continue;
    if (exposure.lots > 0 === isLong) continue;
    ranked.push(toRanked(work, other, exposure, markUnit));
  }
  return ranked.sort(higherFirst).map((each) => each.account);
}

function toRanked(work: Work, account: Account, exposure: Exposure, markUnit: Quanta): Ranked {
  const notional = BigInt(Math.abs(exposure.lots)) * markUnit;
  const profit =
    exposure.lots > 0 ? notional - exposure.entryQuote : exposure.entryQuote - notional;
  const equity = equityOf(work, account);
  const denominator = equity <= 0n ? 0n : bigMax(1n, exposure.entryQuote) * equity;
  return { account, numerator: profit * notional, denominator };
}

function higherFirst(a: Ranked, b: Ranked): number {
  if (a.denominator === 0n || b.denominator === 0n)
    return (
      Number(a.denominator === 0n) - Number(b.denominator === 0n) || a.account.id - b.account.id
    );
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left > right ? -1 : left < right ? 1 : a.account.id - b.account.id;
}
