// Simulated time: what happens, happens at an instant, one thing after another, the same way for the same seed.

import { Micros } from "../../protocol/index.ts";

/** What happens; a promise is waited for, and simulated time stands still meanwhile. */
type Happening = () => void | Promise<void>;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly happening: Happening;
}

export class World {
  /** A heap: no entry is later than its two children. */
  readonly #entries: Entry[] = [];
  #now: number;
  #order = 0;
  #trace = 0x811c9dc5;

  constructor(start = 1_700_000_000_000_000) {
    this.#now = start;
  }

  get now(): Micros {
    return Micros(this.#now);
  }

  /** Things that have happened so far. */
  get events(): number {
    return this.#order - this.#entries.length;
  }

  /** One number for the whole history: equal for equal seeds, or something was not deterministic. */
  get traceHash(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, "0");
  }

  /** Takes words that describe what happens into the trace. */
  trace(...words: readonly number[]): void {
    for (const word of [this.#now, ...words])
      this.#trace = Math.imul(this.#trace ^ (word | 0) ^ (word / 2 ** 32), 0x01000193);
  }

  after(delay: number, happening: Happening): void {
    this.#push({ at: this.#now + Math.max(0, Math.floor(delay)), order: this.#order++, happening });
  }

  /** Lets time pass, up to `duration` microseconds or until the condition holds after some event. */
  async run(duration: number, isDone?: () => boolean): Promise<void> {
    const end = this.#now + duration;
    for (
      let next = this.#entries[0];
      next !== undefined && next.at <= end;
      next = this.#entries[0]
    ) {
      this.#pop();
      this.#now = next.at;
      const waiting = next.happening();
      if (waiting !== undefined) await waiting;
      if (isDone?.() === true) return;
    }
    this.#now = end;
  }

  #push(entry: Entry): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(entries[parent] as Entry, entry)) break;
      entries[at] = entries[parent] as Entry;
      at = parent;
    }
    entries[at] = entry;
  }

  #pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let at = 0;
    for (let child = 1; child < entries.length; child = 2 * at + 1) {
      const right = entries[child + 1];
      if (right !== undefined && isBefore(right, entries[child] as Entry)) child += 1;
      if (isBefore(last, entries[child] as Entry)) break;
      entries[at] = entries[child] as Entry;
      at = child;
    }
    entries[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
