import { type Adversary, filtered, isSaid, signVote, spoil } from "../sim/adversaries/adversary.ts";

/**
 * Votes twice, for its block and for another, and lets everybody hear both. Who tells a different story to each, as the
 * equivocator does, may never be found out by any of them alone; this one must be.
 */
export const perjurer: Adversary = {
  isOfConsensus: true,
  corrupt: (machine, tools) =>
    filtered(machine, (effect) => {
      if (!isSaid(effect)) return [effect];
      const { message } = effect;
      if (message.type !== "vote" || message.kind === "skip") return [effect];
      const rival = { ...message, hash: spoil(message.hash) };
      const signature = signVote(rival, tools);
      return [effect, { ...effect, message: { ...rival, signature } }];
    }),
};

/** What honest validators must have noted when this adversary has had its time: faults by code, evidence by type. */
export function mustBeNoted(adversary: string | undefined): readonly string[] {
  return adversary === "perjurer" ? ["EQUIVOCATION", "statements"] : [];
}
