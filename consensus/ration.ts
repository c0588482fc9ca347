import { limits, type Micros, type ValidatorIndex } from "../protocol/index.ts";

/** How many answers each peer may still have: a node that catches up must not drag down those who serve it. */
export class Ration {
  readonly #buckets: { left: number; at: number }[];

  constructor(seats: number, now: Micros) {
    this.#buckets = Array.from({ length: seats + limits.observersMax }, () => ({
      left: limits.answersBurstMax,
      at: now,
    }));
  }

  /** Takes one answer of the peer's, if it has one left. */
  take(peer: ValidatorIndex, now: Micros): boolean {
    const bucket = this.#buckets[peer];
    if (bucket === undefined) return false;
    const earned = Math.floor((now - bucket.at) / limits.answerInterval);
    bucket.left = Math.min(limits.answersBurstMax, bucket.left + earned);
    bucket.at += earned * limits.answerInterval;
    if (bucket.left === 0) return false;
    bucket.left -= 1;
    return true;
  }
}
