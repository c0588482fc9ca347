import type { Brand } from "../base/index.ts";
import type { Height } from "../protocol/index.ts";

/** An id as a string of its bytes: half as long as hex, for there may be millions. */
export type IdKey = Brand<string, "IdKey">;

export function toIdKey(id: Uint8Array): IdKey {
  return String.fromCharCode(...id) as IdKey;
}

const idBytes = 32;

/** The ids of one expiry, twice: to be found, and as they stand in a snapshot. */
interface Bucket {
  readonly ids: Set<IdKey>;
  /** Only ever appended to, and replaced when it is full: who holds a part of it holds that part for good. */
  bytes: Uint8Array;
}

/**
 * The ids that were ordered, each until the height it expires at: after that the expiry itself keeps a second copy
 * out. An id names its envelope and so its expiry, which is where it is looked for. At most
 * `expiryHorizon` times `blockTransactionsMax` ids.
 */
export class ReplayWindow {
  /** In the order of the chain, by expiry. */
  readonly #buckets = new Map<Height, Bucket>();

  get size(): number {
    let size = 0;
    for (const { ids } of this.#buckets.values()) size += ids.size;
    return size;
  }

  has(id: IdKey, expiry: Height): boolean {
    return this.#buckets.get(expiry)?.ids.has(id) ?? false;
  }

  add(id: IdKey, expiry: Height): void {
    const bucket = this.#buckets.get(expiry) ?? { ids: new Set(), bytes: new Uint8Array(idBytes) };
    this.#buckets.set(expiry, bucket);
    const { ids } = bucket;
    if (ids.has(id)) return;
    const offset = ids.size * idBytes;
    if (offset === bucket.bytes.length) bucket.bytes = grown(bucket.bytes);
    for (let i = 0; i < idBytes; i++) bucket.bytes[offset + i] = id.charCodeAt(i);
    ids.add(id);
  }

  /** Forgets what no block after this height may order. To be called at every height. */
  prune(height: Height): void {
    this.#buckets.delete(height);
  }

  /**
   * Ascending by expiry, the ids of each one after another in the order of the chain. Costs the number of expiries and
   * not of ids, and what comes later does not change it.
   */
  entries(): readonly (readonly [Height, Uint8Array])[] {
    return [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([expiry, { ids, bytes }]) => [expiry, bytes.subarray(0, ids.size * idBytes)] as const);
  }
}

function grown(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(2 * bytes.length);
  next.set(bytes);
  return next;
}
