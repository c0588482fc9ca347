// What is let in and what comes out, once: requests are read by these, OpenAPI shows them, and tests hold the answers to them.
// Fields are only ever added.

import { z } from "zod";
import { candlesMax, type Span, spanNames } from "./candles.ts";
import { fillsMax } from "./account-feed.ts";
import { levelsMax, tradesMax } from "./market-feed.ts";
import { liquidationsMax } from "./market-data.ts";
import type { Level } from "./ladder.ts";
import type {
  AccountJson,
  ActionJson,
  CandleJson,
  DepthJson,
  FillJson,
  FundingJson,
  KeyJson,
  LiquidationJson,
  ListJson,
  MarketJson,
  OrderJson,
  PositionJson,
  StatusJson,
  TradeJson,
} from "./wire.ts";

const safe = Number.MAX_SAFE_INTEGER;
const u32Max = 0xffff_ffff;

/** Decimal and nothing else: not 1e3, not 0x10, not +1. */
const integerText = (minimum: number, maximum: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,15})$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));

const limitOf = (maximum: number): z.ZodType<number> =>
  integerText(1, maximum)
    .default(Math.min(100, maximum))
    .describe(`At most so many, the newest; up to ${maximum}.`);

export const noParams: z.ZodType<object> = z.strictObject({});
export const marketParams: z.ZodType<{ market: number }> = z.strictObject({
  market: integerText(0, u32Max).describe("The market's number."),
});
export const accountParams: z.ZodType<{ account: number }> = z.strictObject({
  account: integerText(0, u32Max).describe("The account's number."),
});
export const batchParams: z.ZodType<{ batch: number }> = z.strictObject({
  batch: integerText(1, safe).describe("The batch's number; the first is 1."),
});
export const indexParams: z.ZodType<{ index: number }> = z.strictObject({
  index: integerText(0, safe).describe("Its place among all withdrawals there ever were."),
});
export const listParams: z.ZodType<{ id: string }> = z.strictObject({
  id: z
    .string()
    .regex(/^(0x)?[0-9a-fA-F]{64}$/)
    .describe("What was signed, or the transaction's id: 32 bytes of hex."),
});
export const depthQuery: z.ZodType<{ levels: number }> = z.strictObject({
  levels: limitOf(levelsMax),
});
export const tradesQuery: z.ZodType<{ limit: number }> = z.strictObject({
  limit: limitOf(tradesMax),
});
export const fillsQuery: z.ZodType<{ limit: number }> = z.strictObject({
  limit: limitOf(fillsMax),
});
export const liquidationsQuery: z.ZodType<{ limit: number }> = z.strictObject({
  limit: limitOf(liquidationsMax),
});
export const candlesQuery: z.ZodType<{ span: Span; limit: number }> = z.strictObject({
  span: z.enum(spanNames).default("1m").describe("How long a candle is."),
  limit: limitOf(candlesMax),
});
export const ownerQuery: z.ZodType<{ owner: string; subId?: number | undefined }> = z.strictObject({
  owner: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .describe("The owner's address."),
  subId: integerText(0, 65_535).optional().describe("One sub-account; without it all of them."),
});

