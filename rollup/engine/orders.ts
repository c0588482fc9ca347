// An order's way into the sums and the books, and out of them.

import { assert } from "../../sdk/index.ts";
import { flagBits } from "./actions.ts";
import { enterBook, isReducing, leaveBook } from "./derived.ts";
import type { RemovalReason } from "./events.ts";
import { exposureOf } from "./positions.ts";
import type { Exposure, Order } from "./state.ts";
import { type Lots, OrderSlot } from "./units.ts";
import { accountAt, nameOf, type Work } from "./work.ts";

/**
 * Among its account's open orders, in the lowest free slot: also what will not rest has one for its batch, so that every fill
 * is one of an order that stands in the state. It enters the book with the auction, or when its guard holds.
 */
export function openOrder(work: Work, exposure: Exposure, order: Order): void {
  const account = accountAt(work, order.account);
  work.changes.touch(account);
  account.openOrders++;
  exposure.orders.push(order);
  addToSums(exposure, order, order.lots);
  const slot = OrderSlot(work.derived.freeSlots.take() ?? work.state.orders.length);
  work.state.orders[slot] = order;
  work.changes.touchOrder(slot);
  order.slot = slot;
}

/** Takes what is left of it from everywhere. Without a reason it was filled. */
export function removeOrder(work: Work, order: Order, reason: RemovalReason | undefined): void {
  const account = accountAt(work, order.account);
  const exposure = exposureOf(account, order.market);
  if (exposure === undefined) return;
  const at = exposure.orders.indexOf(order);
  if (at < 0) return;
  exposure.orders.splice(at, 1);
  account.openOrders--;
  addToSums(exposure, order, -order.lots);
  leaveBook(work.derived, order);
  // An exposure without position and orders may have to go.
  work.changes.touch(account);
  if (order.slot !== -1) {
    work.state.orders[order.slot] = undefined;
    work.derived.freeSlots.add(order.slot);
    work.changes.touchOrder(order.slot);
    order.slot = -1;
  }
  order.live = goneLive;
  if (reason !== undefined)
    work.events.push({ type: "removed", order: nameOf(order), reason, lots: order.lots });
}

/** After a fill. The book's level is told of it first. */
export function shrinkOrder(work: Work, order: Order, lots: Lots): void {
  const exposure = exposureOf(accountAt(work, order.account), order.market);
  if (exposure !== undefined) addToSums(exposure, order, -lots);
  work.derived.books.get(order.market)?.side(order.isBuy).shrink(order, lots);
  order.lots -= lots;
  // No more of it may take part in the next auction.
  order.live = Math.min(order.live, order.lots);
  if (order.slot !== -1) work.changes.touchOrder(order.slot);
  if (order.lots === 0) removeOrder(work, order, undefined);
}

/** What is left of an order of this batch stays. */
export function restOrder(work: Work, order: Order): void {
  const slot = slotOf(order);
  if (order.validUntilMs > 0) work.derived.expiries.add(order);
  work.events.push({ type: "rested", order: nameOf(order), slot });
}

/** A dormant order whose guard holds joins the orders of this batch. */
export function wakeOrder(work: Work, order: Order): void {
  leaveBook(work.derived, order);
  order.isDormant = false;
  order.batch = work.batch.number;
  if (order.slot !== -1) work.changes.touchOrder(order.slot);
  enterBook(work.derived, order);
}

/** Of an order that is open. */
export function slotOf({ slot }: Order): OrderSlot {
  assert(slot !== -1, "open orders have slots");
  return slot;
}

/** What `live` says of an order that is filled or removed. */
const goneLive = -1;

export function isOpen({ live }: Order): boolean {
  return live !== goneLive;
}

export function isTrigger({ flags }: { readonly flags: number }): boolean {
  return (flags & flagBits.trigger) !== 0;
}

function addToSums(exposure: Exposure, order: Order, lots: Lots): void {
  if (isReducing(order)) return;
  if (order.isBuy) exposure.bidLots += lots;
  else exposure.askLots += lots;
}
