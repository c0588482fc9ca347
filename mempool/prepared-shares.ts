import { BoundedMap, toHex } from "../base/index.ts";
import { type Height, limits } from "../protocol/index.ts";

interface Prepared {
  readonly height: Height;
  /** Undefined while a worker is at them. */
  shares: readonly Uint8Array[] | undefined;
}

/**
 * Decryption shares of blocks that are voted on. They are nobody's business until their block is final, so nothing but
 * `take` gives them out, and what was abandoned is forgotten with the height that another block has taken.
 */
export class PreparedShares {
  /** By block hash. */
  readonly #prepared = new BoundedMap<string, Prepared>(limits.unfinalizedMax);

  get size(): number {
    return this.#prepared.size;
  }

  has(blockHash: Uint8Array): boolean {
    return this.#prepared.has(toHex(blockHash));
  }

  expect(blockHash: Uint8Array, height: Height): void {
    this.#prepared.set(toHex(blockHash), { height, shares: undefined });
  }

  keep(blockHash: Uint8Array, shares: readonly Uint8Array[]): void {
    const prepared = this.#prepared.get(toHex(blockHash));
    if (prepared !== undefined) prepared.shares = shares;
  }

  /** What there is of a block that is now final; what competed with it goes. */
  take(blockHash: Uint8Array, height: Height): Prepared | undefined {
    const prepared = this.#prepared.get(toHex(blockHash));
    for (const [key, each] of this.#prepared.entries())
      if (each.height <= height) this.#prepared.delete(key);
    return prepared;
  }
}
