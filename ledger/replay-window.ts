import type { Brand } from "../base/index.ts";
import type { Height } from "../protocol/index.ts";

/** An id as a string of its bytes: half as long as hex, for there may be millions. */
export type IdKey = Brand<string, "IdKey">;

export function toIdKey(id: Uint8Array): IdKey {
  return String.fromCharCode(...id) as IdKey;
}

export function fromIdKey(key: IdKey): Uint8Array {
  const id = new Uint8Array(key.length);
  for (let i = 0; i < id.length; i++) id[i] = key.charCodeAt(i);
  return id;
}

/**
 * The ids that were ordered, each until the height it expires at: after that the expiry itself keeps a second copy
 * out. An id names its envelope and so its expiry, which is where it is looked for. At most
 * `expiryHorizon` times `blockTransactionsMax` ids.
 */
export class ReplayWindow {
  /** In the order of the chain, by expiry. */
  readonly #idsByExpiry = new Map<Height, Set<IdKey>>();

  get size(): number {
    let size = 0;
    for (const ids of this.#idsByExpiry.values()) size += ids.size;
    return size;
  }

  has(id: IdKey, expiry: Height): boolean {
    return this.#idsByExpiry.get(expiry)?.has(id) ?? false;
  }

  add(id: IdKey, expiry: Height): void {
    const ids = this.#idsByExpiry.get(expiry) ?? new Set();
    this.#idsByExpiry.set(expiry, ids.add(id));
  }

  /** Forgets what no block after this height may order. To be called at every height. */
  prune(height: Height): void {
    this.#idsByExpiry.delete(height);
  }

  /** Ascending by expiry. */
  entries(): readonly (readonly [Height, ReadonlySet<IdKey>])[] {
    return [...this.#idsByExpiry].sort(([a], [b]) => a - b);
  }
}
