// A batch's orders meet at one price, so that their order inside the batch has no effect. The price is the reference, held
// inside the interval of all prices with the largest volume and with no unfilled order that is strictly better.

import type { Book, BookSide, Level } from "./book.ts";
import type { Order } from "./state.ts";
import { clamp, floorDiv, type Lots, type Ticks } from "./units.ts";

export interface AuctionTerms {
  /** Limits beyond the band count as the band; what cannot trade inside it stays out. */
  readonly low: Ticks;
  readonly high: Ticks;
  readonly reference: Ticks;
  /** The orders of this batch that are filled whole or not at all. */
  readonly wholes: readonly Order[];
  /** For an order, from a seed that nobody knew when the orders were sealed. */
  readonly tieOf: (order: Order) => string;
}

export interface AuctionResult {
  readonly priceTicks: Ticks;
  readonly lots: Lots;
  readonly fills: readonly AuctionFill[];
}

export interface AuctionFill {
  readonly order: Order;
  readonly lots: Lots;
}

/** Rounds in which orders that must be filled whole are taken out; what is left of them after that goes together. */
const wholeRoundsMax = 8;

/** Each order takes part with `live`. Undefined when nothing crosses. */
export function holdAuction(book: Book, terms: AuctionTerms): AuctionResult | undefined {
  for (let round = 0; ; round++) {
    const result = cross(book, terms);
    if (result === undefined) return undefined;
    const unmet = unmetWholes(result, terms);
    if (unmet.length === 0) return result;
    for (const order of round < wholeRoundsMax ? unmet : terms.wholes) order.live = 0;
  }
}

function cross(book: Book, terms: AuctionTerms): AuctionResult | undefined {
  const bids = new Rungs(book.bids, true, terms);
  const asks = new Rungs(book.asks, false, terms);
  let volume = 0;
  let marginalBid = 0;
  let marginalAsk = 0;
  while (bids.hasRung && asks.hasRung && bids.priceTicks >= asks.priceTicks) {
    const lots = Math.min(bids.left, asks.left);
    volume += lots;
    marginalBid = bids.priceTicks;
    marginalAsk = asks.priceTicks;
    bids.take(lots);
    asks.take(lots);
  }
  if (volume === 0) return undefined;
  const low = bids.hasRung ? Math.max(marginalAsk, bids.priceTicks) : marginalAsk;
  const high = asks.hasRung ? Math.min(marginalBid, asks.priceTicks) : marginalBid;
  const priceTicks = clamp(terms.reference, low, high);
  const fills = [...bids.fills(terms), ...asks.fills(terms)];
  return { priceTicks, lots: volume, fills };
}

/** One side from its best price on, level after level as they count inside the band. */
class Rungs {
  /** What is left of the rung that stands first. */
  left: Lots = 0;
  priceTicks: Ticks = 0;
  hasRung = false;
  readonly #levels: readonly Level[];
  readonly #isBuy: boolean;
  readonly #terms: AuctionTerms;
  readonly #whole: Order[] = [];
  #rung: Order[] = [];
  #rungLots: Lots = 0;
  #next: number;

  constructor(side: BookSide, isBuy: boolean, terms: AuctionTerms) {
    this.#levels = side.levels;
    this.#isBuy = isBuy;
    this.#terms = terms;
    this.#next = this.#levels.length - 1;
    this.#advance();
  }

  take(lots: Lots): void {
    this.left -= lots;
    if (this.left > 0) return;
    for (const order of this.#rung) this.#whole.push(order);
    this.#advance();
  }

  fills(terms: AuctionTerms): AuctionFill[] {
    const fills = this.#whole.map((order) => ({ order, lots: order.live }));
    const taken = this.#rungLots - this.left;
    if (this.hasRung && taken > 0) shareOut(this.#rung, taken, terms, fills);
    return fills;
  }

  /** The next levels that count with one price and have something live. */
  #advance(): void {
    this.#rung = [];
    this.#rungLots = 0;
    this.hasRung = false;
    while (this.#next >= 0) {
      const level = this.#levels[this.#next] as Level;
      const price = effectivePrice(level.priceTicks, this.#isBuy, this.#terms);
      if (price === undefined || (this.hasRung && price !== this.priceTicks)) break;
      this.#next--;
      for (const order of level.orders) {
        if (order.live <= 0) continue;
        this.#rung.push(order);
        this.#rungLots += order.live;
      }
      if (this.#rungLots === 0) continue;
      this.hasRung = true;
      this.priceTicks = price;
    }
    this.left = this.#rungLots;
  }
}

/** Undefined when it cannot trade inside the band. A limit is only ever made stricter. */
export function effectivePrice(
  priceTicks: Ticks,
  isBuy: boolean,
  band: { readonly low: Ticks; readonly high: Ticks },
): Ticks | undefined {
  if (isBuy) return priceTicks < band.low ? undefined : Math.min(priceTicks, band.high);
  return priceTicks > band.high ? undefined : Math.max(priceTicks, band.low);
}

/** Older batches first; inside one batch in proportion, the largest remainders first, then by tie. */
function shareOut(rung: Order[], taken: Lots, terms: AuctionTerms, fills: AuctionFill[]): void {
  const byAge = rung.toSorted((a, b) => a.batch - b.batch);
  let left = taken;
  for (let from = 0; from < byAge.length && left > 0;) {
    const { batch } = byAge[from] as Order;
    let to = from;
    let total = 0;
    while (to < byAge.length && (byAge[to] as Order).batch === batch)
      total += (byAge[to++] as Order).live;
    const sameAge = byAge.slice(from, to);
    if (total <= left) for (const order of sameAge) fills.push({ order, lots: order.live });
    else shareOutOne(sameAge, { total, left }, terms, fills);
    left -= Math.min(total, left);
    from = to;
  }
}

function shareOutOne(
  orders: readonly Order[],
  { total, left }: { readonly total: Lots; readonly left: Lots },
  terms: AuctionTerms,
  fills: AuctionFill[],
): void {
  let rest = left;
  const parts = orders.map((order) => {
    const product = BigInt(order.live) * BigInt(left);
    const lots = Number(floorDiv(product, BigInt(total)));
    rest -= lots;
    return { order, lots, remainder: Number(product % BigInt(total)) };
  });
  const ties = new Map<Order, string>();
  const tie = (order: Order): string => {
    const known = ties.get(order) ?? terms.tieOf(order);
    ties.set(order, known);
    return known;
  };
  if (rest > 0)
    parts.sort((a, b) => b.remainder - a.remainder || (tie(a.order) < tie(b.order) ? -1 : 1));
  parts.forEach(({ order, lots }, i) => {
    const all = lots + (i < rest ? 1 : 0);
    if (all > 0) fills.push({ order, lots: all });
  });
}

function unmetWholes({ fills }: AuctionResult, { wholes }: AuctionTerms): readonly Order[] {
  const live = wholes.filter((order) => order.live > 0);
  if (live.length === 0) return live;
  const filled = new Map(fills.map(({ order, lots }) => [order, lots]));
  return live.filter((order) => (filled.get(order) ?? 0) < order.lots);
}
