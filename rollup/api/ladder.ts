// One side of a market's book by price, as it is shown: how much rests at a price, and of how many orders.

/** A price in ticks, the lots that rest there, and the number of orders they belong to. */
export type Level = readonly [priceTicks: number, lots: number, orders: number];

export class Ladder {
  /** 1 for bids, -1 for asks: prices ascend by `sign * price`, so that the best is last. */
  readonly #sign: 1 | -1;
  readonly #prices: number[] = [];
  readonly #levels: Map<number, { lots: number; orders: number }> = new Map();

  constructor(isBuy: boolean) {
    this.#sign = isBuy ? 1 : -1;
  }

  get best(): number | undefined {
    return this.#prices.at(-1);
  }

  add(priceTicks: number, lots: number): void {
    const level = this.#levels.get(priceTicks);
    if (level === undefined) {
      this.#levels.set(priceTicks, { lots, orders: 1 });
      this.#prices.splice(this.#find(priceTicks), 0, priceTicks);
    } else {
      level.lots += lots;
      level.orders++;
    }
  }

  remove(priceTicks: number, lots: number): void {
    const level = this.#levels.get(priceTicks);
    if (level === undefined) return;
    level.lots -= lots;
    if (--level.orders > 0) return;
    this.#levels.delete(priceTicks);
    this.#prices.splice(this.#find(priceTicks), 1);
  }

  /** The best first. */
  top(count: number): Level[] {
    const top: Level[] = [];
    for (let at = this.#prices.length - 1; at >= 0 && top.length < count; at--) {
      const price = this.#prices[at] as number;
      const level = this.#levels.get(price);
      if (level !== undefined) top.push([price, level.lots, level.orders]);
    }
    return top;
  }

  /** The first place whose price is not worse. */
  #find(priceTicks: number): number {
    let low = 0;
    let high = this.#prices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.#prices[middle] as number) - priceTicks) * this.#sign < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What makes the second of the first: levels that are new or differ, and with no lots those that are gone. */
export function levelChanges(before: readonly Level[], after: readonly Level[]): Level[] {
  const known = new Map(before.map((level) => [level[0], level]));
  const changes: Level[] = [];
  for (const level of after) {
    const [price, lots, orders] = level;
    const old = known.get(price);
    if (old === undefined || old[1] !== lots || old[2] !== orders) changes.push(level);
    known.delete(price);
  }
  for (const price of known.keys()) changes.push([price, 0, 0]);
  return changes;
}
