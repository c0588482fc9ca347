import { type Adversary, rephrased } from "./adversary.ts";

const withheld = new Set(["shares", "opened", "transactions", "blocks"]);

/** Agrees on everything, and lets others open and find what they can without it. */
export const withholder: Adversary = {
  isOfConsensus: false,
  corrupt: (machine) =>
    rephrased(machine, (message) => (withheld.has(message.type) ? undefined : message)),
};
