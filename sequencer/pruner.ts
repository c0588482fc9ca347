// Deletes what may go, a small portion at a time, so that neither the disk nor the thread that decides is busy with it
// for long. Each height goes in one atomic batch with the word that it is gone, so the oldest height that a node says
// it has is the truth at any moment and after any crash. What a crash leaves behind is found again, because each
// portion begins with the lowest that is there; and what belongs to no final block is found by going round.

import { concatBytes, decode, type Store, toHex, u64Bytes, type Write } from "../base/index.ts";
import { certificateKey, forgettableVotes, stateSyncKey } from "../consensus/index.ts";
import {
  decodeHeader,
  decodeTransaction,
  Height,
  type LaneTip,
  limits,
  readLane,
  spaces,
  View,
} from "../protocol/index.ts";
import {
  type FloorBlock,
  floorOf,
  isForgettableHeader,
  isForgettableLane,
  isForgettableTransaction,
  type Keeping,
  toFloorBlock,
} from "./pruning.ts";
import { decodeFinalRecord, oldestKeys } from "./records.ts";
import { readOldest } from "./recovery.ts";

/** Heights that one portion takes, and other records of a kind, at most. */
const heightsPerPortion = 32;
const recordsPerPortion = 64;
/** More than a large committee casts between two portions. */
const votesPerPortion = 2_048;

