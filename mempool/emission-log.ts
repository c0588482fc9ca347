import { assert } from "../base/index.ts";
import type { Micros } from "../protocol/index.ts";

const idBytes = 32;

/** The ids that blocks of one time emitted. */
interface Bucket {
  readonly at: Micros;
  readonly first: string;
  /** Replaced and never changed: who holds it holds what it was. */
  bytes: Uint8Array;
}

/**
 * The emissions that the ordering state remembers, once more as they stand in a snapshot: in the order of the chain.
 * A snapshot takes the parts as they are, and so costs the number of blocks and not of ids. Bounded by the state
 * itself, which it follows.
 */
export class EmissionLog {
  #buckets: Bucket[] = [];

  /** Ids. */
  get size(): number {
    return this.#buckets.reduce((sum, { bytes }) => sum + bytes.length, 0) / idBytes;
  }

  /** What one more block emitted, in its order. */
  add(ids: readonly (readonly [string, Micros])[]): void {
    const [first] = ids;
    if (first === undefined) return;
    const [key, at] = first;
    const last = this.#buckets.at(-1);
    assert((last?.at ?? 0) <= at, "time does not go back along the chain");
    const isSame = last?.at === at;
    const before = isSame ? last.bytes.length : 0;
    const bytes = new Uint8Array(before + ids.length * idBytes);
    if (isSame) bytes.set(last.bytes);
    for (const [i, [id]] of ids.entries())
      for (let j = 0; j < idBytes; j++) bytes[before + i * idBytes + j] = id.charCodeAt(j);
    if (isSame) last.bytes = bytes;
    else this.#buckets.push({ at, first: key, bytes });
  }

  /** Drops what the state has forgotten, which is always what is oldest. */
  prune(remembered: (id: string) => Micros | undefined): void {
    let forgotten = 0;
    for (const { at, first } of this.#buckets) {
      if (remembered(first) === at) break;
      forgotten++;
    }
    if (forgotten > 0) this.#buckets = this.#buckets.slice(forgotten);
  }

  /** By time, ascending: the ids one after another. */
  entries(): readonly (readonly [Micros, Uint8Array])[] {
    return this.#buckets.map(({ at, bytes }) => [at, bytes] as const);
  }
}
