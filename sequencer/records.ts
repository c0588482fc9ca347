// What the core keeps on disk beside what the machines keep themselves, and what it finds there when it starts.

import { decode, encode } from "../base/index.ts";
import type { Recovered } from "../consensus/index.ts";
import {
  type Header,
  type Height,
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
  writeInboxMessage,
  writeQC,
} from "../protocol/index.ts";
import type { AttestedBefore } from "../ledger/index.ts";
import type { FinalBlock, Tip } from "./chain.ts";

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
  /** Of the sealed transactions, in delivery order. */
  readonly openings: readonly Uint8Array[];
  /** What the block read of the inboxes, by namespace. */
  readonly inbox: readonly InboxMessage[];
}

/** The replicated state after the block at `height`: start from here and execute what followed. */
export interface Snapshot {
  readonly height: Height;
  readonly hash: Uint8Array;
  /** Up to here the ledger's totals count the openings; what is between stands in it as final but unopened. */
  readonly delivered: Height;
  readonly ledger: Uint8Array;
  readonly mempool: Uint8Array;
}

/** All that a node knows when it starts. A fresh one has an empty recovery. */
export interface Recovery {
  readonly replica: Recovered;
  readonly attester: AttestedBefore;
  readonly snapshot: (Snapshot & { readonly tip: Tip }) | undefined;
  /** Blocks above `snapshot.delivered` up to the snapshot's, ascending: ordered, not delivered. */
  readonly undelivered: readonly FinalBlock[];
  /** Final headers after the snapshot, ascending. */
  readonly headers: readonly { readonly header: Header; readonly certificate: QC | undefined }[];
  /** Openings of final blocks that are not delivered, by height, as far as they were on disk. */
  readonly openings: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Finalized L1 blocks read before, consecutive. */
  readonly l1: readonly L1Block[];
  readonly lanes: readonly Lane[];
  readonly transactions: readonly SealedTransaction[];
  readonly stamps: readonly LaneEntry[];
}

/** A snapshot's parts; both grow with the replay window. */
const snapshotBytesMax = 2 ** 31;

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
      .list(value.inbox, limits.inboxPerBlockMax, writeInboxMessage),
  );
}

export function decodeDeliveredRecord(bytes: Uint8Array): DeliveredRecord | undefined {
  return decode(bytes, (reader) => ({
    openings: reader.list(limits.blockTransactionsMax, (r) => r.fixed(48)),
    inbox: reader.list(limits.inboxPerBlockMax, readInboxMessage),
  }));
}

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return encode(snapshot, (writer, value) =>
    writer
      .u64(value.height)
      .fixed(value.hash, 32)
      .u64(value.delivered)
      .bytes(value.ledger, snapshotBytesMax)
      .bytes(value.mempool, snapshotBytesMax),
  );
}

export function decodeSnapshot(bytes: Uint8Array): Snapshot | undefined {
  return decode(bytes, (reader) => ({
    height: reader.u64() as Height,
    hash: reader.fixed(32),
    delivered: reader.u64() as Height,
    ledger: reader.bytes(snapshotBytesMax),
    mempool: reader.bytes(snapshotBytesMax),
  }));
}
