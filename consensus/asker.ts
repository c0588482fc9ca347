import type { Micros, ValidatorIndex } from "../protocol/index.ts";

/** Whom to ask next: one peer after another, each given some time before the next one is asked. */
export class Asker {
  readonly #self: ValidatorIndex;
  #turn = 0;
  #dueAt = 0;

  constructor(self: ValidatorIndex) {
    this.#self = self;
  }

  /** Nothing is asked before: what is missing is usually on its way. */
  postpone(until: number): void {
    this.#dueAt = until;
  }

  /** One of the peers, in turn, if it is time; then not again for `patience` microseconds. */
  next(
    peers: readonly ValidatorIndex[],
    now: Micros,
    patience: number,
  ): ValidatorIndex | undefined {
    const others = peers.filter((peer) => peer !== this.#self);
    if (now < this.#dueAt || others.length === 0) return undefined;
    this.#dueAt = now + patience;
    return others[this.#turn++ % others.length];
  }
}
