import {
  Height,
  type Header,
  limits,
  type Message,
  type SealedTransaction,
  type Lane,
} from "../../../protocol/index.ts";
import type { CoreEffect } from "../../../sequencer/core-events.ts";
import { type Adversary, isSaid, spoil } from "./adversary.ts";

/** Old answers that it mixes into new ones. */
const rememberedMax = 64;

/**
 * Answers whoever has fallen behind with wrong things: other blocks than were asked for, altered ones, lanes and
 * transactions with something changed inside, openings that open nothing, states that no block names.
 */
export const liar: Adversary = {
  isOfConsensus: true,
  corrupt(machine, { random }) {
    const headers: Header[] = [];
    const lanes: Lane[] = [];
    const transactions: SealedTransaction[] = [];
    const hear = (message: Message): void => {
      if (message.type === "propose") keep(headers, message.header);
      if (message.type === "lanes") for (const lane of message.lanes) keep(lanes, lane);
      if (message.type === "transactions")
        for (const transaction of message.transactions) keep(transactions, transaction);
    };
    const lieOf = (type: string): Message | undefined => {
      if (type === "blocks" && headers.length > 0)
        return {
          type,
          headers: wrongHeaders(random.pick(headers), headers.slice(0, 8)),
          certificate: undefined,
        };
      if (type === "lanes" && lanes.length > 0)
        return { type, lanes: [wrongLane(random.pick(lanes))] };
      if (type === "transactions" && transactions.length > 0)
        return { type, transactions: [wrongTransaction(random.pick(transactions))] };
      return undefined;
    };
    /** Most lies come in place of the truth, so that whoever asks has to ask another one. */
    const lie = (effect: CoreEffect): CoreEffect[] => {
      if (effect.type === "load-snapshot" && random.chance(0.7)) return lieOfState(effect);
      const asked = answered(effect);
      if (asked === undefined || random.chance(0.3)) return [effect];
      const message = lieOf(asked.type);
      return message === undefined ? [effect] : [{ type: "send", to: asked.to, message }];
    };
    /** A state of its own making, or none. */
    const lieOfState = ({ to, height, index }: StateAsked): CoreEffect[] => {
      const fill = random.between(0, 255);
      const chunk = new Uint8Array(random.pick([1, 100, limits.snapshotChunkBytes])).fill(fill);
      const tree = new Uint8Array(32).fill(fill);
      const part = { bytes: chunk.length, index, chunk, tree, path: [tree] };
      return random.chance(0.3)
        ? []
        : [{ type: "send", to, message: { type: "snapshot-chunk", height, part } }];
    };
    return {
      start: (now) => machine.start(now).flatMap(lie),
      step(event) {
        if (event.type === "message") hear(event.message);
        return machine.step(event).flatMap(lie);
      },
    };

    function wrongHeaders(one: Header, others: readonly Header[]): Header[] {
      return random.pick([
        [...others],
        [{ ...one, payload: spoil(one.payload) }],
        [{ ...one, height: Height(one.height + 1) }, ...others],
      ]);
    }
  },
};

type StateAsked = Extract<CoreEffect, { type: "load-snapshot" }>;

interface Answer {
  readonly type: "blocks" | "lanes" | "transactions";
  readonly to: Extract<CoreEffect, { type: "send" }>["to"];
}

/** What kind of answer this effect gives or leads to, and to whom. */
function answered(effect: CoreEffect): Answer | undefined {
  if (effect.type === "serve-blocks") return { type: "blocks", to: effect.to };
  if (effect.type === "load-lanes") return { type: "lanes", to: effect.to };
  if (effect.type === "load-transactions") return { type: "transactions", to: effect.to };
  if (!isSaid(effect) || effect.type !== "send") return undefined;
  const { type } = effect.message;
  const isAnswer = type === "blocks" || type === "lanes" || type === "transactions";
  return isAnswer ? { type, to: effect.to } : undefined;
}

function wrongLane(lane: Lane): Lane {
  return { ...lane, entries: lane.entries.slice(1) };
}

function wrongTransaction(transaction: SealedTransaction): SealedTransaction {
  return { ...transaction, body: spoil(transaction.body) };
}

function keep<T>(kept: T[], item: T): void {
  kept.unshift(item);
  kept.splice(rememberedMax);
}
