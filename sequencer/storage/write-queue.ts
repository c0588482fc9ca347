import type { Write } from "../../base/index.ts";

/** Writes in one batch of the database: what one sync may take with it. */
const writesPerBatchMax = 4096;

interface Waiting {
  readonly batch: readonly Write[];
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps the order of batches: the database writes on a pool of threads, where two batches under way may overtake one
 * another, and a synced one would not carry an earlier one with it. So one is under way at a time, and what arrives
 * meanwhile goes down together in the next: one sync for all who wait for it. After a failure nothing is written
 * any more, because what follows may build on what is missing. It is as long as its callers let it become: they wait.
 */
export class WriteQueue {
  readonly #commit: (batch: readonly Write[], sync: boolean) => Promise<void>;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(commit: (batch: readonly Write[], sync: boolean) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the batch is written, and on disk if `sync`. */
  write(batch: readonly Write[], sync: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ batch, sync, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        if (this.#failure !== undefined) throw this.#failure.error;
        await this.#commit(
          group.flatMap(({ batch }) => batch),
          group.some(({ sync }) => sync),
        );
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#failure ??= { error };
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }

  /** The first one whatever its size, and as many after it as fit. */
  #takeGroup(): Waiting[] {
    let count = 0;
    let end = 0;
    for (const { batch } of this.#waiting) {
      count += batch.length;
      if (end > 0 && count > writesPerBatchMax) break;
      end++;
    }
    return this.#waiting.splice(0, end);
  }
}
