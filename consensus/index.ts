export { isCertificateOf } from "./certificates.ts";
export type { ReplicaEffect, ReplicaEvent } from "./events.ts";
export { leaderSchedule } from "./leader.ts";
export type { Application, VoteSignatures } from "./ports.ts";
export type { Origin } from "./proposal.ts";
export { certificateKey, hashesToLoad, type Recovered } from "./recovery.ts";
export { Replica, type ReplicaOptions } from "./replica.ts";
export { type Destination } from "./header-walk.ts";
export type { FetchedChunks } from "./snapshot-fetch.ts";
export {
  decodePlan,
  StateSync,
  type StateSyncEffect,
  type StateSyncEvent,
  stateSyncKey,
} from "./state-sync.ts";
export {
  decodeSafety,
  encodeSafety,
  initialSafety,
  mergeSafety,
  safetyKey,
  type SafetyState,
} from "./safety.ts";
export { digestIn } from "./statement.ts";
export type { CastVote } from "./vote-collector.ts";
export { forgettableVotes, readVote, voteLogKey } from "./vote-log.ts";
