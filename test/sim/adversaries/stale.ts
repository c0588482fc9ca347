import { type Message, ValidatorIndex } from "../../../protocol/index.ts";
import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, isSaid } from "./adversary.ts";

const rememberedMax = 256;

/** Says again, at any later time and to anyone, what it or another once said. */
export const stale: Adversary = {
  isOfConsensus: true,
  corrupt(machine, { committee, random }) {
    const remembered: Message[] = [];
    const remember = (message: Message): void => {
      if (remembered.length < rememberedMax) remembered.push(message);
      // What is old stays in the mixture.
      else if (random.chance(0.1)) remembered[random.between(0, rememberedMax - 1)] = message;
    };
    const look = (effects: readonly CoreEffect[]): CoreEffect[] => {
      for (const effect of effects) if (isSaid(effect)) remember(effect.message);
      if (remembered.length === 0 || !random.chance(0.2)) return [...effects];
      const to = ValidatorIndex(random.between(0, committee.members.length - 1));
      return [...effects, { type: "send", to, message: random.pick(remembered) }];
    };
    return {
      start: (now) => look(machine.start(now)),
      step(event) {
        if (event.type === "message") remember(event.message);
        return look(machine.step(event));
      },
    };
  },
};
