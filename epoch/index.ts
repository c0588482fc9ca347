export { type Attempt, readAttempt, writeAttempt } from "./attempt.ts";
export {
  Participant,
  type ParticipantEffect,
  type ParticipantEvent,
  type RoundAnswer,
  type RoundJob,
} from "./participant.ts";
export {
  judge,
  openableDealers,
  ownKeyShare,
  planOf,
  seatsToReveal,
  type Verdict,
} from "./round.ts";
export { Succession, type SuccessionBlock } from "./succession.ts";
