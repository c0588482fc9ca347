import { type Adversary, filtered, toSome } from "./adversary.ts";

/** Says nothing false, but says it only to some, others each time. */
export const selective: Adversary = {
  isOfConsensus: true,
  corrupt: (machine, tools) =>
    filtered(machine, (effect) =>
      effect.type === "broadcast" ? toSome(effect.message, tools, 0.6) : [effect],
    ),
};
