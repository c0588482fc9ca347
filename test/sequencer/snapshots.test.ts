import { expect, test } from "vitest";
import { AssertionError, concatBytes, toHex, u64Bytes, type Write } from "../../base/index.ts";
import {
  type CommonEffect,
  Height,
  limits,
  snapshotChunkHash,
  snapshotChunkKey,
  snapshotRoot,
  spaces,
} from "../../protocol/index.ts";
import { decodeSnapshotRecord } from "../../sequencer/records.ts";
import { type ExecutedState, Snapshots } from "../../sequencer/snapshots.ts";
import { decodeState } from "../../sequencer/state.ts";

const { snapshotChunkBytes, snapshotHeights, snapshotsKept } = limits;

/** What the disk holds, and which of it could still be lost. */
class Disk {
  readonly records = new Map<string, Uint8Array>();
  readonly synced: string[] = [];
  #unsynced: string[] = [];

  apply(effects: readonly CommonEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== "persist") throw new Error("only writes are expected");
      for (const write of effect.writes) this.#put(write);
      if (effect.sync) this.synced.push(...this.#unsynced.splice(0));
    }
  }

  #put({ space, key, value }: Write): void {
    const name = space + toHex(key);
    if (value === undefined) this.records.delete(name);
    else this.records.set(name, value);
    if (value !== undefined) this.#unsynced.push(name);
  }

  record(height: number): ReturnType<typeof decodeSnapshotRecord> {
    const value = this.records.get(spaces.snapshot + toHex(u64Bytes(height)));
    return value === undefined ? undefined : decodeSnapshotRecord(value);
  }

  chunks(height: number): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let i = 0; ; i++) {
      const chunk = this.records.get(
        spaces.snapshotChunk + toHex(snapshotChunkKey(Height(height), i)),
      );
      if (chunk === undefined) return chunks;
      chunks.push(chunk);
    }
  }
}

function stateAt(count: number, bytes = 100): ExecutedState {
  return {
    height: Height(count * snapshotHeights),
    hash: new Uint8Array(32).fill(count),
    named: Height((count - 1) * snapshotHeights),
    ordering: [new Uint8Array(bytes).fill(count), new Uint8Array(0), new Uint8Array(3)],
    succession: new Uint8Array(5).fill(50 + count),
    mempool: [new Uint8Array(bytes).fill(100 + count)],
  };
}

const totals = new Uint8Array(7).fill(9);
const none = { roots: [], kept: [] };

function takeAll(snapshots: Snapshots, disk: Disk, count: number, bytes?: number): void {
  const state = stateAt(count, bytes);
  snapshots.onExecuted(state);
  disk.apply(snapshots.onOpened(state.height, totals));
  for (let i = 0; i < 50; i++) disk.apply(snapshots.work());
}

test("a snapshot is due at every so many heights", () => {
  const snapshots = new Snapshots(none);
  expect([63, 64, 65, 128].map((height) => snapshots.isDue(Height(height)))).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test("what is read back is what was taken, whatever the size of the pieces", () => {
  for (const bytes of [1, snapshotChunkBytes / 2, snapshotChunkBytes, 3 * snapshotChunkBytes + 1]) {
    const disk = new Disk();
    takeAll(new Snapshots(none), disk, 1, bytes);
    const { ordering, mempool, ...rest } = stateAt(1, bytes);
    expect(decodeState(disk.chunks(snapshotHeights))).toEqual({
      ...rest,
      recent: [],
      ledger: { ordering: concatBytes(...ordering), totals },
      mempool: concatBytes(...mempool),
    });
    const sizes = disk.chunks(snapshotHeights).map((chunk) => chunk.length);
    expect(sizes.slice(0, -1).every((size) => size === snapshotChunkBytes)).toBe(true);
    expect(sizes.at(-1)).toBeGreaterThan(0);
  }
});

test("one chunk is made at a time, and the record is written when all are surely there", () => {
  const disk = new Disk();
  const snapshots = new Snapshots(none);
  const state = stateAt(1, 2 * snapshotChunkBytes);
  snapshots.onExecuted(state);
  disk.apply(snapshots.onOpened(state.height, totals));
  for (let made = 1; made <= 4; made++) {
    expect(disk.chunks(state.height)).toHaveLength(made);
    expect(disk.record(state.height)).toBeUndefined();
    expect(snapshots.rootAt(state.height)).toBeUndefined();
    disk.apply(snapshots.work());
  }
  const record = disk.record(state.height);
  const chunks = disk.chunks(state.height);
  expect(record?.hashes).toEqual(chunks.map(snapshotChunkHash));
  expect(disk.synced).toHaveLength(chunks.length + 1);
  const root = snapshotRoot(record?.bytes ?? 0, record?.hashes ?? []);
  expect(snapshots.rootAt(state.height)).toEqual(root);
  expect(snapshots.newest).toEqual({ height: state.height, root });
});

test("when blocks are opened, and how fast chunks are made, changes no byte", () => {
  const [prompt, late] = [new Disk(), new Disk()];
  const one = new Snapshots(none);
  for (let count = 1; count <= 4; count++) takeAll(one, prompt, count, snapshotChunkBytes);
  const other = new Snapshots(none);
  for (let count = 1; count <= 4; count++) other.onExecuted(stateAt(count, snapshotChunkBytes));
  for (let count = 1; count <= 4; count++)
    late.apply(other.onOpened(Height(count * snapshotHeights), totals));
  for (let i = 0; i < 5; i++) late.apply(other.work());
  expect(other.newest).toEqual(one.newest);
  expect(late.records).toEqual(prompt.records);
});

test("a state holds the names of the two before it, also when they were made before a restart", () => {
  const disk = new Disk();
  const snapshots = new Snapshots(none);
  for (let count = 1; count <= 3; count++) takeAll(snapshots, disk, count);
  const recent = decodeState(disk.chunks(3 * snapshotHeights))?.recent;
  expect(recent).toEqual([1, 2].map((count) => nameOf(snapshots, count)));
  const kept = [2, 3].map((count) => ({ height: Height(count * snapshotHeights), chunks: 1 }));
  const roots = [...(recent ?? []), nameOf(snapshots, 3)];
  const restarted = new Snapshots({ roots, kept });
  const again = new Disk();
  takeAll(snapshots, disk, 4);
  takeAll(restarted, again, 4);
  expect(restarted.newest).toEqual(snapshots.newest);
  expect(again.record(4 * snapshotHeights)).toEqual(disk.record(4 * snapshotHeights));
});

test("the newest stay on disk, and nothing of the others", () => {
  const disk = new Disk();
  const snapshots = new Snapshots(none);
  for (let count = 1; count <= 5; count++) takeAll(snapshots, disk, count, snapshotChunkBytes);
  const kept = [1, 2, 3, 4, 5].filter((count) => disk.record(count * snapshotHeights));
  expect(kept).toEqual([4, 5]);
  expect(kept).toHaveLength(snapshotsKept);
  for (const count of [1, 2, 3]) expect(disk.chunks(count * snapshotHeights)).toEqual([]);
});

test("a height is opened only after it was executed, and in order", () => {
  const snapshots = new Snapshots(none);
  snapshots.onExecuted(stateAt(1));
  expect(() => snapshots.onOpened(Height(2 * snapshotHeights), totals)).toThrow(AssertionError);
});

function nameOf(snapshots: Snapshots, count: number): { height: Height; root: Uint8Array } {
  const height = Height(count * snapshotHeights);
  return { height, root: snapshots.rootAt(height) ?? new Uint8Array() };
}
