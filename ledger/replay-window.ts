import type { Height } from "../protocol/index.ts";

/**
 * The ids that were ordered, each until the height it expires at: after that the expiry itself keeps a second copy
 * out. An id names its envelope and so its expiry, which is where it is looked for. At most
 * `expiryHorizon` times `blockTransactionsMax` ids.
 */
export class ReplayWindow {
  /** Ids in hex, in the order of the chain, by expiry. */
  readonly #idsByExpiry = new Map<Height, Set<string>>();

  get size(): number {
    let size = 0;
    for (const ids of this.#idsByExpiry.values()) size += ids.size;
    return size;
  }

  has(id: string, expiry: Height): boolean {
    return this.#idsByExpiry.get(expiry)?.has(id) ?? false;
  }

  add(id: string, expiry: Height): void {
    const ids = this.#idsByExpiry.get(expiry) ?? new Set();
    this.#idsByExpiry.set(expiry, ids.add(id));
  }

  /** Forgets what no block after this height may order. To be called at every height. */
  prune(height: Height): void {
    this.#idsByExpiry.delete(height);
  }

  /** Ascending by expiry. */
  entries(): readonly (readonly [Height, ReadonlySet<string>])[] {
    return [...this.#idsByExpiry].sort(([a], [b]) => a - b);
  }
}
