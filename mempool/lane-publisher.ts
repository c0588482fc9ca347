import { type Lane, type LaneEntry, limits } from "../protocol/index.ts";
import type { MempoolOptions } from "./events.ts";
import { type HeldLane, laneAdvanceMax } from "./lane-store.ts";
import type { OrderChain } from "./order-chain.ts";
import type { Outbox } from "./outbox.ts";
import type { OwnLane } from "./own-lane.ts";

interface Parts {
  readonly chain: OrderChain;
  readonly own: OwnLane;
  readonly outbox: Outbox;
  /** Takes entries of older incarnations, and answers those that are to be reported again. */
  readonly restamp: (remembered: readonly LaneEntry[]) => readonly LaneEntry[];
  /** Keeps a message of one's own like those of others. */
  readonly hold: (lane: Lane) => void;
}

/** Sends one's own lane: when, and how much of it, so that it never holds more than others must keep for it. */
export class LanePublisher {
  readonly #options: MempoolOptions;
  readonly #parts: Parts;
  /** Entries of older incarnations, until the first message of this one. */
  #remembered: LaneEntry[] | undefined = [];
  #startedAt: number | undefined;
  #isSilent = false;
  /** Messages beyond the final cut, and their entries. */
  #ahead = { messages: 0, entries: 0 };

  constructor(options: MempoolOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** What a message of an older incarnation reported, read from disk or given back by a peer. */
  remember(entries: readonly LaneEntry[]): void {
    this.#remembered?.push(...entries);
  }

  /** Someone else speaks with this key, or the disk has lost its count of starts: better silent than forked. */
  silence(): void {
    this.#isSilent = true;
  }

  onTick(now: number): void {
    this.#startedAt ??= now;
    if (this.#isSilent || !this.#hasBegun(now)) return;
    const { own, outbox, chain, hold } = this.#parts;
    const { index, parameters } = this.#options;
    const unemitted = chain.final.unemitted[index] ?? 0;
    const entriesMax = limits.laneUnemittedMax - unemitted - this.#ahead.entries;
    const isFull = this.#ahead.messages >= laneAdvanceMax;
    if (isFull || !own.isDue(now, entriesMax, parameters)) return;
    const lanes = own.flush(now, entriesMax);
    for (const lane of lanes) {
      hold(lane);
      this.#ahead.messages++;
      this.#ahead.entries += lane.entries.length;
    }
    // Whoever hears of a transaction builds on getting it. If f+1 lanes named one that only memories held, a power cut
    // would leave it due and with nobody, and no block could ever be built again.
    if (lanes.some(({ entries }) => entries.length > 0)) outbox.barrier();
    outbox.broadcast({ type: "lanes", lanes });
  }

  /** The final cut has moved; these messages are still beyond it. */
  onFinal(messages: readonly HeldLane[]): void {
    const ahead = messages.filter(({ lane }) => lane.incarnation === this.#options.incarnation);
    const entries = ahead.reduce((sum, { ids }) => sum + ids.length, 0);
    this.#ahead = { messages: ahead.length, entries };
  }

  /** Before its first message a restarted lane waits: peers may hold messages of it that a crash took. */
  #hasBegun(now: number): boolean {
    if (this.#remembered === undefined) return true;
    const { incarnation, parameters } = this.#options;
    const wait = incarnation > 1 ? parameters.laneHeartbeat : 0;
    if (now - (this.#startedAt ?? now) < wait) return false;
    this.#parts.own.reportAgain(this.#parts.restamp(this.#remembered));
    this.#remembered = undefined;
    return true;
  }
}
