// The rollup's side of its vault on L1: deposits, roots, disputes, withdrawals.

export { settlementAbi, stepsAbi, tokenAbi, vaultAbi } from "./abi.ts";
export { chunkHash, condense, traceOf } from "./chunk.ts";
export { News } from "./news.ts";
export { readSettlementOptions, type SettlementOptions } from "./options.ts";
export { attach, keep, Proposer, type ProposerOptions } from "./proposer.ts";
export { Shadow, type ShadowOptions, type ShadowStart } from "./shadow.ts";
export {
  type Challenge,
  type Claim,
  type Place,
  type Proposal,
  VaultClient,
  type VaultClientOptions,
} from "./vault-client.ts";
export { judge, type Verdict } from "./verdict.ts";
export { type SettlementEvent, Watcher, type WatcherOptions } from "./watcher.ts";
