// Canonical snapshots: the state exactly after every so many heights, the same bytes on every node. What ordering needs
// is taken when a block is executed and the totals when it is opened, which may be many heights later; what is taken is
// shared with the living state and not copied. Chunks are then made, hashed and written one at a time, so that the
// thread that decides is never held up for longer than one of them takes.

import { assert, concatBytes, type Gauge, u64Bytes, type Write } from "../base/index.ts";
import {
  type CommonEffect,
  type Height,
  limits,
  snapshotChunkHash,
  snapshotChunkKey,
  type SnapshotName,
  snapshotRoot,
  spaces,
} from "../protocol/index.ts";
import { encodeSnapshotRecord } from "./records.ts";
import { encodeState, recentMax, type StatePieces } from "./state.ts";

/** What is known of a state when its block is executed. */
export type ExecutedState = Omit<StatePieces, "recent" | "totals">;

/** A snapshot on disk. */
export interface KeptSnapshot {
  readonly height: Height;
  readonly chunks: number;
}

/** A state on its way to the disk. */
interface Writing {
  readonly height: Height;
  readonly hash: Uint8Array;
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly hashes: Uint8Array[];
  /** The piece, and the place in it, where the next chunk begins. */
  at: { piece: number; offset: number };
}

export class Snapshots {
  /** Executed and not opened, ascending: as many as fit into `unopenedHeightsMax`, beyond which nothing is judged. */
  #executed: ExecutedState[] = [];
  #writing: Writing | undefined;
  /** By height, ascending: as far as a block may still name them. */
  #roots: SnapshotName[];
  /** Those on disk, ascending. */
  #kept: KeptSnapshot[];

  constructor(recovered: {
    readonly roots: readonly SnapshotName[];
    readonly kept: readonly KeptSnapshot[];
  }) {
    this.#roots = [...recovered.roots];
    this.#kept = [...recovered.kept];
  }

  get gauges(): Gauge[] {
    const executedMax = limits.unopenedHeightsMax / limits.snapshotHeights + 1;
    return [
      { name: "states", size: this.#executed.length, max: executedMax },
      { name: "snapshots", size: this.#kept.length, max: limits.snapshotsKept },
      { name: "roots", size: this.#roots.length, max: recentMax + 1 },
    ];
  }

  /** Whether the state after this height becomes a snapshot. */
  isDue(height: Height): boolean {
    return height % limits.snapshotHeights === 0;
  }

  /** The root of the snapshot at this height; undefined while it is not known here. */
  rootAt(height: Height): Uint8Array | undefined {
    return this.#roots.find((name) => name.height === height)?.root;
  }

  /** The newest that is known. */
  get newest(): SnapshotName | undefined {
    return this.#roots.at(-1);
  }

  /** Its height: whatever followed it is needed. */
  get oldestKept(): Height | undefined {
    return this.#kept[0]?.height;
  }

  onExecuted(state: ExecutedState): void {
    this.#executed.push(state);
  }

  /** The height is opened, and these are the totals after it. */
  onOpened(height: Height, totals: Uint8Array): CommonEffect[] {
    const [state] = this.#executed;
    assert(state?.height === height, "a block is executed before it is opened");
    this.#executed.shift();
    // One at a time, so that there is a bound: whoever is that slow pays at once.
    const effects = this.finish();
    // A state holds the names of those before it, so they are hashed in their order.
    const recent = this.#roots.filter((name) => name.height < height).slice(-recentMax);
    const pieces = encodeState({ ...state, recent, totals });
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const { hash } = state;
    this.#writing = { height, hash, pieces, bytes, hashes: [], at: { piece: 0, offset: 0 } };
    return [...effects, ...this.work()];
  }

  /** Makes one more chunk, if there is any to make. */
  work(): CommonEffect[] {
    const writing = this.#writing;
    if (writing === undefined) return [];
    const { height, hashes } = writing;
    const chunk = nextChunk(writing);
    hashes.push(snapshotChunkHash(chunk));
    const write = { space: spaces.snapshotChunk, key: snapshotChunkKey(height, hashes.length - 1) };
    const effects: CommonEffect[] = [
      { type: "persist", writes: [{ ...write, value: chunk }], sync: false },
    ];
    if (writing.at.piece < writing.pieces.length) return effects;
    return [...effects, ...this.#complete(writing)];
  }

  /** Makes all that there is left to make, at once. */
  finish(): CommonEffect[] {
    const effects: CommonEffect[] = [];
    while (this.#writing !== undefined) effects.push(...this.work());
    return effects;
  }

  /**
   * The states from this height on count what they should not: they are no more. Undefined when the node has once had
   * others and none of them is left to begin from.
   */
  dropFrom(height: Height): CommonEffect[] | undefined {
    const dropped = this.#kept.filter((kept) => kept.height >= height);
    if (dropped.length > 0 && dropped.length === this.#kept.length) return undefined;
    this.#kept = this.#kept.filter((kept) => kept.height < height);
    this.#writing = undefined;
    return dropped.map((kept) => ({ type: "persist", writes: deletionOf(kept), sync: false }));
  }

  /** With the record, all before it is on disk; only then is there one too many. */
  #complete({ height, hash, bytes, hashes }: Writing): CommonEffect[] {
    this.#writing = undefined;
    const root = snapshotRoot(bytes, hashes);
    if (this.isDue(height)) this.#roots = [...this.#roots, { height, root }].slice(-recentMax - 1);
    const value = encodeSnapshotRecord({ height, hash, bytes, hashes });
    const writes: Write[] = [{ space: spaces.snapshot, key: u64Bytes(height), value }];
    const effects: CommonEffect[] = [{ type: "persist", writes, sync: true }];
    this.#kept = [
      ...this.#kept.filter((kept) => kept.height < height),
      { height, chunks: hashes.length },
    ];
    for (const old of this.#kept.splice(0, this.#kept.length - limits.snapshotsKept))
      effects.push({ type: "persist", writes: deletionOf(old), sync: false });
    return effects;
  }
}

function deletionOf({ height, chunks }: KeptSnapshot): Write[] {
  const keys = Array.from({ length: chunks }, (_, index) => snapshotChunkKey(height, index));
  return [
    { space: spaces.snapshot, key: u64Bytes(height), value: undefined },
    ...keys.map((key) => ({ space: spaces.snapshotChunk, key, value: undefined })),
  ];
}

function nextChunk(writing: Writing): Uint8Array {
  const parts: Uint8Array[] = [];
  let { piece, offset } = writing.at;
  for (let room: number = limits.snapshotChunkBytes; room > 0;) {
    const bytes = writing.pieces[piece];
    if (bytes === undefined) break;
    const part = bytes.subarray(offset, offset + room);
    parts.push(part);
    room -= part.length;
    offset += part.length;
    if (offset < bytes.length) continue;
    piece++;
    offset = 0;
  }
  // What is empty at the end belongs to the chunk before it.
  while (writing.pieces[piece]?.length === 0) piece++;
  writing.at = { piece, offset };
  return concatBytes(...parts);
}
