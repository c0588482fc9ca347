import { BoundedMap, type Gauge } from "../base/index.ts";
import { limits, type Micros, type SealedTransaction } from "../protocol/index.ts";

/** Valid transactions that this validator has not stamped: a block demanded them, or there was no room. */
const unstampedMax = 4096;
/** Emitted ones that are still at hand for those who come late; older ones are in the store. */
const emittedMax = 4096;

interface Stamped {
  readonly id: Uint8Array;
  readonly transaction: SealedTransaction;
  readonly stamp: Micros;
}

/** Valid transactions in memory, by key. */
export class Pool {
  /** Ascending by stamp; bounded by what a lane may hold. */
  readonly #stamped = new Map<string, Stamped>();
  readonly #unstamped: BoundedMap<string, SealedTransaction>;
  readonly #recovered: number;
  readonly #emitted = new BoundedMap<string, SealedTransaction>(emittedMax);

  /** `recovered`: so many from disk must fit, because the blocks to be ordered again need them. */
  constructor(recovered: number) {
    this.#recovered = recovered;
    this.#unstamped = new BoundedMap(Math.max(unstampedMax, recovered));
  }

  get gauges(): Gauge[] {
    const recovered = this.#recovered;
    const stampedMax = limits.laneUnemittedMax + recovered;
    return [
      { name: "stamped", size: this.#stamped.size, max: stampedMax },
      { name: "unstamped", size: this.#unstamped.size, max: Math.max(unstampedMax, recovered) },
      { name: "emitted", size: this.#emitted.size, max: emittedMax },
    ];
  }

  get size(): number {
    return this.#stamped.size + this.#unstamped.size;
  }

  get stampedCount(): number {
    return this.#stamped.size;
  }

  get(key: string): SealedTransaction | undefined {
    return (
      this.#stamped.get(key)?.transaction ?? this.#unstamped.get(key) ?? this.#emitted.get(key)
    );
  }

  has(key: string): boolean {
    return this.#stamped.has(key) || this.#unstamped.has(key) || this.#emitted.has(key);
  }

  /** When this validator stamped it, if it is not emitted. */
  stampOf(key: string): Micros | undefined {
    return this.#stamped.get(key)?.stamp;
  }

  hold(key: string, transaction: SealedTransaction): void {
    this.#unstamped.set(key, transaction);
  }

  stamp(key: string, stamped: Stamped): void {
    this.#unstamped.delete(key);
    this.#stamped.set(key, stamped);
  }

  /** Ascending by stamp. */
  stamped(): SealedTransaction[] {
    return [...this.#stamped.values()].map(({ transaction }) => transaction);
  }

  unstamped(): [string, SealedTransaction][] {
    return [...this.#unstamped.entries()];
  }

  onEmitted(key: string): void {
    const transaction = this.get(key);
    this.#stamped.delete(key);
    this.#unstamped.delete(key);
    if (transaction !== undefined) this.#emitted.set(key, transaction);
  }

  /** Forgets what it stamped too long before `time`, unless the stamp is pending; hands back the ids. */
  expire(time: Micros, isPending: (key: string) => boolean): Uint8Array[] {
    const expired: Uint8Array[] = [];
    for (const [key, { id, stamp }] of this.#stamped) {
      if (stamp + limits.stampLifetime >= time) break;
      if (isPending(key)) continue;
      this.#stamped.delete(key);
      expired.push(id);
    }
    return expired;
  }
}
