import { ValidatorIndex } from "../../../protocol/index.ts";
import type { ToyEffect } from "../replica-node.ts";
import type { Adversary, Tools } from "./index.ts";

/** Says nothing false, but says it only to some, others each time. */
export const selective: Adversary = {
  isTwofold: false,
  corrupt: (node, tools) => ({
    start: (now) => node.start(now).flatMap((effect) => toSome(effect, tools)),
    step: (event) => node.step(event).flatMap((effect) => toSome(effect, tools)),
  }),
};

function toSome(effect: ToyEffect, { options, random }: Tools): ToyEffect[] {
  if (effect.type !== "broadcast") return [effect];
  const { message } = effect;
  return options.committee.members.flatMap((_, seat) =>
    random.chance(0.6) ? [{ type: "send", to: ValidatorIndex(seat), message } as const] : [],
  );
}
