import { toHex } from "../../../base/index.ts";
import {
  faultyMax,
  type Lane,
  laneHash,
  type Message,
  transactionId,
  type ValidatorIndex,
} from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import { type Adversary, isSaid, othersOf, type Tools } from "./adversary.ts";

const heldMax = 1_024;

/**
 * Keeps its victims out as long as it can without falling behind. Transactions of theirs it does not stamp before f+1
 * others have, and a block may hold them any moment; and it hears nothing of f lanes, so that the cuts of its own
 * blocks leave them out, but for what other leaders' blocks make it ask for.
 */
export const censor: Adversary = {
  isOfConsensus: false,
  corrupt(machine, tools) {
    const victims = new Victims(tools);
    const look = (effects: readonly CoreEffect[]): readonly CoreEffect[] => {
      for (const effect of effects) victims.onEffect(effect);
      return effects;
    };
    return {
      start: (now) => look(machine.start(now)),
      step(event) {
        const released = victims.onHeard(event);
        const events = [...released, ...(victims.isKeptOut(event) ? [] : [event])];
        return events.flatMap((each) => look(machine.step({ ...each, now: event.now })));
      },
    };
  },
};

class Victims {
  readonly #needed: number;
  readonly #lanes: ReadonlySet<ValidatorIndex>;
  /** What the machine itself asked for. */
  readonly #asked = new Set<string>();
  /** Who has stamped what, of the victims'. */
  readonly #stamped = new Map<string, Set<ValidatorIndex>>();
  /** Valid, and not yet admitted to be. */
  readonly #held = new Map<string, Extract<CoreEvent, { type: "validated" }>>();

  constructor({ committee, index, random }: Tools) {
    const faulty = faultyMax(committee.members.length);
    const others = othersOf(committee, index);
    const first = random.between(0, others.length - 1);
    this.#needed = faulty + 1;
    this.#lanes = new Set([...others, ...others].slice(first, first + faulty));
  }

  onEffect(effect: CoreEffect): void {
    if (isSaid(effect) && effect.message.type === "get-lanes")
      remember(this.#asked, toHex(effect.message.hash));
  }

  /** What a proposal may hold is admitted now. */
  onHeard(event: CoreEvent): CoreEvent[] {
    if (event.type !== "message") return [];
    const { message } = event;
    if (message.type === "lanes") for (const lane of message.lanes) this.#onLane(lane);
    if (message.type !== "propose") return [];
    const due = [...this.#held].filter(
      ([id]) => (this.#stamped.get(id)?.size ?? 0) >= this.#needed || this.#held.size > heldMax,
    );
    for (const [id] of due) {
      this.#held.delete(id);
      this.#stamped.delete(id);
    }
    return due.map(([, validated]) => validated);
  }

  isKeptOut(event: CoreEvent): boolean {
    if (event.type === "submit") return this.#isVictim(transactionId(event.transaction));
    if (event.type === "validated" && event.isValid && this.#isVictim(event.id)) {
      this.#held.set(toHex(event.id), event);
      return true;
    }
    return event.type === "message" && this.#isOfVictim(event.from, event.message);
  }

  #onLane({ owner, entries }: Lane): void {
    for (const { id } of entries) {
      if (!this.#isVictim(id)) continue;
      const key = toHex(id);
      const owners = this.#stamped.get(key) ?? new Set();
      this.#stamped.set(key, owners.add(owner));
    }
    for (const key of this.#stamped.keys()) {
      if (this.#stamped.size <= heldMax) return;
      this.#stamped.delete(key);
    }
  }

  /** A lane that came by itself. An answer begins with what was asked for. */
  #isOfVictim(from: ValidatorIndex, message: Message): boolean {
    if (message.type !== "lanes" || !this.#lanes.has(from)) return false;
    return !message.lanes.some((lane) => this.#asked.has(toHex(laneHash(lane))));
  }

  #isVictim(id: Uint8Array): boolean {
    return (id[0] ?? 0) < 64;
  }
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  for (const old of keys) {
    if (keys.size <= heldMax) return;
    keys.delete(old);
  }
}
