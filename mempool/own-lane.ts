import {
  type Epoch,
  type Lane,
  type LaneEntry,
  laneHash,
  limits,
  Micros,
  type ValidatorIndex,
} from "../protocol/index.ts";
import type { LaneSignatures } from "./events.ts";

/** Messages that one flush makes at most; what does not fit is reported by the next. */
const messagesPerFlushMax = 8;

/**
 * This validator's own lane: what it has received and not yet reported. It stamps by its clock, but never below what
 * it has said before, and promises by each head that all it received with a smaller stamp is reported.
 */
export class OwnLane {
  readonly #signatures: LaneSignatures;
  readonly #epoch: Epoch;
  readonly #owner: ValidatorIndex;
  readonly #incarnation: number;
  #sequence = 0;
  #previous: Uint8Array = new Uint8Array(32);
  #head = 0;
  #stampLast = 0;
  #flushedAt = -Infinity;
  /** Ascending by stamp. */
  #unreported: LaneEntry[] = [];
  /** Stamps above the head, of others: the first and the last that a new head would help to emit. */
  #others: { readonly first: number; readonly last: number } | undefined;

  constructor(
    signatures: LaneSignatures,
    identity: {
      readonly epoch: Epoch;
      readonly owner: ValidatorIndex;
      readonly incarnation: number;
    },
  ) {
    this.#signatures = signatures;
    this.#epoch = identity.epoch;
    this.#owner = identity.owner;
    this.#incarnation = identity.incarnation;
  }

  get unreported(): number {
    return this.#unreported.length;
  }

  /** Nothing is stamped, and nothing promised, below this any more. */
  raise(floor: number): void {
    this.#stampLast = Math.max(this.#stampLast, floor);
  }

  /** The stamp of what is received now. It will be reported. */
  receive(id: Uint8Array, now: number): Micros {
    const stamp = Micros(Math.max(now, this.#stampLast));
    this.#stampLast = stamp;
    this.#unreported.push({ id, stamp });
    return stamp;
  }

  /** Puts what an older incarnation stamped before all that this one has. Only before its first message. */
  reportAgain(entries: readonly LaneEntry[]): void {
    this.#unreported = [...entries, ...this.#unreported].sort((a, b) => a.stamp - b.stamp);
  }

  /** Another lane has stamped something with this: it is emitted only once enough heads are above. */
  onStampOfOther(stamp: number): void {
    if (stamp <= this.#head) return;
    const { first, last } = this.#others ?? { first: stamp, last: stamp };
    this.#others = { first: Math.min(first, stamp), last: Math.max(last, stamp) };
  }

  /** Whether it is time for messages with at most so many entries in all. */
  isDue(
    now: number,
    entriesMax: number,
    pace: { readonly laneFlush: number; readonly laneHeartbeat: number },
  ): boolean {
    const hasNews =
      this.#unreported.length > 0
        ? entriesMax > 0
        : this.#others !== undefined && this.#others.first <= now;
    return now - this.#flushedAt >= (hasNews ? pace.laneFlush : pace.laneHeartbeat);
  }

  /** The next messages. Never none, so that the head moves on. */
  flush(now: number, entriesMax: number): Lane[] {
    const messages: Lane[] = [];
    let room = Math.max(entriesMax, 0);
    do {
      const entries = this.#unreported.splice(0, Math.min(room, limits.laneEntriesMax));
      room -= entries.length;
      messages.push(this.#message(entries, now));
    } while (room > 0 && this.#unreported.length > 0 && messages.length < messagesPerFlushMax);
    this.#flushedAt = now;
    if (this.#others !== undefined && this.#others.first <= this.#head) {
      const { last } = this.#others;
      this.#others = last <= this.#head ? undefined : { first: last, last };
    }
    return messages;
  }

  #message(entries: readonly LaneEntry[], now: number): Lane {
    // What is left over holds the head down: all below the head must have been reported.
    const head = this.#unreported[0]?.stamp ?? Math.max(now, this.#stampLast);
    this.#head = head;
    this.#stampLast = Math.max(this.#stampLast, head);
    const unsigned = {
      epoch: this.#epoch,
      owner: this.#owner,
      incarnation: this.#incarnation,
      sequence: ++this.#sequence,
      previous: this.#previous,
      head: Micros(head),
      entries,
    };
    this.#previous = laneHash(unsigned);
    return { ...unsigned, signature: this.#signatures.sign(this.#previous) };
  }
}
