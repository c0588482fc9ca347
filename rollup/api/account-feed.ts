// Accounts as they are shown: worth and margins by the engine's own rules, positions, open orders, keys; and their fills.

import {
  type Account,
  type EngineEvent,
  floorDiv,
  type Order,
  type PositionReading,
  readAccount,
  type Reading,
  scopes,
  type State,
} from "../engine/index.ts";
import { BoundedMap, hexJson } from "../../sdk/index.ts";
import type { Moment } from "./market-feed.ts";
import { Recent } from "./recent.ts";
import type {
  AccountDeltaJson,
  AccountJson,
  AccountSnapshotJson,
  FillJson,
  KeyJson,
  ListJson,
  OrderJson,
  PositionJson,
} from "./wire.ts";
import { usdc } from "./wire.ts";

/** Fills that are kept of an account; and accounts of which any are, those that traded last. */
export const fillsMax = 100;
const accountsMax = 4_096;

interface Watch {
  count: number;
  /** As its watchers know them, by name. */
  orders: Map<string, OrderJson>;
  delta: AccountDeltaJson | undefined;
}

export class AccountFeed {
  readonly #fills: BoundedMap<number, Recent<FillJson>> = new BoundedMap(accountsMax);
  /** No more than there are subscriptions. */
  readonly #watched: Map<number, Watch> = new Map();

  apply(
    moment: Moment,
    events: readonly EngineEvent[],
    seen: { readonly reading: Reading; readonly lists: ReadonlyMap<number, ListJson[]> },
  ): void {
    const filled = new Map<number, FillJson[]>();
    for (const event of events) {
      if (event.type !== "fill") continue;
      const fill = toFill(moment, event);
      const { account } = event.order;
      filled.set(account, [...(filled.get(account) ?? []), fill]);
      const recent = this.#fills.get(account) ?? new Recent<FillJson>(fillsMax);
      this.#fills.set(account, recent);
      recent.push(fill);
    }
    for (const [id, watch] of this.#watched) {
      const account = seen.reading.state.accounts[id];
      if (account === undefined) continue;
      const before = watch.orders;
      watch.orders = ordersByName(account);
      watch.delta = {
        account: viewAccount(seen.reading, account),
        ...orderChanges(before, watch.orders),
        fills: filled.get(id) ?? [],
        lists: seen.lists.get(id) ?? [],
      };
    }
  }

  /** From now on there is a delta for every batch, until it is let go as often. */
  watch(account: Account): void {
    const watch = this.#watched.get(account.id);
    if (watch !== undefined) watch.count++;
    else
      this.#watched.set(account.id, {
        count: 1,
        orders: ordersByName(account),
        delta: undefined,
      });
  }

  isWatched(id: number): boolean {
    return this.#watched.has(id);
  }

  unwatch(id: number): void {
    const watch = this.#watched.get(id);
    if (watch !== undefined && --watch.count === 0) this.#watched.delete(id);
  }

  delta(id: number): AccountDeltaJson | undefined {
    return this.#watched.get(id)?.delta;
  }

  snapshot(reading: Reading, account: Account): AccountSnapshotJson {
    return {
      account: viewAccount(reading, account),
      orders: viewOrders(account),
      fills: this.fills(account.id, fillsMax),
    };
  }

  fills(id: number, count: number): FillJson[] {
    return this.#fills.get(id)?.latest(count) ?? [];
  }
}

export function viewAccount(reading: Reading, account: Account): AccountJson {
  const read = readAccount(reading, account);
  return {
    id: account.id,
    owner: hexJson(account.owner),
    subId: account.subId,
    cash: usdc(account.cash),
    equity: usdc(read.equity),
    free: usdc(read.free),
    initial: usdc(read.initial),
    maintenance: usdc(read.maintenance),
    buffer: usdc(read.buffer),
    riskState: read.riskState,
    liquidatedSinceMs: account.liquidatedSinceMs,
    openOrders: account.openOrders,
    positions: read.positions.map((position) => viewPosition(reading.state, position)),
    keys: viewKeys(account),
  };
}

/** The newest last; of one batch by their names. */
export function viewOrders(account: Account): OrderJson[] {
  return account.exposures
    .flatMap(({ orders }) => orders.map(viewOrder))
    .sort((a, b) => a.batch - b.batch || a.key - b.key || a.number - b.number);
}

function viewOrder(order: Order): OrderJson {
  const { number, key, market, isBuy, priceTicks, lots, timeInForce, flags } = order;
  const { validUntilMs, clientId, isDormant, batch } = order;
  return {
    number,
    key,
    market,
    isBuy,
    priceTicks,
    lots,
    timeInForce,
    flags,
    validUntilMs,
    clientId,
    isDormant,
    batch,
  };
}

const hundredths = 100n;

function viewPosition({ markets }: State, position: PositionReading): PositionJson {
  const { market, lots, entryQuote } = position;
  const unit = markets.find(({ id }) => id === market)?.parameters.unit ?? 1n;
  const entry = floorDiv(entryQuote * hundredths, BigInt(Math.abs(lots)) * unit);
  const [whole, rest] = [floorDiv(entry, hundredths), entry % hundredths];
  return {
    market,
    lots,
    entryTicks: `${whole}.${rest.toString().padStart(2, "0")}`,
    entryQuote: usdc(entryQuote),
    notional: usdc(position.notional),
    unrealised: usdc(position.unrealised),
    fundingOwed: usdc(position.fundingOwed),
    maintenance: usdc(position.maintenance),
    liquidationTicks: position.liquidationTicks ?? null,
  };
}

function viewKeys({ owner, keys, windows }: Account): KeyJson[] {
  const nextNonce = (key: number): number => (windows.get(key)?.top ?? 0) + 1;
  const unbound = { scopes: null, markets: null, expiryMs: null, maxNotional: null };
  const sessions = [...keys].sort(([a], [b]) => a - b);
  return [
    { key: 0, address: hexJson(owner), ...unbound, nextNonce: nextNonce(0) },
    ...sessions.map(([key, session]) => ({
      key,
      address: hexJson(session.address),
      scopes: scopeNames.filter((name) => (session.scopes & scopes[name]) !== 0),
      markets: session.markets,
      expiryMs: session.expiryMs,
      maxNotional: usdc(session.maxNotional),
      nextNonce: nextNonce(key),
    })),
  ];
}

const scopeNames = ["trade", "cancel", "transfer"] as const;

function toFill({ batch, timeMs }: Moment, event: EngineEvent & { type: "fill" }): FillJson {
  const { market, number, key, clientId } = event.order;
  const { isBuy, lots, priceTicks, fee, isMaker, isLiquidation } = event;
  return {
    batch,
    timeMs,
    market,
    number,
    key,
    clientId,
    isBuy,
    lots,
    priceTicks,
    fee: usdc(fee),
    isMaker,
    isLiquidation,
  };
}

function ordersByName(account: Account): Map<string, OrderJson> {
  return new Map(viewOrders(account).map((order) => [`${order.key}/${order.number}`, order]));
}

function orderChanges(
  before: ReadonlyMap<string, OrderJson>,
  after: ReadonlyMap<string, OrderJson>,
): Pick<AccountDeltaJson, "orders" | "closed"> {
  const orders = [...after].flatMap(([name, order]) => {
    const old = before.get(name);
    const isSame =
      old?.lots === order.lots && old.isDormant === order.isDormant && old.batch === order.batch;
    return isSame ? [] : [order];
  });
  const closed = [...before].flatMap(([name, { key, number }]) =>
    after.has(name) ? [] : [{ key, number }],
  );
  return { orders, closed };
}
