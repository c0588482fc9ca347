export { type Attempt, readAttempt, writeAttempt } from "./attempt.ts";
export {
  Participant,
  type ParticipantEffect,
  type ParticipantEvent,
  type RoundAnswer,
  type RoundJob,
} from "./participant.ts";
export {
  hasKey,
  judge,
  noKeyId,
  openableDealers,
  ownKeyShare,
  planOf,
  seatsToReveal,
  type Verdict,
} from "./round.ts";
export { Succession, type SuccessionBlock, toCommittee } from "./succession.ts";
