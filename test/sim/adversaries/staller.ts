import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, isSaid, type Said } from "./adversary.ts";

/** What it holds back at most: beyond that the oldest goes out early. */
const heldMax = 1_024;

/** Slow on purpose: it says all that it must, just before the others give it up. */
export const staller: Adversary = {
  isOfConsensus: true,
  corrupt(machine, { parameters, random }) {
    const held: { readonly due: number; readonly effect: Said }[] = [];
    const delay = parameters.viewTimeout * random.pick([0.3, 0.6, 0.9]);
    const hold = (effects: readonly CoreEffect[], now: number): CoreEffect[] => {
      for (const effect of effects) if (isSaid(effect)) held.push({ due: now + delay, effect });
      const isDue = ({ due }: { due: number }, i: number): boolean =>
        due <= now || held.length - i > heldMax;
      const count = held.findIndex((each, i) => !isDue(each, i));
      const released = held.splice(0, count === -1 ? held.length : count);
      const kept = effects.filter((effect) => !isSaid(effect));
      return [...kept, ...released.map(({ effect }) => effect)];
    };
    return {
      start: (now) => hold(machine.start(now), now),
      step: (event) => hold(machine.step(event), event.now),
    };
  },
};
