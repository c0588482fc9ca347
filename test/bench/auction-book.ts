// The auction book beside the npm package nodejs-order-book, on one stream of limit orders and cancels in one run. Ours
// clears in batches at one price, theirs matches each order as it comes: both end with the same kind of book.

import { OrderBook, type Side } from "nodejs-order-book";
import { AccountId, Book, holdAuction, MarketId, type Order } from "../../rollup/engine/index.ts";
import { SeededRandom } from "../sim/random.ts";
import { cpuMs, type Figure } from "./harness.ts";

interface Operation {
  readonly id: number;
  readonly isCancel: boolean;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
}

const operationsCount = 100_000;
const batchSize = 500;

export function benchAuctionBook(seed: number): Figure[] {
  const stream = makeStream(new SeededRandom(seed));
  const perSecond = (work: () => void): number => (stream.length * 1_000) / cpuMs(work, 3);
  const ours = perSecond(() => clearInBatches(stream));
  const theirs = perSecond(() => matchOneByOne(stream));
  return [
    { name: "auction/ops-per-s", value: ours, unit: "operations/s" },
    { name: "nodejs-order-book/ops-per-s", value: theirs, unit: "operations/s" },
    { name: "auction-over-nodejs-order-book", value: ours / theirs, unit: "times" },
  ];
}

/** Around a price that wanders; a quarter cancels, of which some come too late. */
function makeStream(random: SeededRandom): Operation[] {
  let middle = 100_000;
  return Array.from({ length: operationsCount }, (_, at) => {
    middle += random.between(-3, 3);
    const isBuy = random.chance(0.5);
    const away = random.between(-40, 400);
    const isCancel = at > 100 && random.chance(0.25);
    return {
      id: isCancel ? at - random.between(1, 100) : at,
      isCancel,
      isBuy,
      priceTicks: isBuy ? middle - away : middle + away,
      lots: random.between(1, 100),
    };
  });
}

function clearInBatches(stream: readonly Operation[]): void {
  const book = new Book();
  const orders = new Map<number, Order>();
  const terms = {
    low: 1,
    high: 2 ** 32 - 1,
    wholes: [],
    tieOf: (order: Order) => String(order.number),
  };
  for (let from = 0; from < stream.length; from += batchSize) {
    for (const operation of stream.slice(from, from + batchSize)) {
      const known = orders.get(operation.id);
      if (!operation.isCancel) {
        const order = toOrder(operation, from);
        orders.set(operation.id, order);
        book.add(order);
      } else if (known !== undefined) {
        book.remove(known);
        orders.delete(operation.id);
      }
    }
    const result = holdAuction(book, { ...terms, reference: 100_000 });
    for (const { order, lots } of result?.fills ?? []) {
      book.side(order.isBuy).shrink(order, lots);
      order.lots -= lots;
      order.live = order.lots;
      if (order.lots > 0) continue;
      book.remove(order);
      orders.delete(order.number);
    }
  }
}

function matchOneByOne(stream: readonly Operation[]): void {
  const book = new OrderBook();
  for (const { id, isCancel, isBuy, priceTicks, lots } of stream) {
    if (isCancel) book.cancel(String(id));
    else
      book.limit({
        id: String(id),
        side: (isBuy ? "buy" : "sell") as Side,
        size: lots,
        price: priceTicks,
      });
  }
}

function toOrder({ id, isBuy, priceTicks, lots }: Operation, batch: number): Order {
  return {
    account: AccountId(2),
    market: MarketId(0),
    number: id,
    isBuy,
    priceTicks,
    timeInForce: 0,
    flags: 0,
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    key: 0,
    isLiquidation: false,
    lots,
    batch,
    isDormant: false,
    slot: -1,
    live: lots,
    at: -1,
  };
}