const hex = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`))
    .describe(`${bytes} bytes of hex.`);
const money = z
  .string()
  .regex(/^-?\d+(\.\d{1,12})?$/)
  .describe("USDC.");
const natural = z.int().min(0).max(safe);
const integer = z.int();
const ticks = natural.describe("A price in ticks.");
const lots = natural.describe("A size in lots.");
const timeMs = natural.describe("Batch time, ms since 1970.");

const level: z.ZodType<Level> = z
  .tuple([ticks, lots, natural])
  .describe("Price in ticks, lots, number of orders.");
export const depthSchema: z.ZodType<DepthJson> = z.strictObject({
  market: natural,
  bids: z.array(level),
  asks: z.array(level),
});
export const tradeSchema: z.ZodType<TradeJson> = z.strictObject({
  market: natural,
  batch: natural,
  timeMs,
  priceTicks: ticks,
  lots,
  takerBuyLots: lots,
  takerSellLots: lots,
  liquidatedLots: lots,
});
export const candleSchema: z.ZodType<CandleJson> = z.strictObject({
  startMs: timeMs,
  openTicks: ticks,
  highTicks: ticks,
  lowTicks: ticks,
  closeTicks: ticks,
  lots,
  trades: natural,
});
export const fundingSchema: z.ZodType<FundingJson> = z.strictObject({
  market: natural,
  ratePpb: integer.nullable().describe("Of eight hours, if the hour ended now; it is paid hourly."),
  perLot: money,
  nextMs: timeMs,
  payments: z.array(z.strictObject({ batch: natural, timeMs, perLot: money })),
});
export const marketSchema: z.ZodType<MarketJson> = z.strictObject({
  id: natural,
  name: z.string(),
  tickSize: money.describe("USDC in a tick."),
  lotSize: money.describe("Units of what is traded in a lot."),
  unit: money.describe("What a lot gains when the price rises by a tick."),
  indexTicks: ticks,
  indexTimeMs: timeMs,
  markTicks: ticks,
  lastTicks: ticks,
  bidTicks: ticks.nullable(),
  askTicks: ticks.nullable(),
  lowTicks: ticks,
  highTicks: ticks,
  openLots: lots,
  dayLots: lots,
  dayOpenTicks: ticks.nullable(),
  fundingRatePpb: integer.nullable(),
  nextFundingMs: timeMs,
  state: z.enum(["open", "reduce-only", "post-only", "halted"]),
  takerFeePpm: natural,
  makerFeePpm: natural,
  initialPpm: natural,
  maintenancePpm: natural,
  orderLotsMin: lots,
  positionLotsMax: lots,
});
export const statusSchema: z.ZodType<StatusJson> = z.strictObject({
  batch: natural,
  timeMs,
  height: natural.nullable(),
  blockHash: hex(32).nullable(),
  root: hex(32).nullable(),
  l1: z.strictObject({
    block: natural.nullable(),
    index: natural,
    timeMs,
    anchoredBatch: natural,
    anchoredTimeMs: timeMs,
  }),
  accounts: natural,
  insurance: money,
  shortfall: money,
  markets: z.array(marketSchema),
});
const moment = { batch: natural, timeMs };
export const liquidationSchema: z.ZodType<LiquidationJson> = z.discriminatedUnion("type", [
  z.strictObject({
    ...moment,
    type: z.literal("liquidation"),
    account: natural,
    market: natural,
    isBuy: z.boolean(),
    lots,
    priceTicks: ticks,
    fee: money,
  }),
  z.strictObject({ ...moment, type: z.literal("takeover"), account: natural, equity: money }),
  z.strictObject({
    ...moment,
    type: z.literal("deleveraged"),
    account: natural,
    against: natural,
    market: natural,
    lots,
    charge: money,
  }),
]);
const keySchema: z.ZodType<KeyJson> = z.strictObject({
  key: natural.describe("0 is the owner's."),
  address: hex(20),
  scopes: z.array(z.enum(["trade", "cancel", "transfer"])).nullable(),
  markets: z.array(natural).nullable(),
  expiryMs: natural.nullable(),
  maxNotional: money.nullable(),
  nextNonce: natural,
});
export const positionSchema: z.ZodType<PositionJson> = z.strictObject({
  market: natural,
  lots: integer.describe("Above 0 is long."),
  entryTicks: z.string().describe("The average, in ticks."),
  entryQuote: money,
  notional: money,
  unrealised: money,
  fundingOwed: money,
  maintenance: money,
  liquidationTicks: ticks.nullable(),
});
export const accountSchema: z.ZodType<AccountJson> = z.strictObject({
  id: natural,
  owner: hex(20),
  subId: natural,
  cash: money,
  equity: money,
  free: money.describe("For new orders and withdrawals; may be below 0."),
  initial: money,
  maintenance: money,
  buffer: money,
  riskState: z.enum(["OK", "RESTRICTED", "PRE", "LIQ", "BACKSTOP"]),
  liquidatedSinceMs: natural,
  openOrders: natural,
  positions: z.array(positionSchema),
  keys: z.array(keySchema),
});
export const orderSchema: z.ZodType<OrderJson> = z.strictObject({
  number: natural,
  key: natural,
  market: natural,
  isBuy: z.boolean(),
  priceTicks: ticks,
  lots,
  timeInForce: natural,
  flags: natural,
  validUntilMs: natural,
  clientId: natural,
  isDormant: z.boolean(),
  batch: natural,
});
export const fillSchema: z.ZodType<FillJson> = z.strictObject({
  ...moment,
  market: natural,
  number: natural,
  key: natural,
  clientId: natural,
  isBuy: z.boolean(),
  lots,
  priceTicks: ticks,
  fee: money,
  isMaker: z.boolean(),
  isLiquidation: z.boolean(),
});
const actionSchema: z.ZodType<ActionJson> = z.strictObject({
  place: natural,
  type: z.string(),
  result: z.enum(["accepted", "refused"]).nullable(),
  reason: z.string().nullable(),
  number: natural.nullable(),
  filledLots: lots,
  restingLots: lots,
  removed: z.string().nullable(),
});
export const listSchema: z.ZodType<ListJson> = z.strictObject({
  digest: hex(32),
  id: hex(32).nullable(),
  account: natural,
  key: natural,
  nonce: natural,
  state: z.enum(["submitted", "executed", "refused", "void", "expired"]),
  reason: z.string().nullable(),
  batch: natural.nullable(),
  timeMs: timeMs.nullable(),
  actions: z.array(actionSchema),
});

export const problemSchema: z.ZodType<object> = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: natural,
  detail: z.string().describe("What to do about it."),
  code: z.string().describe("Stable; switch on this."),
});

/** With the sequence number of the stream that goes on from it. */
export function page<T>(name: string, item: z.ZodType<T>): z.ZodType<object> {
  return z.strictObject({ seq: natural, [name]: z.array(item) });
}

export function whole(item: z.ZodType<object>): z.ZodType<object> {
  return z.strictObject({ seq: natural, data: item });
}

export const rootSchema: z.ZodType<object> = z.strictObject({
  batch: natural,
  timeMs,
  root: hex(32),
  height: natural,
  blockHash: hex(32),
});

export const proofSchema: z.ZodType<object> = z.strictObject({
  index: natural,
  count: natural.describe("Leaves of the tree."),
  leaf: hex(32),
  siblings: z.array(hex(32)).describe("From the leaf up."),
  root: hex(32).describe("Of the state."),
  parts: z.record(z.string(), z.union([natural, hex(32)])).describe("What the root is over."),
});
