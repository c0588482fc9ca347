import type { ValidatorIndex } from "../protocol/index.ts";

/** Questions of one peer that are answered in a row, and per second after that; more are left unanswered, and the peer
 * asks again or asks another. One node that catches up must not keep the others from their work. */
const burst = 128;
const perSecond = 256;

/** A bucket of tokens for each peer. */
export class ServingBudget {
  readonly #tokens: number[];
  readonly #filledAt: number[];

  constructor(seats: number) {
    this.#tokens = Array.from({ length: seats }, () => burst);
    this.#filledAt = Array.from({ length: seats }, () => 0);
  }

  /** May one more question of this peer be answered? */
  spend(peer: ValidatorIndex, now: number): boolean {
    const elapsed = now - (this.#filledAt[peer] ?? now);
    const tokens = Math.min((this.#tokens[peer] ?? 0) + (elapsed * perSecond) / 1_000_000, burst);
    this.#filledAt[peer] = now;
    this.#tokens[peer] = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
  }
}
