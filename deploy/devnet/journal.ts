// What became of each transaction that was submitted, with times that can be compared: ours when it was about to be
// sent, and those that a validator noted when it saw a state reached. Both are of this machine's clock.

import { toHex } from "../../base/index.ts";
import type { TransactionStatus } from "../../protocol/index.ts";
import type { Submitted } from "./observations.ts";

export type Stage = "ordered" | "opened" | "settled";

/** Whose it was: the random traffic's, a list of one of the trading bots, or an oracle's report. */
export type Origin = "traffic" | "bot" | "oracle";

export interface Submission {
  readonly id: Uint8Array;
  readonly namespace: number;
  readonly origin: Origin;
  /** Just before it was sent, after it was sealed: microseconds since 1970. */
  readonly submittedAt: number;
}

export interface Entry extends Submission {
  /** What a validator last said of it. */
  status: TransactionStatus | undefined;
  /** When to ask again, on the clock of `performance.now`. */
  askAt: number;
}

/** When a transaction is asked for first, and how long until it is asked for again, ms. */
const firstAskMs = 1_500;
const nextAskMs = 2_000;
/** Latencies that percentiles are taken over. */
const recentMax = 1_000;

export class Journal {
  /** All of them, or the latest when nobody needs the rest. */
  #entries: Entry[] = [];
  /** Those that can still go further. */
  readonly #open = new Set<Entry>();
  readonly #keepsAll: boolean;
  readonly #counts: Record<Origin, number> = { traffic: 0, bot: 0, oracle: 0 };

  constructor(options: { readonly keepsAll: boolean }) {
    this.#keepsAll = options.keepsAll;
  }

  /** How many were submitted. */
  get count(): number {
    const { traffic, bot, oracle } = this.#counts;
    return traffic + bot + oracle;
  }

  countOf(origin: Origin): number {
    return this.#counts[origin];
  }

  /** How many are not settled yet. */
  get open(): number {
    return this.#open.size;
  }

  add(submission: Submission): void {
    const askAt = performance.now() + firstAskMs;
    const entry: Entry = { ...submission, status: undefined, askAt };
    this.#entries.push(entry);
    this.#open.add(entry);
    this.#counts[submission.origin]++;
    if (!this.#keepsAll && this.#entries.length > 2 * recentMax)
      this.#entries = this.#entries.slice(-recentMax);
  }

  /** Whom to ask about now, at most so many. */
  due(limit: number): readonly Entry[] {
    const now = performance.now();
    const due: Entry[] = [];
    for (const entry of this.#open) {
      if (due.length >= limit) break;
      if (entry.askAt > now) continue;
      entry.askAt = now + nextAskMs;
      due.push(entry);
    }
    return due;
  }

  learn(entry: Entry, status: TransactionStatus | undefined): void {
    if (status === undefined) return;
    entry.status = status;
    if (isOver(status)) this.#open.delete(entry);
  }

  /** Milliseconds from being sent to being seen at the stage, of the recent ones that have come so far. */
  latencies(stage: Stage): readonly number[] {
    const considered = this.#keepsAll ? this.#entries : this.#entries.slice(-recentMax);
    return considered.flatMap(({ status, submittedAt }) => {
      const at = status?.times[stage];
      return at === undefined ? [] : [(at - submittedAt) / 1_000];
    });
  }

  /** How many have come to which state. */
  states(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { status } of this.#entries) {
      const state = status?.state ?? "unknown";
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  /** For the checks. */
  submitted(): readonly Submitted[] {
    return this.#entries.map(({ id, namespace, origin, status }) => ({
      id: toHex(id),
      namespace,
      origin,
      state: status?.state ?? "unknown",
      l1Transaction: status?.l1Transaction && toHex(status.l1Transaction),
    }));
  }
}

/** Microseconds since 1970, as validators count them: no finer than a millisecond. */
export function nowMicros(): number {
  return Date.now() * 1_000;
}

/** Nothing more will become of it. */
function isOver({ state }: TransactionStatus): boolean {
  return state === "settled" || state === "void" || state === "expired" || state === "rejected";
}
