import {
  blockHash,
  type ConsensusMessage,
  type Propose,
  ValidatorIndex,
  type View,
  type VoteKind,
  zeroHash,
} from "../../../protocol/index.ts";
import type { ToyEffect } from "../replica-node.ts";
import { decodeToyPayload, encodeToyPayload } from "../toy-application.ts";
import type { Adversary, Tools } from "./index.ts";

/**
 * Votes for everything it hears of, in every way, to some. As leader it makes two blocks, for some each, and greets
 * whoever comes back with the other one: perhaps they forgot what they voted for.
 */
export const chaos: Adversary = {
  isTwofold: false,
  corrupt(node, tools) {
    let pair: readonly Propose[] = [];
    const propose = (effect: ToyEffect): ToyEffect[] => {
      if (effect.type !== "broadcast" || effect.message.type !== "propose") return [effect];
      pair = [effect.message, rivalOf(effect.message, tools)];
      if (tools.random.chance(0.5)) pair = pair.toReversed();
      return pair.flatMap((proposal) => toSome(proposal, tools));
    };
    return {
      start: (now) => node.start(now).flatMap(propose),
      step(event) {
        const effects = node.step(event).flatMap(propose);
        if (event.type === "message") effects.push(...votesOn(event.message, tools));
        if (event.type === "peer-connected" && pair.length > 0)
          effects.push({ type: "send", to: event.peer, message: tools.random.pick(pair) });
        return effects;
      },
    };
  },
};

/** Every vote there can be on what a message is about. */
function votesOn(message: ConsensusMessage, tools: Tools): ToyEffect[] {
  if (message.type === "propose")
    return voteAll(message.header.view, blockHash(message.header), tools);
  if (message.type === "vote" && tools.random.chance(0.3))
    return voteAll(message.view, message.hash, tools);
  return [];
}

function voteAll(view: View, hash: Uint8Array, tools: Tools): ToyEffect[] {
  const isSkip = hash.every((byte) => byte === 0);
  const kinds: readonly VoteKind[] = isSkip ? ["skip"] : ["prepare", "commit", "skip"];
  return kinds.flatMap((kind) => {
    const said = kind === "skip" ? zeroHash : hash;
    return toSome(
      {
        type: "vote",
        kind,
        epoch: tools.options.committee.epoch,
        view,
        hash: said,
        signature: sign(kind, view, said, tools),
        justification: undefined,
        commitQC: undefined,
      },
      tools,
    );
  });
}

/** A second block beside its own, as justified as the first. */
function rivalOf(proposal: Propose, tools: Tools): Propose {
  const payload = decodeToyPayload(proposal.header.payload) ?? { items: [], time: 0 };
  const header = {
    ...proposal.header,
    payload: encodeToyPayload({ items: payload.items.slice(1), time: payload.time + 1 }),
  };
  const signature = sign("prepare", header.view, blockHash(header), tools);
  return { ...proposal, header, signature };
}

function sign(kind: VoteKind, view: View, hash: Uint8Array, tools: Tools): Uint8Array {
  const { domain, committee } = tools.options;
  const { epoch } = committee;
  return tools.signatures.sign({ domain, kind, epoch, slot: view, payload: hash });
}

function toSome(message: ConsensusMessage, { options, random }: Tools): ToyEffect[] {
  return options.committee.members.flatMap((_, seat) =>
    random.chance(0.5) ? [{ type: "send", to: ValidatorIndex(seat), message } as const] : [],
  );
}
