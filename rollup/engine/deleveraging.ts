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
  const closing: Closing = {
    left: work.state.globals.parameters.deleveragedMax,
    queues: new Map(),
  };
  for (const account of beyond) {
    close(work, account, closing);
    // What could not be passed on is the fund's, or the account's other positions pay it.
    const equity = equityOf(work, account);
    if (equity < 0n) pay(work, insurance, account, -equity);
  }
  const risk = riskOf(work, insurance);
  if (risk.equity < risk.maintenance) close(work, insurance, closing);
  work.state.globals.shortfall = bigMax(0n, -equityOf(work, insurance));
}

/** What all that one batch closes has in common. */
interface Closing {
  /** Counterparties that may yet be closed. */
  left: number;
  /**
   * By market and side, the next one last: ranked once a batch, when it is first asked for. Ranked anew for each account
   * that is closed, a crash would cost its accounts times all others.
   */
  readonly queues: Map<string, Account[]>;
}

function close(work: Work, account: Account, closing: Closing): void {
  removeOrders(work, account);
  const exposures = account.exposures.filter(({ lots }) => lots !== 0);
  let lotsLeft = exposures.reduce((sum, { lots }) => sum + BigInt(Math.abs(lots)), 0n);
  for (const { market } of exposures) {
    const view = viewOf(work, market);
    // At a price in doubt nobody loses a position who may not defend it.
    if (!view.permissions.auctions) continue;
    for (;;) {
      const size = sizeOf(account, market);
      if (size === 0 || closing.left === 0) break;
      const queue = queueOf(work, closing, { market, isLong: isLongIn(account, market) });
      const other = queue.at(-1);
      if (other === undefined) break;
      const open = sizeOf(other, market);
      const lots = Math.min(size, open);
      if (lots === open) queue.pop();
      if (lots === 0) continue;
      const owed = bigMax(0n, -equityOf(work, account));
      const share = lotsLeft === 0n ? 0n : ceilDiv(owed * BigInt(lots), lotsLeft);
      closeOne(work, { account, other, market, lots, share });
      lotsLeft -= BigInt(lots);
      closing.left--;
    }
  }
}

function sizeOf(account: Account, market: MarketId): Lots {
  return Math.abs(exposureOf(account, market)?.lots ?? 0);
}

function isLongIn(account: Account, market: MarketId): boolean {
  return (exposureOf(account, market)?.lots ?? 0) > 0;
}

/** Who is on the other side; closing only ever shortens it. */
function queueOf(
  work: Work,
  { queues }: Closing,
  { market, isLong }: { readonly market: MarketId; readonly isLong: boolean },
): Account[] {
  const name = `${market}/${isLong}`;
  const known = queues.get(name);
  if (known !== undefined) return known;
  const queue = rank(work, market, !isLong).reverse();
  queues.set(name, queue);
  return queue;
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
  const isLong = isLongIn(account, market);
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

/** One side by profit over entry times notional over equity, the largest first; compared exactly, then by index. */
function rank(work: Work, market: MarketId, isLong: boolean): Account[] {
  const { markUnit } = viewOf(work, market);
  const ranked: Ranked[] = [];
  for (const account of work.state.accounts) {
    const exposure = exposureOf(account, market);
    if (exposure === undefined || exposure.lots === 0) continue;
    if (exposure.lots > 0 !== isLong) continue;
    ranked.push(toRanked(work, account, exposure, markUnit));
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
