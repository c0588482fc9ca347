// The orders of one market by price. Inside a level there is no order: age matters at one price of one auction only, where
// it is sorted out then. So adding and removing cost a search among prices, and nothing among orders.

import type { Order } from "./state.ts";
import type { Lots, Ticks } from "./units.ts";

export interface Level {
  readonly priceTicks: Ticks;
  readonly orders: Order[];
  lots: Lots;
}

export class BookSide {
  /** 1 for bids, -1 for asks: levels ascend by `sign * price`, so that the best is last. */
  readonly #sign: 1 | -1;
  readonly #levels: Level[] = [];
  readonly #byPrice: Map<Ticks, Level> = new Map();

  constructor(isBuy: boolean) {
    this.#sign = isBuy ? 1 : -1;
  }

  get best(): Level | undefined {
    return this.#levels[this.#levels.length - 1];
  }

  /** Best last. */
  get levels(): readonly Level[] {
    return this.#levels;
  }

  add(order: Order): void {
    let level = this.#byPrice.get(order.priceTicks);
    if (level === undefined) {
      level = { priceTicks: order.priceTicks, orders: [], lots: 0 };
      this.#byPrice.set(order.priceTicks, level);
      this.#levels.splice(this.#find(order.priceTicks), 0, level);
    }
    order.at = level.orders.length;
    level.orders.push(order);
    level.lots += order.lots;
  }

  remove(order: Order): void {
    const level = this.#byPrice.get(order.priceTicks);
    if (level === undefined || level.orders[order.at] !== order) return;
    const last = level.orders.pop() as Order;
    if (last !== order) {
      level.orders[order.at] = last;
      last.at = order.at;
    }
    level.lots -= order.lots;
    order.at = -1;
    if (level.orders.length > 0) return;
    this.#byPrice.delete(order.priceTicks);
    this.#levels.splice(this.#find(order.priceTicks), 1);
  }

  /** After so many lots of an order that stays. */
  shrink(order: Order, lots: Lots): void {
    const level = this.#byPrice.get(order.priceTicks);
    if (level !== undefined) level.lots -= lots;
  }

  /** What rests at the limit or better. */
  depthTo(limitTicks: Ticks): Lots {
    let lots = 0;
    for (let at = this.#levels.length - 1; at >= 0; at--) {
      const level = this.#levels[at] as Level;
      if ((level.priceTicks - limitTicks) * this.#sign < 0) break;
      lots += level.lots;
    }
    return lots;
  }

  /** The first place whose price is not worse. */
  #find(priceTicks: Ticks): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.#levels[middle] as Level).priceTicks - priceTicks) * this.#sign < 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class Book {
  readonly bids: BookSide = new BookSide(true);
  readonly asks: BookSide = new BookSide(false);

  side(isBuy: boolean): BookSide {
    return isBuy ? this.bids : this.asks;
  }

  add(order: Order): void {
    this.side(order.isBuy).add(order);
  }

  remove(order: Order): void {
    this.side(order.isBuy).remove(order);
  }
}
