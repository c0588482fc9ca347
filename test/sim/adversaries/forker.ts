import {
  type Header,
  Height,
  type Message,
  type Propose,
  type QC,
} from "../../../protocol/index.ts";
import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, type Tools } from "./adversary.ts";
import { Headers, signed } from "./rival.ts";

/** Blocks whose certificates it remembers, to build on. */
const memory = 12;

interface Certified {
  readonly header: Header;
  readonly qc: QC;
}

/** As leader, builds on an older certified block than it should, as if what came after had never been. */
export const forker: Adversary = {
  isOfConsensus: true,
  corrupt(machine, tools) {
    const headers = new Headers();
    const certified: Certified[] = [];
    const remember = (message: Message): void => {
      if (message.type !== "propose") return;
      headers.note(message);
      const { header, parentQC } = message;
      const parent = headers.get(header.parent);
      if (parent !== undefined && parentQC !== undefined)
        certified.push({ header: parent, qc: parentQC });
      certified.splice(0, certified.length - memory);
    };
    const fork = (effect: CoreEffect): CoreEffect => {
      if (effect.type !== "broadcast" || effect.message.type !== "propose") return effect;
      const { view } = effect.message.header;
      const older = certified.filter(({ qc }) => qc.view < view);
      if (older.length === 0) return effect;
      return { ...effect, message: moveTo(tools.random.pick(older), effect.message, tools) };
    };
    return {
      start: (now) => machine.start(now).map(fork),
      step(event) {
        if (event.type === "message") remember(event.message);
        return machine.step(event).map(fork);
      },
    };
  },
};

function moveTo({ header: parent, qc }: Certified, proposal: Propose, tools: Tools): Propose {
  const header: Header = {
    ...proposal.header,
    height: Height(parent.height + 1),
    parent: qc.hash,
    parentView: parent.view,
    payload: tools.emptyPayload(parent) ?? proposal.header.payload,
  };
  const skips = proposal.skips.filter((skip) => skip.view > parent.view);
  return signed({ ...proposal, header, parentQC: qc, skips }, tools);
}
