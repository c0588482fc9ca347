// A node of the rollup: what it tells of its batches.

export type { ExecutedBatch, RollupSource } from "./executed.ts";
export { toSignedList } from "./lists.ts";
export { Listeners } from "./listeners.ts";
export { buildBatch, type BuiltBatch, payloadsOf } from "./batch-builder.ts";
export {
  decodeMarketParameters,
  decodeRollupParameters,
  encodeMarketParameters,
  encodeRollupParameters,
} from "../parameter-codec.ts";
export { domainOf, fromSpecJson, type RollupSpec, specHash, toSpecJson } from "./spec.ts";
export {
  type Anchored,
  decodeVaultMessage,
  encodeAnchored,
  encodeDeposit,
  encodeSetMarket,
  encodeSetRollup,
} from "./system-messages.ts";
export { type BatchStore, Executor, type Start } from "./executor.ts";
export { noProgress, type Progress } from "./progress.ts";
export { Relay, type RelayOptions, relaySigner } from "./relay.ts";
export { reporter, summaryOf } from "./report.ts";
export { RollupNode } from "./rollup-node.ts";
