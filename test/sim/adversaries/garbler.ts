import { type Adversary, rephrased, spoil } from "./adversary.ts";

/** Sends shares and openings that are none. */
export const garbler: Adversary = {
  isOfConsensus: false,
  corrupt: (machine) =>
    rephrased(machine, (message) => {
      if (message.type === "shares") {
        const slices = message.slices.map((slice) => ({
          ...slice,
          shares: slice.shares.map(spoil),
        }));
        return { ...message, slices };
      }
      if (message.type === "opened") {
        const slices = message.slices.map((slice) => ({
          ...slice,
          openings: slice.openings.map(spoil),
        }));
        return { ...message, slices };
      }
      return message;
    }),
};
