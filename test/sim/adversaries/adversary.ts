// What a Byzantine validator is made of: an honest machine, and something between it and the world. The same files
// corrupt the nodes of the simulator and a real process.

import type { VoteSignatures } from "../../../consensus/index.ts";
import type { LaneSignatures } from "../../../mempool/index.ts";
import {
  type Committee,
  type Header,
  type Message,
  type Micros,
  type Parameters,
  ValidatorIndex,
  type VoteKind,
} from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import type { SeededRandom } from "../random.ts";

/** What a core is to whoever runs it. */
export interface Machine {
  start(now: Micros): readonly CoreEffect[];
  step(event: CoreEvent): readonly CoreEffect[];
}

/** What an adversary knows and holds: its own keys, and nobody else's. */
export interface Tools {
  readonly index: ValidatorIndex;
  readonly committee: Committee;
  readonly parameters: Parameters;
  readonly domain: Uint8Array;
  readonly random: SeededRandom;
  /** With the adversary's own keys. */
  readonly votes: VoteSignatures;
  readonly lanes: LaneSignatures;
  /** The payload of an empty block on this parent, as valid as can be; undefined when it does not know one. */
  readonly emptyPayload: (parent: Header | undefined) => Uint8Array | undefined;
}

export interface Adversary {
  /** Runs as two processes with one key. */
  readonly isTwofold?: boolean;
  /** Whether it does harm where there is nothing but consensus. */
  readonly isOfConsensus: boolean;
  corrupt(machine: Machine, tools: Tools): Machine;
}

/** Passes all effects of a machine through a filter. */
export function filtered(
  machine: Machine,
  filter: (effect: CoreEffect) => readonly CoreEffect[],
): Machine {
  return {
    start: (now) => machine.start(now).flatMap(filter),
    step: (event) => machine.step(event).flatMap(filter),
  };
}

/** Says something else in place of what the machine says; nothing when undefined. */
export function rephrased(
  machine: Machine,
  rephrase: (message: Message, isToAll: boolean) => Message | undefined,
): Machine {
  return filtered(machine, (effect) => {
    if (!isSaid(effect)) return [effect];
    const message = rephrase(effect.message, effect.type === "broadcast");
    return message === undefined ? [] : [{ ...effect, message }];
  });
}

export type Said = Extract<CoreEffect, { type: "send" | "broadcast" }>;

export function isSaid(effect: CoreEffect): effect is Said {
  return effect.type === "send" || effect.type === "broadcast";
}

/** To each of the others by chance. */
export function toSome(
  message: Message,
  { committee, index, random }: Tools,
  chance = 0.5,
): CoreEffect[] {
  return othersOf(committee, index).flatMap((to) =>
    random.chance(chance) ? [{ type: "send", to, message } as const] : [],
  );
}

/** One message to some, another one to all the rest. */
export function toHalves(
  messages: readonly [Message, Message],
  isFirst: (seat: number) => boolean,
  { committee, index }: Tools,
): CoreEffect[] {
  return othersOf(committee, index).map((to) => ({
    type: "send",
    to,
    message: messages[isFirst(to) ? 0 : 1],
  }));
}

export function othersOf({ members }: Committee, index: number): ValidatorIndex[] {
  return members.flatMap((_, seat) => (seat === index ? [] : [ValidatorIndex(seat)]));
}

/** The adversary's own vote, on whatever it likes. */
export function signVote(
  { kind, view, hash }: { kind: VoteKind; view: number; hash: Uint8Array },
  { committee, domain, votes }: Tools,
): Uint8Array {
  const { epoch } = committee;
  return votes.sign({ domain, kind, epoch, slot: view, payload: hash });
}

/** The same bytes, but for one bit. */
export function spoil(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
}
