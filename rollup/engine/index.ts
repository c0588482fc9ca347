// The derivatives engine: a state, and what a batch makes of it.

export {
  type ActionGuard,
  type AuthorizeKey,
  type CancelOrder,
  type EngineAction,
  everyMarket,
  flagBits,
  orderNumber,
  type PlaceOrder,
  type ReplaceOrder,
  scopes,
  type TransferCash,
  type WithdrawCash,
} from "./actions.ts";
export type {
  Deposit,
  EngineBatch,
  L1Info,
  L1Message,
  OracleReport,
  OracleUpdate,
  SetMarket,
  SetRollup,
  SignedList,
  SystemMessage,
  Unreadable,
} from "./batch.ts";
export { refusalOf } from "./authority.ts";
export { type AuctionFill, type AuctionResult, type AuctionTerms, holdAuction } from "./auction.ts";
export { Book } from "./book.ts";
export { Engine } from "./engine.ts";
export type {
  DirtyLeaves,
  EngineEvent,
  OrderName,
  Outcome,
  RefusalReason,
  RemovalReason,
  Withdrawal,
} from "./events.ts";
export type { RiskState } from "./margin.ts";
export type { Touched } from "./changes.ts";
export { type Invariant, InvariantBreach } from "./invariants.ts";
export {
  crossOff,
  freshWindow,
  nonceLeapMax,
  nonceWindow,
  type NonceWindow,
} from "./nonce-window.ts";
export {
  isSoundMarket,
  isSoundRollup,
  type MarginTier,
  type MarketParameters,
  type RollupParameters,
} from "./parameters.ts";
export {
  type AccountReading,
  type MarketReading,
  type PositionReading,
  readAccount,
  readMarket,
  type Reading,
  readingOf,
} from "./readings.ts";
export {
  type Account,
  type Exposure,
  genesisState,
  type Globals,
  type Market,
  type Order,
  type SessionKey,
  type State,
} from "./state.ts";
export type { EngineStep, StepPort } from "./steps.ts";
export {
  AccountId,
  ceilDiv,
  feesId,
  floorDiv,
  insuranceId,
  type Lots,
  MarketId,
  type OrderSlot,
  type Ppm,
  type Quanta,
  type Ticks,
} from "./units.ts";
