// How far the clocks of processes are off: within the bound that the protocol assumes, or far beyond it for as long as
// there are faults. Beyond it everything stays safe, and nothing has to go forward.

import type { Process } from "../cluster.ts";
import type { SeededRandom } from "../random.ts";

/** As far as clocks that are kept in step may be from the true time, µs. */
const skewMax = 60_000;
/** As far as one that nobody looks after may be, µs. */
const wildSkewMax = 8_000_000;

export class Clocks {
  readonly #kept: readonly number[];
  #skews: readonly number[];

  constructor(random: SeededRandom, processes: readonly Process[], isSpared: boolean) {
    const max = random.pick([0, 5_000, skewMax]);
    const isWild = random.chance(0.2);
    const wildRate = random.pick([0.3, 1]);
    this.#kept = processes.map(() => (isSpared ? 0 : random.between(-max, max)));
    const wild = processes.map(() =>
      random.chance(wildRate) ? random.between(-wildSkewMax, wildSkewMax) : 0,
    );
    this.#skews = isWild && !isSpared ? wild : this.#kept;
  }

  /** What the clock of a process shows; it goes back when it is set right. */
  at({ id }: Process, now: number): number {
    return now + (this.#skews[id] ?? 0);
  }

  /** From now on all are within the bound; how long it takes until none that was ahead stands still any more, µs. */
  setRight(): number {
    const aheads = this.#skews.map((skew, i) => skew - (this.#kept[i] ?? 0));
    this.#skews = this.#kept;
    return Math.max(0, ...aheads);
  }
}
