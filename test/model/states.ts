// The states that were met, each with the one it came from: a hash table over typed arrays, because there are millions.

const growth = 2;

export class States {
  /** In the order in which they were met. */
  #keys = new Float64Array(2 ** 12);
  #parents = new Uint32Array(2 ** 12);
  /** Numbers of states plus one, by open addressing; half of it stays empty. */
  #table = new Uint32Array(2 ** 13);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  key(state: number): number {
    return this.#keys[state] ?? Number.NaN;
  }

  parent(state: number): number {
    return this.#parents[state] ?? 0;
  }

  /** False when it was there. */
  add(key: number, parent: number): boolean {
    if ((this.#count + 1) * growth > this.#table.length) this.#rehash();
    const slot = this.#slotOf(key);
    if (this.#table[slot] !== 0) return false;
    if (this.#count === this.#keys.length) this.#grow();
    this.#keys[this.#count] = key;
    this.#parents[this.#count] = parent;
    this.#count += 1;
    this.#table[slot] = this.#count;
    return true;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * growth);
    keys.set(this.#keys);
    this.#keys = keys;
    const parents = new Uint32Array(this.#parents.length * growth);
    parents.set(this.#parents);
    this.#parents = parents;
  }

  #rehash(): void {
    this.#table = new Uint32Array(this.#table.length * growth);
    for (let state = 0; state < this.#count; state++)
      this.#table[this.#slotOf(this.key(state))] = state + 1;
  }

  /** Where it is, or would be. */
  #slotOf(key: number): number {
    const mask = this.#table.length - 1;
    const high = Math.floor(key / 2 ** 32);
    let hash = Math.imul((key % 2 ** 32) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const state = this.#table[slot] ?? 0;
      if (state === 0 || this.#keys[state - 1] === key) return slot;
      slot = (slot + 1) & mask;
    }
  }
}
