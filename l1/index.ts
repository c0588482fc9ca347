export { abis } from "./abi.ts";
export { isL1Address, openWallet, toWalletSource, type WalletSource } from "./account.ts";
export { type Artifact, readArtifact } from "./artifacts.ts";
export { L1, type L1Place, type Token } from "./connection.ts";
export { type Entry, FileJournal, type Journal } from "./journal.ts";
export {
  committeeAt,
  delegationAt,
  operatorAt,
  type OwnerWish,
  planClaim,
  planCommission,
  planCreate,
  planDelegate,
  planDelegation,
  planExit,
  planFund,
  planOwn,
  planRegister,
  planRollupWithdraw,
  planStake,
  planWithdraw,
  rollupAt,
  settledAt,
  termsAt,
  toUnits,
} from "./plans.ts";
export { type Rehearsed, rehearse } from "./rehearsal.ts";
export { refusalOf } from "./refusals.ts";
export {
  checkRegistration,
  makeRegistration,
  registerArguments,
  type Registration,
  type RegistrationPlace,
} from "./registration.ts";
export { type Outcome, type Plan, Sender, type Step, type Wish } from "./sender.ts";
