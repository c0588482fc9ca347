import { decodeMessage, encodeMessage, type Message } from "../../../protocol/index.ts";
import type { SeededRandom } from "../random.ts";
import { type Adversary, rephrased } from "./adversary.ts";

/** Flips bits in what it says, on the wire: whatever can still be read is for the others to make sense of. */
export const mutator: Adversary = {
  isOfConsensus: true,
  corrupt: (machine, { random }) =>
    rephrased(machine, (message) => (random.chance(0.3) ? mutated(message, random) : message)),
};

function mutated(message: Message, random: SeededRandom): Message | undefined {
  const bytes = encodeMessage(message);
  for (let flips = random.between(1, 4); flips > 0; flips--) {
    const at = random.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7));
  }
  return decodeMessage(bytes);
}
