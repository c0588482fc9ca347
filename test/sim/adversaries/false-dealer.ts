import { unreachable } from "../../../base/index.ts";
import type { RoundAnswer } from "../../../epoch/index.ts";
import type { SeededRandom } from "../random.ts";
import { type Adversary, spoil } from "./adversary.ts";

/** Lies in the rounds that make the next committee's key, as a dealer and as one who is dealt to, each time otherwise. */
export const falseDealer: Adversary = {
  isOfConsensus: false,
  corrupt: (machine, { random }) => ({
    start: (now) => machine.start(now),
    step(event) {
      if (event.type !== "round-done") return machine.step(event);
      const answer = bend(event.answer, random);
      return answer === undefined ? [] : machine.step({ ...event, answer });
    },
  }),
};

/** Undefined says nothing at all. What came of the round it has to know as well as the others, or it would be of no use. */
function bend(answer: RoundAnswer, random: SeededRandom): RoundAnswer | undefined {
  if (answer.type === "judged") return answer;
  if (random.chance(0.25)) return undefined;
  switch (answer.type) {
    case "epoch-key":
      return random.chance(0.5) ? answer : { ...answer, epochKey: spoil(answer.epochKey) };
    case "dealing-made": {
      const { dealing } = answer;
      if (dealing === undefined) return answer;
      // The last box, which its owner alone can see to be wrong, or anything.
      const last = dealing.length - 1;
      const at = random.chance(0.7) ? last : random.between(0, last);
      return { ...answer, dealing: dealing.map((byte, i) => (i === at ? byte ^ 1 : byte)) };
    }
    case "dealings-opened":
      return { ...answer, dealers: answer.dealers.filter(() => random.chance(0.5)) };
    case "shares-revealed": {
      const shares = answer.shares.map(({ seat, share }) => ({ seat, share: spoil(share) }));
      return { ...answer, shares };
    }
    default:
      return unreachable(answer);
  }
}
