// The traders' interface: what the rollup is, over HTTP and WebSocket, and their lists on the way to the sequencer.

export { type Api, type ApiLogger, type ApiOptions, startApi } from "./server.ts";
export type { ApiLimits } from "./limits.ts";
export type { MarketName } from "./market-feed.ts";
export type { Submit } from "./order-entry.ts";
export type { Trees } from "./routes.ts";
export type { Level } from "./ladder.ts";
export type {
  AccountDeltaJson,
  AccountJson,
  AccountSnapshotJson,
  CandleJson,
  DepthJson,
  FillJson,
  LiquidationJson,
  ListJson,
  MarketJson,
  OrderJson,
  PositionJson,
  StatusJson,
  TradeJson,
} from "./wire.ts";
