// What traders' software uses of the rollup: to make, sign and read lists of actions.

export { decodeActions, encodeActions } from "./intent-codec.ts";
export {
  type Action,
  type ActionList,
  actionsDigest,
  actionsMax,
  type Cancel,
  type Guard,
  hashAction,
  lotsMax,
  type Order,
  orderFlags,
  type RollupDomain,
  signActions,
  type SignedActionList,
  signerOfActions,
  timesInForce,
} from "./intents.ts";
export { nonceLeapMax, nonceWindow } from "./engine/index.ts";
export { Nonces } from "./nonces.ts";
export { type Refusal, Replay } from "./replay.ts";
