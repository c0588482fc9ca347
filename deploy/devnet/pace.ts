// Work at a steady rate that does not pile up: what is slower than the rate makes it wait.

import { setTimeout as sleep } from "node:timers/promises";

export interface Pace {
  /** Turns per second. */
  readonly rate: number;
  /** After how many to stop. */
  readonly count: number;
  /** Turns that are under way at a time. */
  readonly inFlightMax: number;
  /** No turn begins while this holds. */
  readonly isHeldUp: () => boolean;
  readonly signal: AbortSignal;
}

const pauseMs = 100;

/** Resolves when all turns are over, or those that are under way once the signal says so. `work` must not reject. */
export async function keepPace(pace: Pace, work: (turn: number) => Promise<void>): Promise<void> {
  const { rate, count, inFlightMax, isHeldUp, signal } = pace;
  const inFlight = new Set<Promise<void>>();
  const start = performance.now();
  for (let turn = 0; turn < count && !signal.aborted; turn++) {
    const dueMs = start + (turn * 1_000) / rate - performance.now();
    if (dueMs > 0) await sleep(dueMs);
    while (inFlight.size >= inFlightMax) await Promise.race(inFlight);
    while (isHeldUp() && !signal.aborted) await sleep(pauseMs);
    const done = work(turn).finally(() => inFlight.delete(done));
    inFlight.add(done);
  }
  await Promise.all(inFlight);
}
