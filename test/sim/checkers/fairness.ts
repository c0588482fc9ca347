import { toHex } from "../../../base/index.ts";
import { limits } from "../../../protocol/index.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

interface Received {
  /** The earliest stamp that any honest process ever gave. */
  first: number;
  /** The latest stamp of each honest process, and of those whose stamp no crash can take. */
  readonly stamps: Map<number, number>;
  readonly durable: Set<number>;
}

export interface FairnessOptions {
  readonly honest: readonly Process[];
  /** Whether the process would know after a power cut that it stamped this. */
  readonly isDurable: (process: Process, id: string) => boolean;
  /** Inside a block, order is told among the transactions of one group. */
  readonly groupOf: (id: string) => string;
  /** The latest clock of any honest process, µs. */
  readonly latestClock: () => number;
}

/**
 * I8 (G2): what every honest process received before any honest one received another stands before that one. I9 (G3):
 * what all honest processes received before a block's time is ordered by then, or dropped for a reason. I10: block
 * times do not go back, nor run ahead of every honest clock.
 *
 * Stamps are by each process's own clock, so clock skew is inside them. To have received means to remember it over a
 * crash: a stamp that was never on disk binds nobody, though it may already have brought the transaction forward.
 */
export class Fairness implements Checker {
  readonly #options: FairnessOptions;
  readonly #waiting = new Map<string, Received>();
  readonly #done = new Set<string>();
  #height = 0;
  #time = 0;

  constructor(options: FairnessOptions) {
    this.#options = options;
  }

  /** Not ordered yet, though so many of these honest processes cannot forget it. */
  waitingAt(atLeast: number, among: readonly Process[]): string[] {
    this.#look();
    return [...this.#waiting].flatMap(([id, { durable }]) => {
      const holders = among.filter((process) => durable.has(process.id));
      return holders.length >= atLeast ? [id] : [];
    });
  }

  observe(observation: Observation): void {
    if (!observation.process.isHonest) return;
    if (observation.type === "stamped") this.#onStamp(observation);
    if (observation.type === "ordered" && observation.header.height > this.#height)
      this.#onBlock(observation);
  }

  #onStamp({ process, id, stamp }: Extract<Observation, { type: "stamped" }>): void {
    if (this.#done.has(id)) return;
    const received = this.#waiting.get(id) ?? {
      first: Infinity,
      stamps: new Map<number, number>(),
      durable: new Set<number>(),
    };
    received.first = Math.min(received.first, stamp);
    received.stamps.set(process.id, Math.max(stamp, received.stamps.get(process.id) ?? 0));
    this.#waiting.set(id, received);
  }

  #onBlock({ header, time, groups, dropped }: Extract<Observation, { type: "ordered" }>): void {
    const { height } = header;
    if (time < this.#time) throw new Violation("time", `it went back at height ${height}`);
    if (time > this.#options.latestClock())
      throw new Violation("time", `height ${height} is ahead of every honest clock`);
    this.#height = height;
    this.#time = time;
    this.#look();
    const ordered = groups.flatMap(({ ids }) => ids.map(toHex));
    this.#compareWithin(ordered);
    const firsts = ordered.map((id) => this.#waiting.get(id)?.first ?? -Infinity);
    for (const id of [...ordered, ...dropped.map((each) => toHex(each.id))]) {
      this.#waiting.delete(id);
      this.#done.add(id);
    }
    if (ordered.length + dropped.length >= limits.blockTransactionsMax) return;
    const latestFirst = Math.max(...firsts);
    for (const [id, received] of this.#waiting) {
      const last = this.#lastOf(received);
      if (last < latestFirst)
        throw new Violation(
          "fair-order",
          `height ${height} passes over ${id}, which all had first`,
        );
      if (last < time)
        throw new Violation(
          "inclusion",
          `height ${height} leaves out ${id}, which all had in time`,
        );
    }
  }

  /** From the end of each group: what stands later may not have been with everyone before this one was with anyone. */
  #compareWithin(ordered: readonly string[]): void {
    const earliestLast = new Map<string, number>();
    for (const id of ordered.toReversed()) {
      const group = this.#options.groupOf(id);
      const received = this.#waiting.get(id);
      const after = earliestLast.get(group) ?? Infinity;
      if (received === undefined) continue;
      if (after < received.first)
        throw new Violation("fair-order", `${id} stands before one that all had first`);
      earliestLast.set(group, Math.min(after, this.#lastOf(received)));
    }
  }

  /** When the last honest process received it for good; infinite as long as one has not. */
  #lastOf({ stamps, durable }: Received): number {
    return durable.size < this.#options.honest.length ? Infinity : Math.max(...stamps.values());
  }

  #look(): void {
    for (const [id, { stamps, durable }] of this.#waiting)
      for (const process of this.#options.honest)
        if (stamps.has(process.id) && !durable.has(process.id))
          if (this.#options.isDurable(process, id)) durable.add(process.id);
  }
}
