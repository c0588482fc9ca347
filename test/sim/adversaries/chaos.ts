import {
  blockHash,
  type ConsensusMessage,
  type Propose,
  signedDigest,
  ValidatorIndex,
  type View,
  type VoteKind,
  zeroHash,
} from "../../../protocol/index.ts";
import type { ToyEffect } from "../replica-node.ts";
import { decodeToyPayload, encodeToyPayload } from "../toy-application.ts";
import type { Adversary, Tools } from "./index.ts";

/** Votes for everything it hears of, in every way, to some; and as leader makes two blocks, for some each. */
export const chaos: Adversary = {
  isTwofold: false,
  corrupt: (node, tools) => ({
    start: (now) => node.start(now).flatMap((effect) => withRival(effect, tools)),
    step(event) {
      const effects = node.step(event).flatMap((effect) => withRival(effect, tools));
      if (event.type !== "message") return effects;
      return [...effects, ...votesOn(event.message, tools)];
    },
  }),
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

/** A second block beside its own, equally justified: earlier, later or without some of the items. */
function withRival(effect: ToyEffect, tools: Tools): ToyEffect[] {
  if (effect.type !== "broadcast" || effect.message.type !== "propose") return [effect];
  const { header } = effect.message;
  const payload = decodeToyPayload(header.payload);
  if (payload === undefined) return [effect];
  const rivalHeader = {
    ...header,
    payload: encodeToyPayload({ items: payload.items.slice(1), time: payload.time + 1 }),
  };
  const { view } = header;
  const signature = sign("prepare", view, blockHash(rivalHeader), tools);
  const rival: Propose = { ...effect.message, header: rivalHeader, signature };
  const [first, second] = tools.random.chance(0.5)
    ? [effect.message, rival]
    : [rival, effect.message];
  return [...toSome(first, tools), ...toSome(second, tools)];
}

function sign(kind: VoteKind, view: View, hash: Uint8Array, tools: Tools): Uint8Array {
  const { domain, committee } = tools.options;
  const statement = { domain, kind, epoch: committee.epoch, slot: view, payload: hash };
  return tools.signatures.sign(signedDigest(statement));
}

function toSome(message: ConsensusMessage, { options, random }: Tools): ToyEffect[] {
  return options.committee.members.flatMap((_, seat) =>
    random.chance(0.5) ? [{ type: "send", to: ValidatorIndex(seat), message } as const] : [],
  );
}
