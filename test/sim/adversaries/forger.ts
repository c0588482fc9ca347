import { unreachable } from "../../../base/index.ts";
import { Height, type Message, type QC, View } from "../../../protocol/index.ts";
import type { SeededRandom } from "../random.ts";
import { type Adversary, rephrased, spoil } from "./adversary.ts";

/** Says what nobody signed: spoiled signatures, certificates moved to other views, blocks that nobody asked for. */
export const forger: Adversary = {
  isOfConsensus: true,
  corrupt: (machine, { random }) =>
    rephrased(machine, (message) =>
      random.chance(0.5) ? message : random.pick(forgeries(message, random)),
    ),
};

function forgeries(message: Message, random: SeededRandom): Message[] {
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
    case "lanes":
      return [
        {
          ...message,
          lanes: message.lanes.map((lane) => ({ ...lane, signature: spoil(lane.signature) })),
        },
      ];
    case "get-snapshot":
      return [{ ...message, height: Height(message.height + 1), index: 2 ** 32 - 1 }];
    case "snapshot-chunk":
      return [
        { ...message, part: { ...message.part, chunk: spoil(message.part.chunk) } },
        { ...message, part: { ...message.part, bytes: message.part.bytes + 1 } },
      ];
    case "checkpoint-vote":
      return [{ ...message, signature: spoil(message.signature) }];
    case "lane-tips":
    case "get-lanes":
    case "transactions":
    case "get-transactions":
    case "shares":
    case "opened":
    case "pull-openings":
    case "epoch-end":
      return [message];
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
