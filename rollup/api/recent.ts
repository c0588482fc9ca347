/** The last so many of what happened; what is older is forgotten. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  push(item: T): void {
    this.#items.push(item);
    // In lumps, so that one more does not move all the others.
    if (this.#items.length >= 2 * this.#sizeMax) this.#items.splice(0, this.#sizeMax);
  }

  get last(): T | undefined {
    return this.#items.at(-1);
  }

  /** Puts another in the place of the last. */
  replaceLast(item: T): void {
    if (this.#items.length > 0) this.#items[this.#items.length - 1] = item;
  }

  /** The newest last. */
  latest(count: number): T[] {
    const size = Math.min(count, this.#sizeMax, this.#items.length);
    return size === 0 ? [] : this.#items.slice(-size);
  }
}
