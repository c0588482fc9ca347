// One market as it is shown: its book, its trades, their candles, its funding; and of each what the last batch changed.

import type { EngineEvent, Market, MarketReading } from "../engine/index.ts";
import { Candles, type Span, spanNames } from "./candles.ts";
import { Ladder, type Level, levelChanges } from "./ladder.ts";
import { Recent } from "./recent.ts";
import type {
  CandleJson,
  DepthJson,
  FundingJson,
  FundingPaymentJson,
  MarketJson,
  TradeJson,
} from "./wire.ts";
import { toQuanta, usdc } from "./wire.ts";

/** Levels of either side that the stream shows; a delta keeps exactly these up to date. */
export const levelsMax = 100;
/** Trades that are kept, and that a stream begins with. */
export const tradesMax = 1_000;
export const tradesShown = 100;
const paymentsMax = 168;
const dayHours = 24;

export interface Moment {
  readonly batch: number;
  readonly timeMs: number;
}

/** How a market is called, and what a tick of it is worth; the engine knows only their product. */
export interface MarketName {
  readonly id: number;
  readonly name: string;
  /** USDC in a tick, as a decimal string. */
  readonly tickSize: string;
}

export class MarketFeed {
  readonly id: number;
  readonly bids: Ladder = new Ladder(true);
  readonly asks: Ladder = new Ladder(false);
  readonly #candles = new Map(spanNames.map((span) => [span, new Candles(span)] as const));
  readonly #trades: Recent<TradeJson> = new Recent(tradesMax);
  readonly #payments: Recent<FundingPaymentJson> = new Recent(paymentsMax);
  #top: { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
  #depthDelta: DepthJson;
  #trade: TradeJson | undefined;
  #changed = new Map<Span, CandleJson>();

  constructor(id: number) {
    this.id = id;
    this.#top = { bids: [], asks: [] };
    this.#depthDelta = { market: id, bids: [], asks: [] };
  }

  side(isBuy: boolean): Ladder {
    return isBuy ? this.bids : this.asks;
  }

  /** After the book of the batch was brought in; `events` are the market's own. */
  apply(moment: Moment, events: readonly EngineEvent[]): void {
    this.#trade = undefined;
    this.#changed = new Map();
    const after = { bids: this.bids.top(levelsMax), asks: this.asks.top(levelsMax) };
    this.#depthDelta = {
      market: this.id,
      bids: levelChanges(this.#top.bids, after.bids),
      asks: levelChanges(this.#top.asks, after.asks),
    };
    this.#top = after;
    for (const event of events) {
      if (event.type === "auction") this.#addTrade(toTrade(moment, event, events));
      if (event.type === "funding") this.#payments.push({ ...moment, perLot: usdc(event.perLot) });
    }
  }

  #addTrade(trade: TradeJson): void {
    this.#trade = trade;
    this.#trades.push(trade);
    for (const [span, candles] of this.#candles)
      this.#changed.set(span, candles.add(trade.timeMs, trade.priceTicks, trade.lots));
  }

  depth(levels: number = levelsMax): DepthJson {
    const { bids, asks } = this.#top;
    return { market: this.id, bids: bids.slice(0, levels), asks: asks.slice(0, levels) };
  }

  get depthDelta(): DepthJson {
    return this.#depthDelta;
  }

  trades(count: number): TradeJson[] {
    return this.#trades.latest(count);
  }

  get newTrades(): TradeJson[] {
    return this.#trade === undefined ? [] : [this.#trade];
  }

  candles(span: Span, count: number): CandleJson[] {
    return this.#candles.get(span)?.latest(count) ?? [];
  }

  changedCandles(span: Span): CandleJson[] {
    const candle = this.#changed.get(span);
    return candle === undefined ? [] : [candle];
  }

  funding(reading: MarketReading): FundingJson {
    return {
      market: this.id,
      ratePpb: reading.fundingRatePpb ?? null,
      perLot: usdc(reading.fundingPerLot),
      nextMs: reading.nextFundingMs,
      payments: this.#payments.latest(paymentsMax),
    };
  }

  view(market: Market, reading: MarketReading, name: MarketName | undefined): MarketJson {
    const { parameters: p } = market;
    const hours = this.candles("1h", dayHours);
    const day = hours.filter(({ startMs }) => startMs > reading.nextFundingMs - dayHours * hourMs);
    const tier = p.tiers[0];
    return {
      id: this.id,
      ...toSizes(p.unit, name),
      name: name?.name ?? `Market ${this.id}`,
      unit: usdc(p.unit),
      indexTicks: market.indexTicks,
      indexTimeMs: market.indexTimeMs,
      markTicks: market.markTicks,
      lastTicks: market.lastAuctionTicks,
      bidTicks: this.bids.best ?? null,
      askTicks: this.asks.best ?? null,
      lowTicks: reading.low,
      highTicks: reading.high,
      openLots: market.openLots,
      dayLots: day.reduce((sum, { lots }) => sum + lots, 0),
      dayOpenTicks: day[0]?.openTicks ?? null,
      fundingRatePpb: reading.fundingRatePpb ?? null,
      nextFundingMs: reading.nextFundingMs,
      state: toState(reading),
      takerFeePpm: p.takerFeePpm,
      makerFeePpm: p.makerFeePpm,
      initialPpm: tier?.initialPpm ?? 0,
      maintenancePpm: tier?.maintenancePpm ?? 0,
      orderLotsMin: p.orderLotsMin,
      positionLotsMax: p.positionLotsMax,
    };
  }
}

const hourMs = 3_600_000;

function toTrade(
  { batch, timeMs }: Moment,
  auction: EngineEvent & { readonly type: "auction" },
  events: readonly EngineEvent[],
): TradeJson {
  let takerBuyLots = 0;
  let takerSellLots = 0;
  let liquidatedLots = 0;
  for (const event of events) {
    if (event.type !== "fill") continue;
    if (event.isLiquidation) liquidatedLots += event.lots;
    if (event.isMaker) continue;
    if (event.isBuy) takerBuyLots += event.lots;
    else takerSellLots += event.lots;
  }
  const { market, priceTicks, lots } = auction;
  const takers = { takerBuyLots, takerSellLots, liquidatedLots };
  return { market, batch, timeMs, priceTicks, lots, ...takers };
}

function toState({ permissions }: MarketReading): MarketJson["state"] {
  if (!permissions.auctions) return "halted";
  if (!permissions.newRisk) return "reduce-only";
  return permissions.postOnly ? "post-only" : "open";
}

const quantaPerUsdc = 10n ** 12n;

/** Without a name a lot is one, and a tick what the lot gains by it. */
function toSizes(
  unit: bigint,
  name: MarketName | undefined,
): { readonly tickSize: string; readonly lotSize: string } {
  const tick = name === undefined ? undefined : toQuanta(name.tickSize);
  if (tick === undefined || tick <= 0n) return { tickSize: usdc(unit), lotSize: "1" };
  return { tickSize: usdc(tick), lotSize: usdc((unit * quantaPerUsdc) / tick) };
}
