// What the core keeps on disk beside what the machines keep themselves, and what it finds there when it starts.

import { decode, encode, utf8 } from "../base/index.ts";
import type { FetchedChunks, Origin, Recovered } from "../consensus/index.ts";
import {
  type Committee,
  type Header,
  Height,
  type InboxMessage,
  type L1Block,
  type Lane,
  type LaneEntry,
  limits,
  Namespace,
  type QC,
  readInboxMessage,
  readQC,
  type SealedTransaction,
  snapshotChunkCount,
  type SnapshotName,
  writeInboxMessage,
  writeQC,
} from "../protocol/index.ts";
import type { AttestedBefore } from "../ledger/index.ts";
import type { Tip } from "./chain.ts";
import type { KeptSnapshot } from "./snapshots.ts";
import type { ReplicatedState } from "./state.ts";
import type { VoidPromise } from "./voiding.ts";

/** One final height: which block, what it ordered, and its own certificate if it has one. */
export interface FinalRecord {
  readonly hash: Uint8Array;
  readonly certificate: QC | undefined;
  /** In delivery order, by namespace. */
  readonly groups: readonly {
    readonly namespace: Namespace;
    readonly ids: readonly Uint8Array[];
  }[];
}

/** One delivered height: with the transactions and the header, all that a follower is given. */
export interface DeliveredRecord {
  /** Of the sealed transactions, in delivery order; none where all of them are void. */
  readonly openings: readonly Uint8Array[];
  /** Height of the block that has declared all sealed in this one void. */
  readonly voidedBy: Height | undefined;
  /** What the block read of the inboxes, by namespace. */
  readonly inbox: readonly InboxMessage[];
}

/** A snapshot that is whole on disk: its chunks stand in a space of their own. */
export interface SnapshotRecord {
  readonly height: Height;
  /** Of the block there. */
  readonly hash: Uint8Array;
  /** Of all chunks together. */
  readonly bytes: number;
  /** Of the chunks, by `snapshotChunkHash`. */
  readonly hashes: readonly Uint8Array[];
}

/** Where an epoch begins: on genesis, or on the block that closed the one before. */
export interface EpochStart extends Origin {
  readonly committee: Committee;
}

const chunksMax = snapshotChunkCount(limits.snapshotBytesMax);

/**
 * In `spaces.meta`: the lowest height whose block, order and openings are here, u64; absent when it is the first. Whoever
 * fetches a state writes one and whoever prunes the other, so that neither takes back what the other said.
 */
export const oldestKeys: { readonly fetched: Uint8Array; readonly pruned: Uint8Array } = {
  fetched: utf8("oldest fetched"),
  pruned: utf8("oldest pruned"),
};

/** All that a node knows when it starts. A fresh one has an empty recovery. */
export interface Recovery {
  /** The epoch that the state is in: its committee, and the block on which it stands. */
  readonly epoch: EpochStart;
  readonly replica: Recovered;
  readonly attester: AttestedBefore;
  /** Executed and opened up to here; what followed is worked out again. */
  readonly snapshot: { readonly state: ReplicatedState; readonly tip: Tip } | undefined;
  /** The names of the newest snapshots up to that one, ascending, and which of them are on disk. */
  readonly snapshots: {
    readonly roots: readonly SnapshotName[];
    readonly kept: readonly KeptSnapshot[];
  };
  /** The lowest height whose block, order and openings are on disk. */
  readonly oldest: Height;
  /** Chunks of a snapshot that was being fetched. */
  readonly fetched: FetchedChunks | undefined;
  /** Final headers after the snapshot, ascending. */
  readonly headers: readonly { readonly header: Header; readonly certificate: QC | undefined }[];
  /** Openings of final blocks that are not delivered, by height, as far as they were on disk. */
  readonly openings: ReadonlyMap<number, readonly Uint8Array[]>;
  /** What this node has promised when it voted to declare a height void; it may have come true since. */
  readonly voidPromise: VoidPromise | undefined;
  /** Keys of the evidence on disk, ascending. */
  readonly evidence: readonly Uint8Array[];
  /** Finalized L1 blocks read before, consecutive. */
  readonly l1: readonly L1Block[];
  readonly lanes: readonly Lane[];
  readonly transactions: readonly SealedTransaction[];
  readonly stamps: readonly LaneEntry[];
}

export function encodeFinalRecord(record: FinalRecord): Uint8Array {
  return encode(record, (writer, value) => {
    writer.fixed(value.hash, 32).optional(value.certificate, writeQC);
    writer.list(value.groups, limits.blockTransactionsMax, (w, { namespace, ids }) =>
      w.u32(namespace).list(ids, limits.blockTransactionsMax, (v, id) => v.fixed(id, 32)),
    );
  });
}

export function decodeFinalRecord(bytes: Uint8Array): FinalRecord | undefined {
  return decode(bytes, (reader) => ({
    hash: reader.fixed(32),
    certificate: reader.optional(readQC),
    groups: reader.list(limits.blockTransactionsMax, (r) => ({
      namespace: Namespace(r.u32()),
      ids: r.list(limits.blockTransactionsMax, (v) => v.fixed(32)),
    })),
  }));
}

export function encodeDeliveredRecord(record: DeliveredRecord): Uint8Array {
  return encode(record, (writer, value) =>
    writer
      .list(value.openings, limits.blockTransactionsMax, (w, opening) => w.fixed(opening, 48))
      .list(value.inbox, limits.inboxPerBlockMax, writeInboxMessage)
      .optional(value.voidedBy, (w, height) => w.u64(height)),
  );
}

export function decodeDeliveredRecord(bytes: Uint8Array): DeliveredRecord | undefined {
  return decode(bytes, (reader) => ({
    openings: reader.list(limits.blockTransactionsMax, (r) => r.fixed(48)),
    inbox: reader.list(limits.inboxPerBlockMax, readInboxMessage),
    voidedBy: reader.optional((r) => Height(r.u64())),
  }));
}

export function encodeSnapshotRecord(record: SnapshotRecord): Uint8Array {
  return encode(record, (writer, { height, hash, bytes, hashes }) =>
    writer
      .u64(height)
      .fixed(hash, 32)
      .u32(bytes)
      .list(hashes, chunksMax, (w, each) => w.fixed(each, 32)),
  );
}

export function decodeSnapshotRecord(bytes: Uint8Array): SnapshotRecord | undefined {
  return decode(bytes, (reader) => {
    const record = {
      height: Height(reader.u64()),
      hash: reader.fixed(32),
      bytes: reader.u32(),
      hashes: reader.list(chunksMax, (r) => r.fixed(32)),
    };
    reader.require(record.hashes.length === snapshotChunkCount(record.bytes), "WRONG_COUNT");
    return record;
  });
}
