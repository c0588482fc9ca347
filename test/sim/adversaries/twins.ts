import type { Adversary } from "./adversary.ts";

/**
 * Two honest machines with one key: each keeps every rule, and together they break them all. What reaches which of
 * the two is up to the cuts of the run.
 */
export const twins: Adversary = {
  isTwofold: true,
  isOfConsensus: true,
  corrupt: (machine) => machine,
};
