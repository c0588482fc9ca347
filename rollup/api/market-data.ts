// All that is shown of the rollup, fed with one batch after the other and nothing else: no clock, no socket. For every
// channel it knows the whole, and what the last batch changed of it; whoever has the whole at one batch and the changes of
// every one since has the whole again. So a batch's number is the sequence number of every channel: it rises by one, and
// nodes that follow the same chain give the same numbers to the same data.

import {
  type Account,
  type AccountId,
  type EngineEvent,
  insuranceId,
  type Market,
  readAccount,
  readMarket,
  type Reading,
  readingOf,
  type State,
} from "../engine/index.ts";
import { hexJson, toHex } from "../../sdk/index.ts";
import type { ExecutedBatch, RollupSource } from "../node/index.ts";
import { AccountFeed } from "./account-feed.ts";
import { candlesMax } from "./candles.ts";
import type { Channel } from "./channels.ts";
import { ListLog } from "./list-log.ts";
import { MarketFeed, type MarketName, type Moment, tradesShown } from "./market-feed.ts";
import { Recent } from "./recent.ts";
import type { FundingJson, LiquidationJson, MarketJson, StatusJson } from "./wire.ts";
import { usdc } from "./wire.ts";

/** Liquidations, takeovers and deleveragings that are kept, and that a stream begins with. */
export const liquidationsMax = 200;
/** Batches whose roots are kept. */
export const rootsMax = 65_536;

/** As much of an order as its place in a book says. */
interface Placed {
  readonly market: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
}

export interface RootRecord {
  readonly batch: number;
  readonly timeMs: number;
  readonly root: string;
  readonly height: number;
  readonly blockHash: string;
}

export class MarketData {
  readonly accounts: AccountFeed = new AccountFeed();
  readonly lists: ListLog = new ListLog();
  readonly #source: Pick<RollupSource, "state" | "last">;
  readonly #names: ReadonlyMap<number, MarketName>;
  readonly #markets: Map<number, MarketFeed> = new Map();
  /** What the books show, by the order's slot. */
  readonly #placed: (Placed | undefined)[] = [];
  /** Accounts by owner, as many as the state has. */
  readonly #owners: Map<string, AccountId[]> = new Map();
  readonly #liquidations: Recent<LiquidationJson> = new Recent(liquidationsMax);
  readonly #roots: Recent<RootRecord> = new Recent(rootsMax);
  #newLiquidations: readonly LiquidationJson[] = [];
  #accountsKnown = 0;
  #reading: Reading | undefined;
  #readingBatch = 0;
  #seq = 0;

  /** With what the state has now; what happened before is not in it. */
  constructor(source: Pick<RollupSource, "state" | "last">, names: readonly MarketName[] = []) {
    this.#source = source;
    this.#names = new Map(names.map((each) => [each.id, each]));
    this.restart();
    if (source.last !== undefined) this.#noteRoot(source.last);
  }

