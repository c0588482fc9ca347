import type { Parameters } from "../../protocol/index.ts";

/** Of networks that exist for a few simulated seconds: all happens soon, and fees are what bytes are. */
export const parameters: Parameters = {
  viewTimeout: 100_000,
  idleTime: 300_000,
  laneFlush: 10_000,
  laneHeartbeat: 250_000,
  checkpointHeights: 100,
  checkpointTime: 10_000_000,
  feePerByte: 1,
  epochTime: 0,
  dkgWindow: 0,
  voidAfter: 0,
  keyEpochs: 0,
  keyOverlap: 0,
};
