// A node of the rollup: what it tells of its batches.

export type { ExecutedBatch, RollupSource } from "./executed.ts";
export { Listeners } from "./listeners.ts";
