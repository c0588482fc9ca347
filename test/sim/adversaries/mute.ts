import { type Adversary, rephrased } from "./adversary.ts";

/** Hears everything and says nothing. */
export const mute: Adversary = {
  isOfConsensus: true,
  corrupt: (machine) => rephrased(machine, () => undefined),
};