  /** From the state as it is now, without what was known of the markets before: for when a batch could not be taken in. */
  restart(): void {
    const { globals, orders } = this.state;
    this.#seq = globals.batch;
    this.#reading = undefined;
    this.#markets.clear();
    this.#placed.length = 0;
    this.#openMarkets();
    orders.forEach((_, slot) => this.#place(slot));
    for (const feed of this.#markets.values()) feed.apply(this.#moment, []);
    this.#newLiquidations = [];
    this.#noteOwners();
  }

  /** The last batch, and so the sequence number of every channel. */
  get seq(): number {
    return this.#seq;
  }

  get state(): State {
    return this.#source.state;
  }

  /** When the source tells of it: its state is the one after this batch. */
  apply(executed: ExecutedBatch): void {
    const { outcome, batch } = executed;
    this.#seq = batch.number;
    this.#reading = undefined;
    this.#openMarkets();
    for (const slot of outcome.dirty.orders) this.#place(slot);
    const moment = this.#moment;
    const ofMarket = byMarket(outcome.events);
    for (const feed of this.#markets.values()) feed.apply(moment, ofMarket.get(feed.id) ?? []);
    this.#noteOwners();
    this.#noteRoot(executed);
    this.#newLiquidations = outcome.events.flatMap((event) => toLiquidation(moment, event));
    for (const each of this.#newLiquidations) this.#liquidations.push(each);
    const lists = this.lists.apply(moment, executed, (id) => this.accounts.isWatched(id));
    this.accounts.apply(moment, outcome.events, { reading: this.reading, lists });
  }

  get #moment(): Moment {
    return { batch: this.#seq, timeMs: this.state.globals.timeMs };
  }

  #openMarkets(): void {
    for (const { id } of this.state.markets)
      if (!this.#markets.has(id)) this.#markets.set(id, new MarketFeed(id));
  }

  /** Brings the books in line with what the slot holds now. Dormant orders are in no book. */
  #place(slot: number): void {
    const before = this.#placed[slot];
    if (before !== undefined) this.#sideOf(before)?.remove(before.priceTicks, before.lots);
    const order = this.state.orders[slot];
    if (order === undefined || order.isDormant) {
      this.#placed[slot] = undefined;
      return;
    }
    const { market, isBuy, priceTicks, lots } = order;
    const placed = { market, isBuy, priceTicks, lots };
    this.#placed[slot] = placed;
    this.#sideOf(placed)?.add(priceTicks, lots);
  }

  #sideOf({ market, isBuy }: Placed): MarketFeed["bids"] | undefined {
    return this.#markets.get(market)?.side(isBuy);
  }

  #noteOwners(): void {
    const { accounts } = this.state;
    for (; this.#accountsKnown < accounts.length; this.#accountsKnown++) {
      const account = accounts[this.#accountsKnown];
      if (account === undefined) continue;
      const owner = toHex(account.owner);
      const own = this.#owners.get(owner) ?? [];
      this.#owners.set(owner, own);
      own.push(account.id);
    }
  }

  #noteRoot({ batch, root, height, blockHash }: ExecutedBatch): void {
    this.#roots.push({
      batch: batch.number,
      timeMs: this.state.globals.timeMs,
      root: hexJson(root),
      height,
      blockHash: hexJson(blockHash),
    });
  }

  market(id: number): MarketFeed | undefined {
    return this.#markets.get(id);
  }

  account(id: number): Account | undefined {
    return this.state.accounts[id];
  }

  /** Made once a batch, when somebody asks. A state may be ahead of what was told of it, while it is written to disk. */
  get reading(): Reading {
    const { batch } = this.state.globals;
    if (this.#reading === undefined || this.#readingBatch !== batch)
      this.#reading = readingOf(this.state);
    this.#readingBatch = batch;
    return this.#reading;
  }

  /** By the owner's address, in the order in which they were made. */
  accountsOf(owner: Uint8Array): readonly Account[] {
    return (this.#owners.get(toHex(owner)) ?? []).flatMap((id) => this.account(id) ?? []);
  }

  liquidations(count: number): LiquidationJson[] {
    return this.#liquidations.latest(count);
  }

  /** Undefined for a batch that this node did not execute, or that is too long ago. */
  root(batch: number): RootRecord | undefined {
    const { last } = this.#roots;
    if (last === undefined || batch > last.batch) return undefined;
    const [record] = this.#roots.latest(last.batch - batch + 1);
    return record?.batch === batch ? record : undefined;
  }

  markets(): MarketJson[] {
    return this.state.markets.map((market) => {
      const feed = this.#markets.get(market.id) ?? new MarketFeed(market.id);
      return feed.view(market, readMarket(this.reading, market), this.#names.get(market.id));
    });
  }

  funding(id: number): FundingJson | undefined {
    const market = this.#marketOf(id);
    return market && this.#markets.get(id)?.funding(readMarket(this.reading, market));
  }

  #marketOf(id: number): Market | undefined {
    return this.state.markets.find((each) => each.id === id);
  }

  status(): StatusJson {
    const { globals, accounts } = this.state;
    const { last } = this.#roots;
    const insurance = accounts[insuranceId];
    return {
      batch: this.#seq,
      timeMs: globals.timeMs,
      height: last?.height ?? null,
      blockHash: last?.blockHash ?? null,
      root: last?.root ?? null,
      l1: {
        block: this.#source.last?.l1Block ?? null,
        index: globals.l1Index,
        timeMs: globals.l1TimeMs,
        anchoredBatch: globals.anchoredBatch,
        anchoredTimeMs: globals.anchoredTimeMs,
      },
      accounts: accounts.length,
      insurance: usdc(insurance === undefined ? 0n : readAccount(this.reading, insurance).equity),
      shortfall: usdc(globals.shortfall),
      markets: this.markets(),
    };
  }

  /** The whole of a channel at `seq`; undefined when there is no such market or account. */
  snapshot(channel: Channel): object | undefined {
    switch (channel.type) {
      case "depth":
        return this.#markets.get(channel.market)?.depth();
      case "trades": {
        const feed = this.#markets.get(channel.market);
        return feed && { trades: feed.trades(tradesShown) };
      }
      case "candles": {
        const feed = this.#markets.get(channel.market);
        return feed && { candles: feed.candles(channel.span, candlesMax) };
      }
      case "account": {
        const account = this.account(channel.account);
        return account && this.accounts.snapshot(this.reading, account);
      }
      case "liquidations":
        return { liquidations: this.liquidations(liquidationsMax) };
      case "status":
        return this.status();
      default:
        return undefined;
    }
  }

  /** What the batch `seq` changed of it. Accounts have to be watched. */
  delta(channel: Channel): object | undefined {
    switch (channel.type) {
      case "depth":
        return this.#markets.get(channel.market)?.depthDelta;
      case "trades": {
        const feed = this.#markets.get(channel.market);
        return feed && { trades: feed.newTrades };
      }
      case "candles": {
        const feed = this.#markets.get(channel.market);
        return feed && { candles: feed.changedCandles(channel.span) };
      }
      case "account":
        return this.accounts.delta(channel.account);
      case "liquidations":
        return { liquidations: this.#newLiquidations };
      case "status":
        return this.status();
      default:
        return undefined;
    }
  }
}

function byMarket(events: readonly EngineEvent[]): Map<number, EngineEvent[]> {
  const map = new Map<number, EngineEvent[]>();
  for (const event of events) {
    const market =
      event.type === "fill"
        ? event.order.market
        : event.type === "auction" || event.type === "funding"
          ? event.market
          : undefined;
    if (market === undefined) continue;
    const own = map.get(market) ?? [];
    map.set(market, own);
    own.push(event);
  }
  return map;
}

function toLiquidation({ batch, timeMs }: Moment, event: EngineEvent): LiquidationJson[] {
  const moment = { batch, timeMs };
  if (event.type === "fill" && event.isLiquidation) {
    const { isBuy, lots, priceTicks, fee } = event;
    const { account, market } = event.order;
    const what = { account, market, isBuy, lots, priceTicks, fee: usdc(fee) };
    return [{ ...moment, type: "liquidation", ...what }];
  }
  if (event.type === "takeover")
    return [{ ...moment, type: event.type, account: event.account, equity: usdc(event.equity) }];
  if (event.type === "deleveraged") {
    const { account, against, market, lots, charge } = event;
    const what = { account, against, market, lots, charge: usdc(charge) };
    return [{ ...moment, type: event.type, ...what }];
  }
  return [];
}
