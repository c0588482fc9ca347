// What an account is worth and what it must be worth: for the positions it has, and for the worst that its open orders
// could make of them.

import { isReducing } from "./derived.ts";
import { type MarketView, requirementOf } from "./market-view.ts";
import { fundingOwed } from "./positions.ts";
import type { Account, Exposure, Order } from "./state.ts";
import { bigMax, ceilDiv, insuranceId, type Lots, ppm, type Quanta, type Ticks } from "./units.ts";
import { accountAt, type Seen, viewOf, type Work } from "./work.ts";

export interface Risk {
  readonly equity: Quanta;
  readonly maintenance: Quanta;
  readonly buffer: Quanta;
  readonly initial: Quanta;
}

/** Of the positions alone. */
export function riskOf(work: Seen, account: Account): Risk {
  const { batchIntervalMs } = work.state.globals.parameters;
  let equity = account.cash;
  let maintenance = 0n;
  let buffer = 0n;
  let initial = 0n;
  for (const exposure of account.exposures) {
    if (exposure.lots === 0) continue;
    const view = viewOf(work, exposure.market);
    equity += worthOf(exposure, view);
    const needed = requirementOf(view, exposure.lots, batchIntervalMs);
    maintenance += needed.maintenance;
    buffer += needed.buffer;
    initial += needed.initial;
  }
  return { equity, maintenance, buffer, initial };
}

export function equityOf(work: Seen, account: Account): Quanta {
  let equity = account.cash;
  for (const exposure of account.exposures)
    if (exposure.lots !== 0) equity += worthOf(exposure, viewOf(work, exposure.market));
  return equity;
}

/**
 * What all accounts that are worth something are worth together. Positions cancel, so that all accounts together are worth
 * what came less what went; and none is worth less than nothing but the fund. `checkInvariants` holds both.
 */
export function positiveEquityOf(work: Work): Quanta {
  const { deposited, withdrawn } = work.state.globals;
  return deposited - withdrawn + bigMax(0n, -equityOf(work, accountAt(work, insuranceId)));
}

function worthOf(exposure: Exposure, { market, markUnit }: MarketView): Quanta {
  return BigInt(exposure.lots) * markUnit - fundingOwed(exposure, market.fundingIndex);
}

/** `RESTRICTED` may only reduce; `PRE` is where slices are closed ahead in markets that say so. */
export type RiskState = "OK" | "RESTRICTED" | "PRE" | "LIQ" | "BACKSTOP";

export function riskStateOf({ equity, maintenance, buffer, initial }: Risk): RiskState {
  if (equity >= initial && equity >= 0n) return "OK";
  if (equity >= maintenance + buffer) return "RESTRICTED";
  if (equity >= maintenance) return "PRE";
  return 3n * equity >= 2n * maintenance && equity > 0n ? "LIQ" : "BACKSTOP";
}

interface Part {
  readonly initial: Quanta;
  readonly loss: Quanta;
  readonly fee: Quanta;
}

/**
 * Whether an account could bear it if any of its open orders were filled, at their limits. Kept while an account's orders
 * are admitted one after the other, so that each costs one market's sums.
 */
export class Cover {
  /** At the mark, before any order is filled. */
  readonly equity: Quanta;
  readonly #work: Seen;
  readonly #parts: Map<Exposure["market"], Part> = new Map();
  #initial = 0n;
  #reserve = 0n;

  constructor(work: Seen, account: Account) {
    this.#work = work;
    let equity = account.cash;
    for (const exposure of account.exposures) {
      const view = viewOf(work, exposure.market);
      if (exposure.lots !== 0) equity += worthOf(exposure, view);
      let loss = 0n;
      let count = 0;
      for (const order of exposure.orders) {
        if (isReducing(order)) continue;
        loss += lossOf(view, order);
        count++;
      }
      this.#put(exposure.market, this.#part(view, exposure, loss, count));
    }
    this.equity = equity;
  }

  /** What is left once every plain order has lost and paid all that it can. */
  get headroom(): Quanta {
    return this.equity - this.#reserve;
  }

  get isCovered(): boolean {
    return this.equity - this.#reserve >= this.#initial;
  }

  /** Free of any requirement; may be below 0. */
  get excess(): Quanta {
    return this.equity - this.#reserve - this.#initial;
  }

