import {
  blockHash,
  type Header,
  type Message,
  type Propose,
  type VoteKind,
  zeroHash,
} from "../../../protocol/index.ts";
import { toHex } from "../../../base/index.ts";
import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, signVote, type Tools, toSome } from "./adversary.ts";
import { Headers, rivalOf } from "./rival.ts";

/**
 * Votes for everything it hears of, in every way, to some. As leader it makes two blocks, for some each, and greets
 * whoever comes back with the other one: perhaps they forgot what they voted for.
 */
export const chaos: Adversary = {
  isOfConsensus: true,
  corrupt(machine, tools) {
    const headers = new Headers();
    let pair: readonly Propose[] = [];
    const propose = (effect: CoreEffect): CoreEffect[] => {
      if (effect.type !== "broadcast" || effect.message.type !== "propose") return [effect];
      headers.note(effect.message);
      const rival = rivalOf(effect.message, headers, tools);
      pair = rival === undefined ? [effect.message] : [effect.message, rival];
      if (tools.random.chance(0.5)) pair = pair.toReversed();
      return pair.flatMap((proposal) => toSome(proposal, tools));
    };
    return {
      start: (now) => machine.start(now).flatMap(propose),
      step(event) {
        const effects = machine.step(event).flatMap(propose);
        if (event.type === "message") {
          headers.note(event.message);
          effects.push(...votesOn(event.message, tools));
        }
        if (event.type === "peer-connected" && pair.length > 0)
          effects.push({ type: "send", to: event.peer, message: tools.random.pick(pair) });
        return effects;
      },
    };
  },
};

/** Every vote there can be on what a message is about. */
function votesOn(message: Message, tools: Tools): CoreEffect[] {
  if (message.type === "propose")
    return voteAll(message.header.view, blockHash(message.header), tools);
  if (message.type === "vote" && tools.random.chance(0.3))
    return voteAll(message.view, message.hash, tools);
  return [];
}

function voteAll(view: Header["view"], about: Uint8Array, tools: Tools): CoreEffect[] {
  const isSkip = toHex(about) === toHex(zeroHash);
  const kinds: readonly VoteKind[] = isSkip ? ["skip"] : ["prepare", "commit", "skip"];
  return kinds.flatMap((kind) => {
    const hash = kind === "skip" ? zeroHash : about;
    return toSome(
      {
        type: "vote",
        kind,
        epoch: tools.committee.epoch,
        view,
        hash,
        signature: signVote({ kind, view, hash }, tools),
        justification: undefined,
        commitQC: undefined,
      },
      tools,
    );
  });
}