export class Pruner {
  readonly #store: Store;
  /** The first height that is not gone. */
  #oldest: Height | undefined;
  /** Where going round goes on, by space. */
  readonly #cursors = new Map<string, Uint8Array>();
  #isBusy = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** One portion; nothing while another is under way. The lowest height whose block is here afterwards. */
  async portion(keeping: Keeping): Promise<Height> {
    this.#oldest ??= await readOldest(this.#store);
    if (this.#isBusy) return this.#oldest;
    this.#isBusy = true;
    try {
      await this.#forgetHeights(floorOf(keeping));
      await this.#forgetChunks(keeping.snapshot);
      await this.#forgetVotes();
      const floor = this.#oldest > 1 ? await this.#floorBlock(Height(this.#oldest)) : undefined;
      if (floor !== undefined) await this.#forgetRest(floor);
      return this.#oldest;
    } finally {
      this.#isBusy = false;
    }
  }

  async #forgetHeights(floor: Height): Promise<void> {
    const to = u64Bytes(floor + 1);
    const records = await this.#store.range(spaces.ordered, { to, limit: heightsPerPortion });
    for (const { key, value } of records) {
      const writes = [...(await this.#writesOf(key, value)), deletion(spaces.ordered, key)];
      const height = decode(key, (r) => r.u64()) ?? 0;
      this.#oldest = Height(Math.max(this.#oldest ?? 1, height + 1));
      writes.push({ space: spaces.meta, key: oldestKeys.pruned, value: u64Bytes(this.#oldest) });
      await this.#store.write(writes, { sync: false });
    }
  }

  /** All that goes with a final block. */
  async #writesOf(key: Uint8Array, value: Uint8Array): Promise<Write[]> {
    const record = decodeFinalRecord(value);
    const bytes =
      record === undefined ? undefined : await this.#store.get(spaces.block, record.hash);
    const header = bytes === undefined ? undefined : decodeHeader(bytes);
    const floor = header === undefined ? undefined : toFloorBlock(header);
    const ids = record?.groups.flatMap((group) => group.ids) ?? [];
    const lanes = await Promise.all(floor?.cut.map((tip) => this.#lanesUpTo(tip)) ?? []);
    return [
      deletion(spaces.opening, key),
      ...ids.map((id) => deletion(spaces.transaction, id)),
      ...lanes.flat().map((hash) => deletion(spaces.lane, hash)),
      // The block itself stays until the next one goes: it says where the floor is.
      ...(header === undefined ? [] : [deletion(spaces.block, header.parent)]),
    ];
  }

  /** The messages of a lane up to this tip that are still here: what one block has read of it. */
  async #lanesUpTo(tip: LaneTip): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    for (let next = tip.sequence === 0 ? undefined : tip.hash; next !== undefined;) {
      const value: Uint8Array | undefined = await this.#store.get(spaces.lane, next);
      const lane = value === undefined ? undefined : decode(value, readLane);
      if (lane === undefined) break;
      hashes.push(next);
      next = lane.sequence > 1 ? lane.previous : undefined;
    }
    return hashes;
  }

  /** The last block that is gone; its header stays until the next one goes. */
  async #floorBlock(oldest: Height): Promise<FloorBlock | undefined> {
    const value = await this.#store.get(spaces.ordered, u64Bytes(oldest));
    const record = value === undefined ? undefined : decodeFinalRecord(value);
    const child =
      record === undefined ? undefined : await this.#store.get(spaces.block, record.hash);
    const parent = child === undefined ? undefined : decodeHeader(child)?.parent;
    const bytes = parent === undefined ? undefined : await this.#store.get(spaces.block, parent);
    const header = bytes === undefined ? undefined : decodeHeader(bytes);
    return header === undefined ? undefined : toFloorBlock(header);
  }

  /** Chunks of snapshots that are none: their records went, or were never written. */
  async #forgetChunks(oldest: Height): Promise<void> {
    const isFetching = (await this.#store.get(spaces.meta, stateSyncKey)) !== undefined;
    if (isFetching || oldest === 0) return;
    const options = { to: u64Bytes(oldest), limit: heightsPerPortion };
    const chunks = await this.#store.range(spaces.snapshotChunk, options);
    const snapshots = await this.#store.range(spaces.snapshot);
    const kept = new Set(snapshots.map(({ key }) => toHex(key)));
    const orphans = chunks.filter(({ key }) => !kept.has(toHex(key.subarray(0, 8))));
    await this.#delete(
      spaces.snapshotChunk,
      orphans.map(({ key }) => key),
    );
  }

  async #forgetVotes(): Promise<void> {
    const [newest] = await this.#store.range(spaces.vote, { reverse: true, limit: 1 });
    const ranges = newest === undefined ? [] : forgettableVotes(newest.key, limits.voteLogViewsMax);
    for (const range of ranges)
      await this.#forgetRange(spaces.vote, { ...range, limit: votesPerPortion });
  }

  async #forgetRest(floor: FloorBlock): Promise<void> {
    const { epoch, view } = floor.header;
    const certificates = { to: certificateKey(epoch, View(view)), limit: recordsPerPortion };
    await this.#forgetRange(spaces.certificate, certificates);
    await this.#forgetRange(spaces.l1, { to: u64Bytes(floor.l1), limit: recordsPerPortion });
    await this.#goRound(spaces.block, (value) => {
      const header = decodeHeader(value);
      // The floor's own header says where it is.
      return header !== undefined && isForgettableHeader(header, floor) && !isFloor(header, floor);
    });
    await this.#goRound(spaces.lane, (value) => {
      const lane = decode(value, readLane);
      return lane !== undefined && isForgettableLane(lane, floor);
    });
    await this.#goRound(spaces.transaction, (value) => {
      const transaction = decodeTransaction(value);
      return transaction !== undefined && isForgettableTransaction(transaction, floor);
    });
  }

  async #forgetRange(
    space: string,
    options: { readonly from?: Uint8Array; readonly to: Uint8Array; readonly limit: number },
  ): Promise<void> {
    const records = await this.#store.range(space, options);
    await this.#delete(
      space,
      records.map(({ key }) => key),
    );
  }

  /** Looks at the next few records of a space, and begins again at its end. */
  async #goRound(space: string, mayGo: (value: Uint8Array) => boolean): Promise<void> {
    const from = this.#cursors.get(space);
    const limit = recordsPerPortion;
    const records = await this.#store.range(
      space,
      from === undefined ? { limit } : { from, limit },
    );
    const last = records.at(-1);
    if (last === undefined || records.length < limit) this.#cursors.delete(space);
    else this.#cursors.set(space, concatBytes(last.key, Uint8Array.of(0)));
    const gone = records.filter(({ value }) => mayGo(value));
    await this.#delete(
      space,
      gone.map(({ key }) => key),
    );
  }

  async #delete(space: string, keys: readonly Uint8Array[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#store.write(
      keys.map((key) => deletion(space, key)),
      { sync: false },
    );
  }
}

function deletion(space: string, key: Uint8Array): Write {
  return { space, key, value: undefined };
}

function isFloor(header: { readonly height: Height }, floor: FloorBlock): boolean {
  return header.height === floor.header.height;
}
