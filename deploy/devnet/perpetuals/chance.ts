/** Chance in integers that a seed repeats exactly: sfc32, which passes PractRand and is four additions long. */
export class Chance {
  #a: number;
  #b = 0;
  #c: number;
  #counter = 1;

  /** One seed gives as many streams as are asked for, none of which tells anything of another. */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#c = stream | 0;
    for (let i = 0; i < 15; i++) this.#u32();
  }

  /** An integer, both ends included. */
  between(low: number, high: number): number {
    return low + (this.#u32() % (high - low + 1));
  }

  /** Once in so many. */
  once(inSoMany: number): boolean {
    return this.between(1, inSoMany) === 1;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.between(0, items.length - 1)];
  }

  #u32(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}
