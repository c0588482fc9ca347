export type { ReplicaEffect, ReplicaEvent } from "./events.ts";
export type { Application, VoteSignatures } from "./ports.ts";
export type { Origin } from "./proposal.ts";
export { certificateKey, hashesToLoad, type Recovered } from "./recovery.ts";
export { Replica, type ReplicaOptions } from "./replica.ts";
export {
  decodeSafety,
  encodeSafety,
  initialSafety,
  mergeSafety,
  safetyKey,
  type SafetyState,
} from "./safety.ts";
