// Phase 8: what must be true after every batch. If it is not, the node stops before anything of the batch is written or
// posted: a wrong root is worse than none.

import { isReducing } from "./derived.ts";
import { Cover, equityOf } from "./margin.ts";
import { fundingOwed } from "./positions.ts";
import type { Account } from "./state.ts";
import { insuranceId, type MarketId } from "./units.ts";
import { marketAt, type Work } from "./work.ts";

export type Invariant =
  | "POSITIONS_CANCEL"
  | "CASH_IS_CONSERVED"
  | "OPEN_INTEREST_IS_HALF"
  | "NOBODY_OWES"
  | "FILLS_LEAVE_NO_DEBT"
  | "ORDERS_ARE_COVERED"
  | "SUMS_ARE_THOSE_OF_THE_ORDERS"
  | "SLOTS_ARE_DENSE"
  | "CASH_IS_INT128";

/** Stops the node. */
export class InvariantBreach extends Error {
  override name = "InvariantBreach";
  readonly invariant: Invariant;
  readonly detail: string;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
    this.detail = detail;
  }
}

const cashBound = 2n ** 127n;
/** Sums of orders are recomputed for one account in so many; all come up in turn. */
const sampleEvery = 64;

export function checkInvariants(work: Work): void {
  const { globals, accounts, orders } = work.state;
  const totals = new Map<MarketId, { lots: bigint; sizes: bigint }>();
  let cash = 0n;
  for (const account of accounts) {
    cash += account.cash;
    for (const exposure of account.exposures) {
      if (exposure.lots === 0) continue;
      const { fundingIndex } = marketAt(work, exposure.market);
      cash -= fundingOwed(exposure, fundingIndex);
      const total = totals.get(exposure.market) ?? { lots: 0n, sizes: 0n };
      total.lots += BigInt(exposure.lots);
      total.sizes += BigInt(Math.abs(exposure.lots));
      totals.set(exposure.market, total);
    }
    checkAccount(work, account);
  }
  hold("CASH_IS_CONSERVED", cash === globals.deposited - globals.withdrawn, `cash ${cash}`);
  for (const market of work.state.markets) {
    const { lots, sizes } = totals.get(market.id) ?? { lots: 0n, sizes: 0n };
    hold("POSITIONS_CANCEL", lots === 0n, `market ${market.id}: ${lots}`);
    const isHalf = sizes === 2n * BigInt(market.openLots);
    hold("OPEN_INTEREST_IS_HALF", isHalf, `market ${market.id}: ${sizes}`);
  }
  for (const slot of work.changes.orders) {
    const order = orders[slot];
    const isInPlace = order === undefined || (order.slot === slot && order.lots > 0);
    hold("SLOTS_ARE_DENSE", isInPlace, `slot ${slot}`);
  }
}

/** Right after the auctions: a fill may cost what was reserved for it, and that was there. Later the fund takes debts over. */
export function checkFilled(work: Work, solventBefore: ReadonlyMap<Account, boolean>): void {
  for (const [account, wasSolvent] of solventBefore)
    if (wasSolvent)
      hold("FILLS_LEAVE_NO_DEBT", equityOf(work, account) >= 0n, `account ${account.id}`);
}

function checkAccount(work: Work, account: Account): void {
  const name = `account ${account.id}`;
  const { cash, exposures, id } = account;
  hold("CASH_IS_INT128", cash < cashBound && cash >= -cashBound, name);
  if (id !== insuranceId) {
    const isSolvent = exposures.length === 0 ? cash >= 0n : equityOf(work, account) >= 0n;
    hold("NOBODY_OWES", isSolvent, name);
  }
  const hasPlain = exposures.some(({ bidLots, askLots }) => bidLots > 0 || askLots > 0);
  if (hasPlain) hold("ORDERS_ARE_COVERED", new Cover(work, account).isCovered, name);
  if (id % sampleEvery === work.batch.number % sampleEvery || work.changes.accounts.has(account))
    checkSums(account, name);
}

function checkSums({ exposures, openOrders }: Account, name: string): void {
  let count = 0;
  for (const { market, orders, bidLots, askLots } of exposures) {
    let bids = 0;
    let asks = 0;
    for (const order of orders) {
      count++;
      if (isReducing(order)) continue;
      if (order.isBuy) bids += order.lots;
      else asks += order.lots;
    }
    const areSums = bids === bidLots && asks === askLots;
    hold("SUMS_ARE_THOSE_OF_THE_ORDERS", areSums, `${name}, market ${market}`);
  }
  hold("SUMS_ARE_THOSE_OF_THE_ORDERS", count === openOrders, name);
}

function hold(invariant: Invariant, isTrue: boolean, detail: string): void {
  if (!isTrue) throw new InvariantBreach(invariant, detail);
}
