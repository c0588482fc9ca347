import { type Write } from "../base/index.ts";
import type { MempoolMessage, ValidatorIndex } from "../protocol/index.ts";
import type { MempoolEffect } from "./events.ts";

/** The effects of one step as they come up. What is to be stored goes first, and is not waited for. */
export class Outbox {
  #effects: MempoolEffect[] = [];
  #writes: Write[] = [];
  #hasChanged = false;

  add(effect: MempoolEffect): void {
    this.#effects.push(effect);
  }

  send(to: ValidatorIndex, message: MempoolMessage): void {
    this.add({ type: "send", to, message });
  }

  broadcast(message: MempoolMessage): void {
    this.add({ type: "broadcast", message });
  }

  fault(peer: ValidatorIndex, code: string, evidence?: Uint8Array): void {
    this.add({ type: "fault", peer, code, ...(evidence === undefined ? {} : { evidence }) });
  }

  write(space: string, key: Uint8Array, value: Uint8Array | undefined): void {
    this.#writes.push({ space, key, value });
  }

  /** A block may wait for what has come. */
  changed(): void {
    this.#hasChanged = true;
  }

  take(): MempoolEffect[] {
    const effects: MempoolEffect[] = [];
    if (this.#writes.length > 0)
      effects.push({ type: "persist", writes: this.#writes, sync: false });
    effects.push(...this.#effects);
    if (this.#hasChanged) effects.push({ type: "changed" });
    this.#effects = [];
    this.#writes = [];
    this.#hasChanged = false;
    return effects;
  }
}
