// Those who want to hear of every batch.

import type { ExecutedBatch } from "./executed.ts";

export class Listeners {
  readonly #listeners = new Set<(executed: ExecutedBatch) => void>();

  subscribe(listener: (executed: ExecutedBatch) => void): () => void {
    // Of its own, so that one function that is given twice hears twice and is let go once.
    const own = (executed: ExecutedBatch): void => listener(executed);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(executed: ExecutedBatch): void {
    for (const listener of this.#listeners) listener(executed);
  }
}
