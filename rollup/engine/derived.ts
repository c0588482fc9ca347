// What is kept beside the state so that it need not be searched. All of it follows from the state: a node that restarts
// builds it again and decides the same.

import { assert, toHex } from "../../sdk/index.ts";
import { flagBits } from "./actions.ts";
import { Book } from "./book.ts";
import { Heap } from "./heap.ts";
import { exposureFor, type Market, type Order, type State } from "./state.ts";
import type { AccountId, MarketId } from "./units.ts";

export interface Derived {
  readonly markets: Map<MarketId, Market>;
  readonly books: Map<MarketId, Book>;
  /** By owner and sub-account. */
  readonly owners: Map<string, AccountId>;
  readonly freeSlots: Heap<number>;
  /** Orders that expire, the earliest first; those that are gone by then are passed over. */
  readonly expiries: Heap<Order>;
  readonly dormant: Set<Order>;
  /** Orders in the books that only reduce. */
  readonly reducing: Set<Order>;
}

export function derive(state: State): Derived {
  const derived: Derived = {
    markets: new Map(),
    books: new Map(),
    owners: new Map(),
    freeSlots: new Heap((a, b) => a < b),
    expiries: new Heap((a, b) => a.validUntilMs < b.validUntilMs),
    dormant: new Set(),
    reducing: new Set(),
  };
  for (const market of state.markets) addMarket(derived, market);
  for (const account of state.accounts) {
    derived.owners.set(ownerName(account.owner, account.subId), account.id);
    account.openOrders = 0;
    for (const exposure of account.exposures) {
      exposure.orders.length = 0;
      exposure.bidLots = 0;
      exposure.askLots = 0;
    }
  }
  state.orders.forEach((order, slot) => {
    if (order === undefined) derived.freeSlots.add(slot);
    else indexOrder(state, derived, order);
  });
  return derived;
}

export function addMarket(derived: Derived, market: Market): void {
  derived.markets.set(market.id, market);
  derived.books.set(market.id, new Book());
}

export function ownerName(owner: Uint8Array, subId: number): string {
  return `${toHex(owner)}/${subId}`;
}

/** Whether it adds nothing to a position, and so needs no cover. */
export function isReducing(order: Order): boolean {
  return (order.flags & flagBits.reduceOnly) !== 0;
}

/** Into the book and the sums of its account. */
function indexOrder(state: State, derived: Derived, order: Order): void {
  const account = state.accounts[order.account];
  const market = derived.markets.get(order.market);
  assert(account !== undefined && market !== undefined, "orders rest in what is there");
  const exposure = exposureFor(account, market);
  account.openOrders++;
  exposure.orders.push(order);
  if (!isReducing(order)) {
    if (order.isBuy) exposure.bidLots += order.lots;
    else exposure.askLots += order.lots;
  }
  if (order.validUntilMs > 0) derived.expiries.add(order);
  if (order.isDormant) derived.dormant.add(order);
  else enterBook(derived, order);
}

export function enterBook(derived: Derived, order: Order): void {
  order.live = isReducing(order) ? 0 : order.lots;
  derived.books.get(order.market)?.add(order);
  if (isReducing(order)) derived.reducing.add(order);
}

export function leaveBook(derived: Derived, order: Order): void {
  if (order.isDormant) derived.dormant.delete(order);
  else derived.books.get(order.market)?.remove(order);
  derived.reducing.delete(order);
}
