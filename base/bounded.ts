import { assert } from "./assert.ts";

/** How much of one thing a machine holds, for those who check that memory is bounded. */
export interface Gauge {
  /** Kebab-case, unique in its machine. */
  readonly name: string;
  readonly size: number;
  /** What `size` never exceeds. */
  readonly max: number;
}

/** A map that never holds more than `sizeMax` entries; the oldest makes room and is handed back. */
export class BoundedMap<K, V> {
  readonly #map = new Map<K, V>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    assert(sizeMax > 0, "a bound is positive");
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  /** Puts the entry last and returns the one that had to go, if any. */
  set(key: K, value: V): readonly [K, V] | undefined {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#sizeMax) return undefined;
    const oldest = this.#map.entries().next().value;
    assert(oldest !== undefined, "a map over its bound has an oldest entry");
    this.#map.delete(oldest[0]);
    return oldest;
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  keys(): MapIterator<K> {
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    return this.#map.values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#map.entries();
  }
}

/** First in, first out; `push` answers false, and changes nothing, when it is full. */
export class BoundedQueue<T> {
  #items: T[] = [];
  #head = 0;
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    assert(sizeMax > 0, "a bound is positive");
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): boolean {
    if (this.size >= this.#sizeMax) return false;
    this.#items.push(item);
    return true;
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
