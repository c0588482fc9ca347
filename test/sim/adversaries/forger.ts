import { unreachable } from "../../../base/index.ts";
import { type ConsensusMessage, type QC, View } from "../../../protocol/index.ts";
import type { ToyEffect } from "../replica-node.ts";
import type { SeededRandom } from "../random.ts";
import type { Adversary } from "./index.ts";

/** Says what nobody signed: spoiled signatures, certificates moved to other views, blocks that nobody asked for. */
export const forger: Adversary = {
  isTwofold: false,
  corrupt: (node, { random }) => ({
    start: (now) => node.start(now).map((effect) => forge(effect, random)),
    step: (event) => node.step(event).map((effect) => forge(effect, random)),
  }),
};

function forge(effect: ToyEffect, random: SeededRandom): ToyEffect {
  if ((effect.type !== "send" && effect.type !== "broadcast") || random.chance(0.5)) return effect;
  return { ...effect, message: forgeMessage(effect.message as ConsensusMessage, random) };
}

function forgeMessage(message: ConsensusMessage, random: SeededRandom): ConsensusMessage {
  return random.pick(forgeries(message, random));
}

function forgeries(message: ConsensusMessage, random: SeededRandom): ConsensusMessage[] {
  switch (message.type) {
    case "vote":
      return [
        { ...message, signature: spoil(message.signature) },
        { ...message, justification: moved(message.justification, random) },
      ];
    case "propose":
      return [
        { ...message, signature: spoil(message.signature) },
        { ...message, skips: message.skips.slice(1) },
        { ...message, parentQC: moved(message.parentQC, random) },
        { ...message, header: { ...message.header, payload: new Uint8Array(3) } },
      ];
    case "certificate":
      return [{ ...message, qc: moved(message.qc, random) ?? message.qc }];
    case "status":
      return [{ ...message, view: View(2 ** 50), commitQC: moved(message.commitQC, random) }];
    case "blocks":
      return [{ ...message, headers: message.headers.toReversed() }];
    case "get-blocks":
      return [{ ...message, hash: spoil(message.hash), count: 65_535 }];
    case "get-certificates":
      return [{ ...message, from: View(0), to: View(Number.MAX_SAFE_INTEGER) }];
    default:
      return unreachable(message);
  }
}

function moved(qc: QC | undefined, random: SeededRandom): QC | undefined {
  if (qc === undefined) return undefined;
  return random.pick<() => QC>([
    () => ({ ...qc, view: View(qc.view + random.between(1, 40)) }),
    () => ({ ...qc, signature: spoil(qc.signature) }),
    () => ({ ...qc, signers: qc.signers.slice(1) }),
    () => ({ ...qc, signers: [...qc.signers, ...qc.signers] }),
    () => ({ ...qc, kind: "commit", hash: spoil(qc.hash) }),
  ])();
}

function spoil(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
}
