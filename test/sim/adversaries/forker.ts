import {
  blockHash,
  type ConsensusMessage,
  type Header,
  Height,
  type Propose,
  type QC,
} from "../../../protocol/index.ts";
import { equalBytes } from "../../../base/index.ts";
import type { ToyEffect } from "../replica-node.ts";
import { encodeToyPayload } from "../toy-application.ts";
import type { Adversary, Tools } from "./index.ts";

/** Blocks whose certificates it remembers, to build on. */
const memory = 12;

/** As leader, builds on an older certified block than it should, as if what came after had never been. */
export const forker: Adversary = {
  isTwofold: false,
  corrupt(node, tools) {
    const headers: Header[] = [];
    const certified: { header: Header; qc: QC }[] = [];
    const remember = (message: ConsensusMessage): void => {
      if (message.type !== "propose") return;
      const { header, parentQC } = message;
      const parent = headers.find((each) => equalBytes(blockHash(each), header.parent));
      if (parent !== undefined && parentQC !== undefined)
        certified.push({ header: parent, qc: parentQC });
      headers.push(header);
      headers.splice(0, headers.length - memory);
      certified.splice(0, certified.length - memory);
    };
    const fork = (effect: ToyEffect): ToyEffect => {
      if (effect.type !== "broadcast" || effect.message.type !== "propose") return effect;
      const older = certified.filter(({ qc }) => qc.view < (effect.message as Propose).header.view);
      if (older.length === 0) return effect;
      return { ...effect, message: moveTo(tools.random.pick(older), effect.message, tools) };
    };
    return {
      start: (now) => node.start(now).map(fork),
      step(event) {
        if (event.type === "message") remember(event.message);
        return node.step(event).map(fork);
      },
    };
  },
};

function moveTo(
  { header: parent, qc }: { header: Header; qc: QC },
  proposal: Propose,
  { options, signatures }: Tools,
): Propose {
  const header: Header = {
    ...proposal.header,
    height: Height(parent.height + 1),
    parent: qc.hash,
    parentView: parent.view,
    payload: encodeToyPayload({ items: [], time: Number.MAX_SAFE_INTEGER }),
  };
  const { domain, committee } = options;
  const signature = signatures.sign({
    domain,
    kind: "prepare",
    epoch: committee.epoch,
    slot: header.view,
    payload: blockHash(header),
  });
  const skips = proposal.skips.filter((skip) => skip.view > parent.view);
  return { ...proposal, header, parentQC: qc, skips, signature };
}
