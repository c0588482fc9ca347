// Carries out effects strictly in the order in which the machines asked for them, over steps as well. A synced
// write is a barrier: whatever was asked for after it, in this step or a later one, happens when it is on disk.

import type { Write } from "../base/index.ts";

/** The effects that touch the disk; all others are the business of `act`. */
export interface Persist {
  readonly type: "persist";
  readonly writes: readonly Write[];
  readonly sync: boolean;
}

/** What the executor needs from the world. */
export interface ExecutorPorts<E extends { readonly type: string }> {
  /** Writes one atomic batch; rejects only when the disk has failed for good. */
  write(writes: readonly Write[], options: { sync: boolean }): Promise<void>;
  /** Does anything but a write, at once; must not throw. */
  act(effect: Exclude<E, Persist>): void;
  /** The disk has failed: the node can keep no promise any more and must stop. */
  onFailure(error: unknown): void;
}

export class Executor<E extends { readonly type: string }> {
  readonly #ports: ExecutorPorts<E>;
  #queue: (E | Persist)[] = [];
  #isDraining = false;
  #hasFailed = false;
  #idle: (() => void)[] = [];

  constructor(ports: ExecutorPorts<E>) {
    this.#ports = ports;
  }

  /** Effects that wait for the disk. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Takes the effects of one step. With nothing ahead of them, those before the first write are done at once. */
  run(effects: readonly (E | Persist)[]): void {
    if (this.#hasFailed) return;
    this.#queue.push(...effects);
    if (!this.#isDraining) void this.#drain();
  }

  /** Resolves when all that was asked for is done. */
  async settled(): Promise<void> {
    if (!this.#isDraining) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    try {
      while (this.#queue.length > 0) {
        const turn = this.#queue;
        this.#queue = [];
        await this.#carryOut(turn);
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#queue = [];
      this.#ports.onFailure(error);
    }
    this.#isDraining = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * One turn's effects. Writes that stand next to one another, with nothing between that the world could see, go
   * to the disk as one batch (group commit).
   */
  async #carryOut(effects: readonly (E | Persist)[]): Promise<void> {
    let writes: Write[] = [];
    let sync = false;
    for (const effect of effects) {
      if (isPersist(effect)) {
        writes.push(...effect.writes);
        sync ||= effect.sync;
        continue;
      }
      // Only what a synced write stands before has to wait; an unsynced one promises nothing to anybody.
      if (sync) {
        await this.#ports.write(writes, { sync });
        writes = [];
        sync = false;
      }
      this.#ports.act(effect as Exclude<E, Persist>);
    }
    if (writes.length > 0) await this.#ports.write(writes, { sync });
  }
}

function isPersist(effect: { readonly type: string }): effect is Persist {
  return effect.type === "persist";
}
