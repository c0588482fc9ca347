// A channel's whole, and what a batch changed of it, make the next whole: the one rule by which a client keeps up.

import type {
  AccountDeltaJson,
  AccountSnapshotJson,
  CandleJson,
  DepthJson,
  Level,
  LiquidationJson,
  OrderJson,
  StatusJson,
  TradeJson,
} from "../../api/index.ts";

/** By the kind of channel, which is its name up to the first colon. */
export interface Wholes {
  readonly depth: DepthJson;
  readonly trades: { readonly trades: readonly TradeJson[] };
  readonly candles: { readonly candles: readonly CandleJson[] };
  readonly account: AccountSnapshotJson;
  readonly liquidations: { readonly liquidations: readonly LiquidationJson[] };
  readonly status: StatusJson;
}

export interface Deltas extends Omit<Wholes, "account"> {
  readonly account: AccountDeltaJson;
}

export type Kind = keyof Wholes;

/** As many as the server's own wholes hold. */
const bounds = { trades: 100, candles: 500, fills: 100, liquidations: 200 };

const folds: { readonly [K in Kind]: (whole: Wholes[K], delta: Deltas[K]) => Wholes[K] } = {
  depth: (whole, delta) => ({
    market: whole.market,
    bids: foldLevels(whole.bids, delta.bids, -1),
    asks: foldLevels(whole.asks, delta.asks, 1),
  }),
  trades: (whole, delta) => ({
    trades: [...whole.trades, ...delta.trades].slice(-bounds.trades),
  }),
  candles: (whole, delta) => ({ candles: foldCandles(whole.candles, delta.candles) }),
  account: (whole, delta) => ({
    account: delta.account,
    orders: foldOrders(whole.orders, delta),
    fills: [...whole.fills, ...delta.fills].slice(-bounds.fills),
  }),
  liquidations: (whole, delta) => ({
    liquidations: [...whole.liquidations, ...delta.liquidations].slice(-bounds.liquidations),
  }),
  status: (_, delta) => delta,
};

export function fold<K extends Kind>(kind: K, whole: Wholes[K], delta: Deltas[K]): Wholes[K] {
  return folds[kind](whole, delta);
}

function foldLevels(
  levels: readonly Level[],
  changes: readonly Level[],
  sign: 1 | -1,
): readonly Level[] {
  if (changes.length === 0) return levels;
  const byPrice = new Map(levels.map((level) => [level[0], level]));
  for (const level of changes) {
    if (level[1] === 0) byPrice.delete(level[0]);
    else byPrice.set(level[0], level);
  }
  return [...byPrice.values()].sort((a, b) => sign * (a[0] - b[0]));
}

function foldCandles(
  candles: readonly CandleJson[],
  changes: readonly CandleJson[],
): readonly CandleJson[] {
  const [first] = changes;
  if (first === undefined) return candles;
  const kept = candles.filter(({ startMs }) => startMs < first.startMs);
  return [...kept, ...changes].slice(-bounds.candles);
}

function foldOrders(
  orders: readonly OrderJson[],
  { orders: changed, closed }: AccountDeltaJson,
): readonly OrderJson[] {
  if (changed.length === 0 && closed.length === 0) return orders;
  const gone = new Set([...changed, ...closed].map(({ key, number }) => `${key}/${number}`));
  return [...orders.filter(({ key, number }) => !gone.has(`${key}/${number}`)), ...changed].sort(
    (a, b) => a.batch - b.batch || a.key - b.key || a.number - b.number,
  );
}
