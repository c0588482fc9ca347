// Phase 1: what is taken out of the books, before anything enters them. Cancelling is always possible.

import { everyMarket } from "./actions.ts";
import { isInScope, refuse } from "./authority.ts";
import type { SignedList } from "./batch.ts";
import { isReducing } from "./derived.ts";
import { Cover } from "./margin.ts";
import { removeOrder } from "./orders.ts";
import { exposureOf } from "./positions.ts";
import type { Account, Exposure, Order } from "./state.ts";
import { type AccountId, MarketId } from "./units.ts";
import { accountAt, type Work } from "./work.ts";

/**
 * Numbers that an account cancelled, which orders of the same batch may have; and what each replacement has replaced, by
 * `replacementName`: of two that name one order, only the first has.
 */
export interface Cancellations {
  readonly numbers: ReadonlyMap<AccountId, ReadonlySet<number>>;
  readonly replaced: ReadonlyMap<string, ReplacedOrder>;
}

/** An order as it stood when it made room. */
export type ReplacedOrder = Pick<Order, "market" | "isBuy" | "priceTicks" | "lots" | "batch">;

export function applyCancels(work: Work): Cancellations {
  const numbers = new Map<AccountId, Set<number>>();
  const replaced = new Map<string, ReplacedOrder>();
  for (const list of work.lists) {
    const account = work.state.accounts[list.account];
    if (account === undefined) continue;
    for (const [place, action] of list.actions.entries()) {
      if (action.type !== "cancel" && action.type !== "replace") continue;
      if (!isInScope(account, list, action)) {
        // A replacement is refused with the orders.
        if (action.type === "cancel") refuse(work, list, place, "SCOPE");
        continue;
      }
      if (action.type === "replace") {
        const order = findOrders(account, action.orderNonce).find(({ key }) => key === list.key);
        if (order === undefined) continue;
        const { market, isBuy, priceTicks, lots, batch } = order;
        replaced.set(replacementName(list, place), { market, isBuy, priceTicks, lots, batch });
        removeOrder(work, order, "REPLACED");
      } else if (action.orderNonce === 0) cancelAll(work, account, action.market);
      else {
        const own = numbers.get(account.id) ?? new Set<number>();
        numbers.set(account.id, own.add(action.orderNonce));
        for (const order of findOrders(account, action.orderNonce))
          if (isMeant(order, action.market)) removeOrder(work, order, "CANCELLED");
      }
    }
  }
  return { numbers, replaced };
}

export function replacementName({ account, key, nonce }: SignedList, place: number): string {
  return `${account}/${key}/${nonce}/${place}`;
}

/** One for each key that gave it; keys count for themselves. */
function findOrders(account: Account, number: number): Order[] {
  const found: Order[] = [];
  for (const { orders } of account.exposures)
    for (const order of orders) if (order.number === number) found.push(order);
  return found.length > 1 ? found.sort((a, b) => a.key - b.key) : found;
}

function cancelAll(work: Work, account: Account, market: number): void {
  const exposures: readonly (Exposure | undefined)[] =
    market === everyMarket ? [...account.exposures] : [exposureOf(account, MarketId(market))];
  for (const exposure of exposures)
    for (const order of oldestFirst(exposure?.orders ?? [])) removeOrder(work, order, "CANCELLED");
}

function isMeant(order: Order, market: number): boolean {
  return market === everyMarket || market === order.market;
}

function oldestFirst(orders: readonly Order[]): Order[] {
  return orders.toSorted((a, b) => a.batch - b.batch || a.slot - b.slot);
}

export function expireOrders(work: Work): void {
  const { expiries } = work.derived;
  const due: Order[] = [];
  for (let first = expiries.first; first !== undefined; first = expiries.first) {
    if (first.validUntilMs >= work.batch.timeMs) break;
    expiries.take();
    // It may be long gone, and its slot another's.
    if (first.slot !== -1) due.push(first);
  }
  for (const order of due.sort((a, b) => a.slot - b.slot)) removeOrder(work, order, "EXPIRED");
  forgetGone(work);
}

/** Cancelled orders wait for their expiry in the queue; it is built again before they are more than the others. */
function forgetGone({ derived: { expiries }, state: { orders } }: Work): void {
  if (expiries.size <= 2 * orders.length + 1_024) return;
  expiries.clear();
  for (const order of orders)
    if (order !== undefined && order.validUntilMs > 0) expiries.add(order);
}

/**
 * Moved marks, losses and larger buffers leave orders behind that could no longer be borne: an account's newest go first,
 * until the rest is covered.
 */
export function sweepUncovered(work: Work, accounts: readonly Account[]): void {
  for (const account of accounts) {
    if (account.openOrders === 0) continue;
    const plain = account.exposures.flatMap(({ orders }) =>
      orders.filter((order) => !isReducing(order)),
    );
    if (plain.length === 0) continue;
    const cover = new Cover(work, account);
    if (cover.isCovered) continue;
    for (const order of oldestFirst(plain).reverse()) {
      const exposure = exposureOf(accountAt(work, order.account), order.market);
      if (exposure === undefined) continue;
      removeOrder(work, order, "UNCOVERED");
      cover.release(exposure, order);
      if (cover.isCovered) break;
    }
  }
}
