import type { Message } from "../../../protocol/index.ts";
import { type Adversary, filtered, isSaid, spoil, toHalves } from "./adversary.ts";

type Opened = Extract<Message, { type: "opened" }>;

/**
 * Uses its turns to combine for harm: what it tells about a slice is wrong, right for some and wrong for others, or kept
 * to itself; and whoever asks it for what is missing gets a lie. Its own shares it gives to every second one who asks.
 */
export const combiner: Adversary = {
  isOfConsensus: false,
  corrupt(machine, tools) {
    const { random } = tools;
    /** Points as valid as the right ones, in other places; or no points at all. */
    const lieOf = (message: Opened): Opened => ({
      ...message,
      slices: message.slices.map(({ slice, openings }) => ({
        slice,
        openings: random.chance(0.5)
          ? [...openings.slice(1), ...openings.slice(0, 1)].map((each, i, all) =>
              all.length === 1 && i === 0 ? spoil(each) : each,
            )
          : openings.map(spoil),
      })),
    });
    return filtered(machine, (effect) => {
      if (!isSaid(effect)) return [effect];
      const { message } = effect;
      if (message.type === "shares" && random.chance(0.5)) return [];
      if (message.type !== "opened") return [effect];
      const lie = lieOf(message);
      if (effect.type === "send") return [{ ...effect, message: lie }];
      const half = (seat: number): boolean => seat % 2 === 0;
      return random.pick([
        [],
        [{ ...effect, message: lie }],
        toHalves([message, lie], half, tools),
      ]);
    });
  },
};
