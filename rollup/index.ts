// What traders' software uses of the rollup: to make, sign and read lists of actions.

export { hashAction } from "./action-hashes.ts";
export {
  type Action,
  actionsMax,
  type Authorize,
  type Cancel,
  type Guard,
  keyMarketsMax,
  lotsMax,
  type Order,
  orderFlags,
  type Replace,
  timesInForce,
  type Transfer,
  type Withdraw,
} from "./actions.ts";
export { decodeActions, encodeActions } from "./intent-codec.ts";
export {
  type ActionList,
  actionsDigest,
  type RollupDomain,
  signActions,
  type SignedActionList,
  signerOfActions,
} from "./intents.ts";
export { nonceLeapMax, nonceWindow } from "./engine/index.ts";
export {
  decodeOracleUpdate,
  encodeOracleUpdate,
  type PriceReport,
  reportDigest,
  reportsMax,
  type SignedOracleUpdate,
  type SignedPriceReport,
  signReport,
} from "./oracle-codec.ts";
export { Nonces } from "./nonces.ts";
export { type Refusal, Replay } from "./replay.ts";
