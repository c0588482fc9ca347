import {
  checkpointStatement,
  type CheckpointVote,
  type Lane,
  laneHash,
  type Message,
} from "../../../protocol/index.ts";
import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, spoil, toHalves, type Tools } from "./adversary.ts";
import { Headers, rivalOf } from "./rival.ts";

/**
 * Says two things where one may be said, each to one half of the others: two blocks in a view and the votes on them,
 * two messages at a place of its lane. Two checkpoints of a height it says to all: nobody passes those on, so that they
 * would never meet.
 */
export const equivocator: Adversary = {
  isOfConsensus: true,
  corrupt(machine, tools) {
    const headers = new Headers();
    const lane = new ForkedLane(tools);
    const cut = tools.random.between(0, tools.committee.members.length - 1);
    const isFirst = (seat: number): boolean => seat < cut;
    const rivals = (message: Message): Message | undefined => {
      if (message.type === "propose") return rivalOf(message, headers, tools);
      if (message.type === "lanes") return { ...message, lanes: message.lanes.map(lane.fork) };
      return message.type === "checkpoint-vote" ? otherCheckpoint(message, tools) : undefined;
    };
    const split = (effect: CoreEffect): CoreEffect[] => {
      if (effect.type !== "broadcast") return [effect];
      headers.note(effect.message);
      const rival = rivals(effect.message);
      if (rival === undefined) return [effect];
      if (rival.type === "checkpoint-vote") return [effect, { ...effect, message: rival }];
      return toHalves([effect.message, rival], isFirst, tools);
    };
    return {
      start: (now) => machine.start(now).flatMap(split),
      step(event) {
        if (event.type === "message") headers.note(event.message);
        return machine.step(event).flatMap(split);
      },
    };
  },
};

/** A second lane beside the one that the machine writes: it leaves out every other entry. */
class ForkedLane {
  readonly #tools: Tools;
  readonly #previous = new Map<number, Uint8Array>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  readonly fork = (lane: Lane): Lane => {
    if (lane.owner !== this.#tools.index) return lane;
    const { incarnation, entries } = lane;
    const unsigned = {
      ...lane,
      previous: this.#previous.get(incarnation) ?? lane.previous,
      entries: entries.filter((_, i) => i % 2 === 1),
    };
    const hash = laneHash(unsigned);
    this.#previous.set(incarnation, hash);
    return { ...unsigned, signature: this.#tools.lanes.sign(hash) };
  };
}

function otherCheckpoint(vote: CheckpointVote, { domain, votes }: Tools): CheckpointVote {
  const checkpoint = { ...vote.checkpoint, rollupsRoot: spoil(vote.checkpoint.rollupsRoot) };
  const signature = votes.sign(checkpointStatement(domain, checkpoint));
  return { ...vote, checkpoint, signature };
}
