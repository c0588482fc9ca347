// How each part of the state is kept on a disk and handed on: without what is derived from the others, and in one way only.
// Readers throw what `decode` makes undefined.

import type { Reader, Writer } from "../../sdk/index.ts";
import {
  type Account,
  AccountId,
  type ActionGuard,
  type Exposure,
  type Globals,
  type Market,
  MarketId,
  type NonceWindow,
  type Order,
  type OrderSlot,
  type SessionKey,
  type Withdrawal,
} from "../engine/index.ts";
import {
  readMarketParameters,
  readRollupParameters,
  writeMarketParameters,
  writeRollupParameters,
} from "../parameter-codec.ts";
import {
  readI128,
  readI64,
  readU128,
  readU256,
  writeI128,
  writeI64,
  writeU128,
  writeU256,
} from "../wide.ts";

/** An account has a position in each market at most, and no key beyond place 255. */
const positionsMax = 1_024;
const placesMax = 256;
const keyMarketsMax = 64;

export function writeAccount(writer: Writer, account: Account): void {
  writer.fixed(account.owner, 20).u16(account.subId);
  writeI128(writer, account.cash);
  writer.u64(account.liquidatedSinceMs);
  const positions = account.exposures.filter(({ lots }) => lots !== 0);
  writer.list(positions, positionsMax, writePosition);
  writer.list(byPlace(account.keys), placesMax, writeKey);
  writer.list(byPlace(account.windows), placesMax, writeWindow);
}

/** `openOrders` is for who has the orders to count. */
export function readAccount(reader: Reader, id: number): Account {
  const account = {
    id: AccountId(id),
    owner: reader.fixed(20),
    subId: reader.u16(),
    cash: readI128(reader),
    liquidatedSinceMs: reader.u64(),
    exposures: reader.list(positionsMax, readPosition),
    keys: readPlaces(reader, readKey),
    windows: readPlaces(reader, readWindow),
    openOrders: 0,
  };
  const markets = account.exposures.map(({ market }) => market);
  reader.require(isAscending(markets), "NOT_ASCENDING");
  return account;
}

function writePosition(writer: Writer, position: Exposure): void {
  writer.u32(position.market);
  writeI64(writer, position.lots);
  writeI128(writer, position.fundingIndex);
  writeU128(writer, position.entryQuote);
}

function readPosition(reader: Reader): Exposure {
  const position = {
    market: MarketId(reader.u32()),
    lots: readI64(reader),
    fundingIndex: readI128(reader),
    entryQuote: readU128(reader),
    orders: [],
    bidLots: 0,
    askLots: 0,
  };
  reader.require(position.lots !== 0, "NO_POSITION");
  return position;
}

type Placed<T> = readonly [place: number, item: T];

function writeKey(writer: Writer, [place, key]: Placed<SessionKey>): void {
  writer.u8(place).fixed(key.address, 20).u8(key.scopes).u64(key.expiryMs);
  writeU128(writer, key.maxNotional);
  writer.list(key.markets, keyMarketsMax, (w, market) => w.u32(market));
}

function readKey(reader: Reader): Placed<SessionKey> {
  const place = reader.u8();
  const address = reader.fixed(20);
  const scopes = reader.u8();
  const expiryMs = reader.u64();
  const maxNotional = readU128(reader);
  const markets = reader.list(keyMarketsMax, (r) => MarketId(r.u32()));
  return [place, { address, scopes, markets, expiryMs, maxNotional }];
}

function writeWindow(writer: Writer, [place, { top, used }]: Placed<NonceWindow>): void {
  writer.u8(place).u64(top);
  writeU256(writer, used);
}

function readWindow(reader: Reader): Placed<NonceWindow> {
  return [reader.u8(), { top: reader.u64(), used: readU256(reader) }];
}

function readPlaces<T>(reader: Reader, read: (reader: Reader) => Placed<T>): Map<number, T> {
  const items = reader.list(placesMax, read);
  reader.require(isAscending(items.map(([place]) => place)), "NOT_ASCENDING");
  return new Map(items);
}

function byPlace<T>(items: ReadonlyMap<number, T>): Placed<T>[] {
  return [...items].sort(([a], [b]) => a - b);
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || value > (values[at - 1] as number));
}

export function writeOrder(writer: Writer, order: Order): void {
  writer.u32(order.account).u32(order.market).u64(order.number).flag(order.isBuy);
  writer.u32(order.priceTicks).u8(order.timeInForce).u8(order.flags);
  writer.u64(order.validUntilMs).u64(order.clientId);
  writer.optional(order.guard, (w, guard) =>
    w.u32(guard.market).u8(guard.op).u32(guard.priceTicks).u32(guard.maxAgeMs),
  );
  writer.u8(order.key).flag(order.isLiquidation);
  writer.u64(order.lots).u64(order.batch).flag(order.isDormant);
}

