import type { ValidatorIndex } from "../protocol/index.ts";

/** Heights for which a seat that lied about an opening is listened to last. */
const distrustHeights = 1_024;

/**
 * Who sent wrong shares or openings, which no honest seat does. One lie costs everyone a check of every row, so a liar
 * shall not tell one at every height; and because a broken disk lies as well, it is trusted again in the end.
 */
export class Distrust {
  /** The last height of each liar's punishment; as many as there are peers. */
  readonly #until = new Map<ValidatorIndex, number>();

  add(peer: ValidatorIndex, height: number): void {
    this.#until.set(peer, height + distrustHeights);
  }

  has(peer: ValidatorIndex, height: number): boolean {
    return (this.#until.get(peer) ?? -1) >= height;
  }
}
