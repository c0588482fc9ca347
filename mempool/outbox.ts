import { type Write } from "../base/index.ts";
import type { Evidence, MempoolMessage, ValidatorIndex } from "../protocol/index.ts";
import type { MempoolEffect } from "./events.ts";

/** The effects of one step as they come up. What is to be stored goes first; it is waited for only on demand. */
export class Outbox {
  #effects: MempoolEffect[] = [];
  #writes: Write[] = [];
  #hasChanged = false;
  #isBarrier = false;

  add(effect: MempoolEffect): void {
    this.#effects.push(effect);
  }

  send(to: ValidatorIndex, message: MempoolMessage): void {
    this.add({ type: "send", to, message });
  }

  broadcast(message: MempoolMessage): void {
    this.add({ type: "broadcast", message });
  }

  fault(peer: ValidatorIndex, code: string, evidence?: Evidence): void {
    this.add({ type: "fault", peer, code, ...(evidence === undefined ? {} : { evidence }) });
  }

  write(space: string, key: Uint8Array, value: Uint8Array | undefined): void {
    this.#writes.push({ space, key, value });
  }

  /** Nothing of this step leaves before all that was stored so far, in this step and before it, is on disk. */
  barrier(): void {
    this.#isBarrier = true;
  }

  /** A block may wait for what has come. */
  changed(): void {
    this.#hasChanged = true;
  }

  take(): MempoolEffect[] {
    const effects: MempoolEffect[] = [];
    if (this.#writes.length > 0 || this.#isBarrier)
      effects.push({ type: "persist", writes: this.#writes, sync: this.#isBarrier });
    effects.push(...this.#effects);
    if (this.#hasChanged) effects.push({ type: "changed" });
    this.#effects = [];
    this.#writes = [];
    this.#hasChanged = false;
    this.#isBarrier = false;
    return effects;
  }
}