export function readOrder(reader: Reader, slot: number): Order {
  const order = {
    account: AccountId(reader.u32()),
    market: MarketId(reader.u32()),
    number: reader.u64(),
    isBuy: reader.flag(),
    priceTicks: reader.u32(),
    timeInForce: reader.u8() as Order["timeInForce"],
    flags: reader.u8(),
    validUntilMs: reader.u64(),
    clientId: reader.u64(),
    guard: reader.optional(readGuard),
    key: reader.u8(),
    isLiquidation: reader.flag(),
    lots: reader.u64(),
    batch: reader.u64(),
    isDormant: reader.flag(),
    slot: slot as OrderSlot,
    live: 0,
    at: -1,
  };
  reader.require(order.timeInForce <= 2 && order.lots > 0, "UNKNOWN_ORDER");
  return order;
}

function readGuard(reader: Reader): ActionGuard {
  const guard = {
    market: reader.u32(),
    op: reader.u8() as ActionGuard["op"],
    priceTicks: reader.u32(),
    maxAgeMs: reader.u32(),
  };
  reader.require(guard.op >= 1 && guard.op <= 4, "UNKNOWN_GUARD");
  return guard;
}

export function writeMarket(writer: Writer, market: Market): void {
  writeMarketParameters(writer.u32(market.id), market.parameters);
  writer.u32(market.indexTicks).u64(market.indexTimeMs).u32(market.confidencePpm);
  writer.u32(market.candidateTicks).u64(market.candidateTimeMs).u32(market.confirmationsLeft);
  writer.u32(market.markTicks);
  writeI64(writer, market.basis);
  writer.u32(market.lastAuctionTicks).u64(market.variance);
  writeI128(writer, market.fundingIndex);
  writeI128(writer, market.premiumSum);
  writer.u64(market.premiumCount).u64(market.staleMs).u64(market.openLots);
  writer.u64(market.bidDepth).u64(market.askDepth);
  writer.optional(market.resumedBatch, (w, batch) => w.u64(batch));
}

export function readMarket(reader: Reader): Market {
  return {
    id: MarketId(reader.u32()),
    parameters: readMarketParameters(reader),
    indexTicks: reader.u32(),
    indexTimeMs: reader.u64(),
    confidencePpm: reader.u32(),
    candidateTicks: reader.u32(),
    candidateTimeMs: reader.u64(),
    confirmationsLeft: reader.u32(),
    markTicks: reader.u32(),
    basis: readI64(reader),
    lastAuctionTicks: reader.u32(),
    variance: reader.u64(),
    fundingIndex: readI128(reader),
    premiumSum: readI128(reader),
    premiumCount: reader.u64(),
    staleMs: reader.u64(),
    openLots: reader.u64(),
    bidDepth: reader.u64(),
    askDepth: reader.u64(),
    resumedBatch: reader.optional((r) => r.u64()),
  };
}

export function writeGlobals(writer: Writer, globals: Globals): void {
  writeRollupParameters(writer, globals.parameters);
  writer.u64(globals.batch).u64(globals.timeMs).u64(globals.l1Index);
  writer.u64(globals.l1TimeMs).u64(globals.l1HeardMs);
  writer.u64(globals.anchoredBatch).u64(globals.anchoredTimeMs);
  writeU128(writer, globals.deposited);
  writeU128(writer, globals.withdrawn);
  writeU128(writer, globals.shortfall);
  writer.u64(globals.haltedBatch).u64(globals.outflowSinceMs);
  writeU128(writer, globals.outflow);
  writer.u64(globals.takeoverDay);
  writeU128(writer, globals.takeoverUsed);
  writeU128(writer, globals.sumPositiveEquity);
}

export function readGlobals(reader: Reader): Globals {
  return {
    parameters: readRollupParameters(reader),
    batch: reader.u64(),
    timeMs: reader.u64(),
    l1Index: reader.u64(),
    l1TimeMs: reader.u64(),
    l1HeardMs: reader.u64(),
    anchoredBatch: reader.u64(),
    anchoredTimeMs: reader.u64(),
    deposited: readU128(reader),
    withdrawn: readU128(reader),
    shortfall: readU128(reader),
    haltedBatch: reader.u64(),
    outflowSinceMs: reader.u64(),
    outflow: readU128(reader),
    takeoverDay: reader.u64(),
    takeoverUsed: readU128(reader),
    sumPositiveEquity: readU128(reader),
  };
}

export function writeWithdrawal(writer: Writer, { account, to, tokenAmount }: Withdrawal): void {
  writeU128(writer.u32(account).fixed(to, 20), tokenAmount);
}

export function readWithdrawal(reader: Reader): Withdrawal {
  return { account: AccountId(reader.u32()), to: reader.fixed(20), tokenAmount: readU128(reader) };
}
