export type { KeyShares } from "./openers.ts";
export { createWorkers, type Workers } from "./workers.ts";
export type { RoundRequest, RoundResult } from "./rounds.ts";
