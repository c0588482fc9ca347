// A steady stream of transactions: made by traders, sealed, and submitted to several validators at once.

import { keepPace } from "./pace.ts";
import { type Hold, reasonOf, Submitter, type SubmitterOptions } from "./submission.ts";
import type { Traders } from "./traders.ts";

export interface TrafficOptions extends SubmitterOptions {
  readonly traders: Traders;
  /** Transactions per second. */
  readonly rate: number;
  /** After how many to stop. */
  readonly count: number;
  readonly holdFirst?: Hold;
  /** Hears why a transaction could not be submitted, after several attempts. */
  readonly onFailure: (why: string) => void;
}

/** Submissions under way at a time; whoever is slower than the rate makes it wait. */
const inFlightMax = 64;
/** Transactions that have further to go; with so many, the network is told nothing new by another. */
const openMax = 5_000;

/** Resolves when all are submitted, or the signal says so. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  const { traders, journal, rate, count, signal } = options;
  const submitter = new Submitter(options);
  const isHeldUp = (): boolean => journal.open >= openMax;
  await keepPace({ rate, count, inFlightMax, isHeldUp, signal }, async (turn) => {
    const held = turn === 0 ? options.holdFirst : undefined;
    try {
      await submitter.submit(traders.next(turn), "traffic", held);
    } catch (error) {
      options.onFailure(reasonOf(error));
    }
  });
}
