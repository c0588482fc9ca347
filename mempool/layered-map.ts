/**
 * A map that is a set of changes over another, so that the state after each unfinalized block costs only what the block
 * changed. A layer is written while its block is ordered and never after.
 */
export class LayeredMap<V> {
  #under: LayeredMap<V> | undefined;
  /** `undefined`: deleted in this layer. The lowest layer holds no deletions. */
  readonly #changes = new Map<string, V | undefined>();

  constructor(under?: LayeredMap<V>) {
    this.#under = under;
  }

  get(key: string): V | undefined {
    const value = this.#changes.get(key);
    if (value !== undefined || this.#changes.has(key)) return value;
    return this.#under?.get(key);
  }

  set(key: string, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: string): void {
    if (this.#under === undefined) this.#changes.delete(key);
    else this.#changes.set(key, undefined);
  }

  /** All that is in the map through its layers, in no particular order; costs the size of the map. */
  entries(): [string, V][] {
    const all = new Map(this.#under?.entries());
    for (const [key, value] of this.#changes) {
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    return [...all];
  }

  /** What this layer sets, in the order in which it was first set; deletions are not among it. */
  *additions(): Generator<[string, V]> {
    for (const [key, value] of this.#changes) if (value !== undefined) yield [key, value];
  }

  /** Makes the changes of a layer above this one its own. */
  absorb(layer: LayeredMap<V>): void {
    for (const [key, value] of layer.#changes) {
      if (value === undefined) this.delete(key);
      else this.#changes.set(key, value);
    }
  }

  /** Puts this layer over `under`, which holds the same as what was below it. */
  rest(under: LayeredMap<V>): void {
    this.#under = under;
  }
}
