import { limits, type Micros, type ValidatorIndex } from "../protocol/index.ts";

/** So many at once, and one more after each interval, µs. */
export interface Pace {
  readonly burstMax: number;
  readonly interval: number;
}

const answers: Pace = { burstMax: limits.answersBurstMax, interval: limits.answerInterval };

/** How many answers each peer may still have: a node that catches up must not drag down those who serve it. */
export class Ration {
  readonly #buckets: { left: number; at: number }[];
  readonly #pace: Pace;

  constructor(seats: number, now: Micros, pace: Pace = answers) {
    this.#pace = pace;
    this.#buckets = Array.from({ length: seats + limits.observersMax }, () => ({
      left: pace.burstMax,
      at: now,
    }));
  }

  /** Takes one answer of the peer's, if it has one left. */
  take(peer: ValidatorIndex, now: Micros): boolean {
    const bucket = this.#buckets[peer];
    if (bucket === undefined) return false;
    const { burstMax, interval } = this.#pace;
    const earned = Math.floor((now - bucket.at) / interval);
    bucket.left = Math.min(burstMax, bucket.left + earned);
    bucket.at += earned * interval;
    if (bucket.left === 0) return false;
    bucket.left -= 1;
    return true;
  }
}
