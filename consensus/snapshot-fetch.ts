// The chunks of one snapshot, from whoever has them. Each proves by itself that it belongs to the root, so a peer can
// lie once: it is named, and the others are asked. What is verified is kept, also over a restart.

import { equalBytes } from "../base/index.ts";
import {
  type GetSnapshot,
  isPartOf,
  limits,
  type Micros,
  snapshotChunkCount,
  snapshotChunkHash,
  type SnapshotChunk,
  type SnapshotName,
  snapshotRoot,
  type ValidatorIndex,
} from "../protocol/index.ts";

/** What of a snapshot is on disk. */
export interface FetchedChunks {
  readonly name: SnapshotName;
  /** Of the whole snapshot. */
  readonly bytes: number;
  /** Of the chunks that are here, by place. */
  readonly hashes: ReadonlyMap<number, Uint8Array>;
}

interface Question {
  readonly index: number;
  /** Everyone who was asked for it, the last one latest. */
  readonly asked: ValidatorIndex[];
  dueAt: number;
}

/** How much longer a peer is given each time that all have been asked, so often at most. */
const doublingsMax = 3;

export class SnapshotFetch {
  readonly name: SnapshotName;
  readonly #peers: readonly ValidatorIndex[];
  readonly #patience: number;
  readonly #hashes: Map<number, Uint8Array>;
  readonly #liars = new Set<ValidatorIndex>();
  readonly #questions = new Map<number, Question>();
  /** Of the whole; undefined until the first chunk has told. */
  #bytes: number | undefined;
  #turn = 0;
  #progressAt: Micros;

  constructor(
    name: SnapshotName,
    options: {
      /** Whom to ask; not empty. */
      readonly peers: readonly ValidatorIndex[];
      /** How long one has for an answer at first, µs. */
      readonly patience: number;
      readonly fetched: FetchedChunks | undefined;
    },
    now: Micros,
  ) {
    this.name = name;
    this.#peers = options.peers;
    this.#patience = options.patience;
    this.#hashes = new Map(options.fetched?.hashes);
    this.#bytes = options.fetched?.bytes;
    this.#progressAt = now;
  }

  get progress(): { readonly chunks: number; readonly of: number | undefined } {
    const of = this.#bytes === undefined ? undefined : snapshotChunkCount(this.#bytes);
    return { chunks: this.#hashes.size, of };
  }

  /** What is here, to go on with later; undefined when nothing is. */
  get fetched(): FetchedChunks | undefined {
    const bytes = this.#bytes;
    return bytes === undefined ? undefined : { name: this.name, bytes, hashes: this.#hashes };
  }

  /** Questions that are open. */
  get size(): number {
    return this.#questions.size;
  }

  /** All chunks, when they are here. */
  get whole(): { readonly bytes: number; readonly hashes: readonly Uint8Array[] } | undefined {
    const bytes = this.#bytes;
    if (bytes === undefined || this.#hashes.size < snapshotChunkCount(bytes)) return undefined;
    const places = Array.from({ length: snapshotChunkCount(bytes) }, (_, index) => index);
    return { bytes, hashes: places.flatMap((index) => this.#hashes.get(index) ?? []) };
  }

  /** Whether the chunks that were kept are what they were: a disk may have lost some of them, or not be honest. */
  get isSound(): boolean {
    const { whole } = this;
    if (whole === undefined) return true;
    const root = snapshotRoot(whole.bytes, whole.hashes);
    return equalBytes(root, this.name.root);
  }

  /** Everyone had time enough, and none has it any more. */
  isStalled(now: Micros): boolean {
    return now > this.#progressAt + 2 * this.#patience * this.#peers.length;
  }

  /** What to ask now: a few chunks at a time, each of one peer, and of the next when it does not answer. */
  ask(now: Micros): { to: ValidatorIndex; message: GetSnapshot }[] {
    for (const index of this.#missing()) {
      if (this.#questions.size >= limits.chunksInFlightMax) break;
      if (!this.#questions.has(index)) this.#questions.set(index, { index, asked: [], dueAt: now });
    }
    const due = [...this.#questions.values()].filter(({ dueAt }) => dueAt <= now);
    return due.map((question) => {
      const { index, asked } = question;
      const to = this.#next();
      const rounds = Math.floor(asked.length / this.#peers.length);
      question.dueAt = now + this.#patience * 2 ** Math.min(rounds, doublingsMax);
      asked.push(to);
      const { height } = this.name;
      return { to, message: { type: "get-snapshot", height, index } as const };
    });
  }

  /** "kept" if it is to be written, "lie" if it is none of the snapshot, "passed" if nobody asked for it. */
  take(
    from: ValidatorIndex,
    { height, part }: SnapshotChunk,
    now: Micros,
  ): "kept" | "lie" | "passed" {
    const question = this.#questions.get(part.index);
    if (height !== this.name.height || question?.asked.includes(from) !== true) return "passed";
    if (!isPartOf(this.name.root, part)) {
      this.#liars.add(from);
      if (question.asked.at(-1) === from) question.dueAt = now;
      return "lie";
    }
    this.#questions.delete(part.index);
    this.#bytes = part.bytes;
    this.#hashes.set(part.index, snapshotChunkHash(part.chunk));
    this.#progressAt = now;
    return "kept";
  }

  /** Ascending; the first alone until it is known how many there are. */
  *#missing(): Generator<number> {
    const count = this.#bytes === undefined ? 1 : snapshotChunkCount(this.#bytes);
    for (let index = 0; index < count; index++) if (!this.#hashes.has(index)) yield index;
  }

  /** In turn; liars only when nobody else is left. */
  #next(): ValidatorIndex {
    const honest = this.#peers.filter((peer) => !this.#liars.has(peer));
    const peers = honest.length > 0 ? honest : this.#peers;
    return peers[this.#turn++ % peers.length] as ValidatorIndex;
  }
}
