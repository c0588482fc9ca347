import type { Adversary } from "./index.ts";

/**
 * Two honest machines with one key: each keeps every rule, and together they break them all. What reaches which of
 * the two is up to the cuts of the run.
 */
export const twins: Adversary = { isTwofold: true, corrupt: (node) => node };