  /** Whether it would still be covered with the order; it then counts. The exposure does not have it yet. */
  admit(exposure: Exposure, order: Order): boolean {
    const view = viewOf(this.#work, exposure.market);
    const before = this.#parts.get(exposure.market);
    const after = this.#part(
      view,
      {
        lots: exposure.lots,
        bidLots: exposure.bidLots + (order.isBuy ? order.lots : 0),
        askLots: exposure.askLots + (order.isBuy ? 0 : order.lots),
      },
      (before?.loss ?? 0n) + lossOf(view, order),
      plainOrdersOf(exposure) + 1,
    );
    const initial = this.#initial - (before?.initial ?? 0n) + after.initial;
    const reserve = this.#reserve - reserveOf(before) + reserveOf(after);
    if (this.equity - reserve < initial) return false;
    this.#put(exposure.market, after);
    return true;
  }

  /** After an order was taken out of the exposure. */
  release(exposure: Exposure, order: Order): void {
    if (isReducing(order)) return;
    const view = viewOf(this.#work, exposure.market);
    const loss = (this.#parts.get(exposure.market)?.loss ?? 0n) - lossOf(view, order);
    this.#put(exposure.market, this.#part(view, exposure, loss, plainOrdersOf(exposure)));
  }

  /** After the exposure was changed otherwise. */
  refresh(exposure: Exposure): void {
    const view = viewOf(this.#work, exposure.market);
    let loss = 0n;
    for (const order of exposure.orders) if (!isReducing(order)) loss += lossOf(view, order);
    this.#put(exposure.market, this.#part(view, exposure, loss, plainOrdersOf(exposure)));
  }

  #put(market: Exposure["market"], part: Part): void {
    const before = this.#parts.get(market);
    this.#initial += part.initial - (before?.initial ?? 0n);
    this.#reserve += reserveOf(part) - reserveOf(before);
    this.#parts.set(market, part);
  }

  #part(
    view: MarketView,
    sums: { readonly lots: Lots; readonly bidLots: Lots; readonly askLots: Lots },
    loss: Quanta,
    count: number,
  ): Part {
    const { batchIntervalMs } = this.#work.state.globals.parameters;
    // Each side is asked for itself: the buffer depends on which side of the book would close it.
    const up = sums.lots + sums.bidLots;
    const down = sums.lots - sums.askLots;
    const needed = bigMax(
      initialOf(view, up, batchIntervalMs),
      up === down ? 0n : initialOf(view, down, batchIntervalMs),
    );
    const open = sums.bidLots + sums.askLots;
    // A fill rounds its fee up by less than one quantum for each order.
    const fee =
      open === 0
        ? 0n
        : ceilDiv(BigInt(open) * feeUnitOf(view, view.market.parameters.takerFeePpm), ppm) +
          BigInt(count);
    return { initial: needed, loss, fee };
  }
}

function initialOf(view: MarketView, lots: Lots, intervalMs: number): Quanta {
  return requirementOf(view, lots, intervalMs).initial;
}

function reserveOf(part: Part | undefined): Quanta {
  return part === undefined ? 0n : part.loss + part.fee;
}

function plainOrdersOf({ orders }: Exposure): number {
  let count = 0;
  for (const order of orders) if (!isReducing(order)) count++;
  return count;
}

/** What a fill at the limit loses against the mark. */
function lossOf(view: MarketView, { isBuy, priceTicks, lots }: Order): Quanta {
  const ticks = adverseTicks(view, isBuy, priceTicks);
  return ticks === 0 ? 0n : BigInt(ticks) * BigInt(lots) * view.market.parameters.unit;
}

export function adverseTicks(view: MarketView, isBuy: boolean, priceTicks: Ticks): Ticks {
  return isBuy
    ? Math.max(0, Math.min(priceTicks, view.high) - view.mark)
    : Math.max(0, view.mark - Math.max(priceTicks, view.low));
}

/** Millionths of quanta for each lot, at the highest price at which it can trade. */
export function feeUnitOf(view: MarketView, feePpm: number): Quanta {
  return BigInt(Math.max(view.high, view.mark)) * view.market.parameters.unit * BigInt(feePpm);
}
