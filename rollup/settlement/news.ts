import type { EngineBatch } from "../engine/index.ts";
import type { SettlementEvent } from "./watcher.ts";

/**
 * Whether there is anything to propose. A proposal is told to the rollup, which makes a batch of it: without this an idle rollup
 * would be proposed for ever, each time for having been proposed. It still is now and then, or it would take L1 for gone.
 */
export class News {
  readonly #idleSeconds: number;
  readonly #now: () => number;
  #batch = 0;
  #proposed = 0;
  #proposedAt: number;

  /** @param now The clock, seconds. */
  constructor(idleSeconds: number, now: () => number) {
    this.#idleSeconds = idleSeconds;
    this.#now = now;
    this.#proposedAt = now();
  }

  follow({ number, system, lists }: Pick<EngineBatch, "number" | "system" | "lists">): void {
    if (lists.length > 0 || system.some(({ type }) => type !== "l1-info")) this.#batch = number;
  }

  hear(event: SettlementEvent): void {
    if (event.type !== "right" && event.type !== "proposed") return;
    this.#proposed = Math.max(this.#proposed, event.batch);
    this.#proposedAt = this.#now();
  }

  isThere(): boolean {
    return this.#batch > this.#proposed || this.#now() - this.#proposedAt >= this.#idleSeconds;
  }
}
