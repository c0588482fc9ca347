// All that validators say to one another, with one encoding. The sender is known from the connection.

import { decode, encode, equalBytes, type Reader, type Writer } from "../base/index.ts";
import { type Header, readHeader, writeHeader } from "./block.ts";
import {
  type QC,
  readQC,
  readVoteKind,
  type VoteKind,
  writeQC,
  writeVoteKind,
  zeroHash,
} from "./certificate.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type EpochEnd, readEpochEnd, writeEpochEnd } from "./epoch-end.ts";
import { type Cut, type Lane, readCut, readLane, writeCut, writeLane } from "./lane.ts";
import {
  blockTransactionsMax,
  bundleTransactionsMax,
  committeeMax,
  headersPerAnswerMax,
  lanesPerAnswerMax,
  skipsMax,
  snapshotBytesMax,
  snapshotChunkBytes,
  unopenedMax,
} from "./limits.ts";
import { Epoch, Height, ValidatorIndex, View } from "./numbers.ts";
import type { SnapshotPart } from "./snapshot.ts";
import { readTransaction, type SealedTransaction, writeTransaction } from "./transaction.ts";

/** A leader's block, with all that shows it may stand where it stands. The signature is its PREPARE. */
export interface Propose {
  readonly type: "propose";
  readonly header: Header;
  /** A PREPARE or COMMIT certificate for the parent; undefined only when the parent is genesis. */
  readonly parentQC: QC | undefined;
  /** A SKIP certificate for each view strictly between the parent's and this one, ascending. */
  readonly skips: readonly QC[];
  /** The highest COMMIT certificate the leader holds. */
  readonly commitQC: QC | undefined;
  readonly signature: Uint8Array;
}

/** PREPARE, COMMIT or SKIP. */
export interface Vote {
  readonly type: "vote";
  readonly kind: VoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  /** Block hash, zeros for a SKIP. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  /** COMMIT: the PrepareQC voted on. SKIP: the certificate by which the voter entered the view. */
  readonly justification: QC | undefined;
  /** SKIP: the highest COMMIT certificate the voter holds. */
  readonly commitQC: QC | undefined;
}

export interface Certificate {
  readonly type: "certificate";
  readonly qc: QC;
}

/** Said now and then, and on connecting: who is behind gets certificates, and asks for blocks. */
export interface Status {
  readonly type: "status";
  readonly epoch: Epoch;
  readonly view: View;
  readonly entry: QC | undefined;
  readonly commitQC: QC | undefined;
}

/** Asks for the block of this hash and up to `count` - 1 of its ancestors, newest first. */
export interface GetBlocks {
  readonly type: "get-blocks";
  readonly hash: Uint8Array;
  readonly count: number;
}

/** Consecutive headers, newest first. */
export interface Blocks {
  readonly type: "blocks";
  readonly headers: readonly Header[];
  /** The CommitQC of the first of them, where the sender has it. */
  readonly certificate: QC | undefined;
}

/** Asks for the certificates that close the views from..to, both included. */
export interface GetCertificates {
  readonly type: "get-certificates";
  readonly epoch: Epoch;
  readonly from: View;
  readonly to: View;
}

export interface LaneMessages {
  readonly type: "lanes";
  readonly lanes: readonly Lane[];
}

/** Asks for the lane message of this hash and up to `count` - 1 before it in its lane. */
export interface GetLanes {
  readonly type: "get-lanes";
  readonly owner: ValidatorIndex;
  readonly hash: Uint8Array;
  readonly count: number;
}

/** How far the sender holds each lane. */
export interface LaneTips {
  readonly type: "lane-tips";
  readonly tips: Cut;
}

/** Transactions travel in bundles, never one message each. */
export interface Transactions {
  readonly type: "transactions";
  readonly transactions: readonly SealedTransaction[];
}

export interface GetTransactions {
  readonly type: "get-transactions";
  readonly ids: readonly Uint8Array[];
}

/** The sender's decryption shares for a final block, by slice (docs/sealing.md, The opening; slice 0 holds all when n <= 8). */
export interface Shares {
  readonly type: "shares";
  readonly height: Height;
  readonly blockHash: Uint8Array;
  /** The sender's BLS signature over the statement `release` of this height and block, 96 bytes. */
  readonly signature: Uint8Array;
  readonly slices: readonly { readonly slice: number; readonly shares: readonly Uint8Array[] }[];
}

/** Openings, which verify by themselves. */
export interface Opened {
  readonly type: "opened";
  readonly height: Height;
  readonly blockHash: Uint8Array;
  readonly slices: readonly { readonly slice: number; readonly openings: readonly Uint8Array[] }[];
}

/** Asks for openings, or for the receiver's own shares, of final heights; without slices for all of a height. */
export interface PullOpenings {
  readonly type: "pull-openings";
  readonly wants: readonly { readonly height: Height; readonly slices: readonly number[] }[];
}

export interface CheckpointVote {
  readonly type: "checkpoint-vote";
  readonly checkpoint: Checkpoint;
  readonly signature: Uint8Array;
}

/** Tells a node of an earlier epoch how that epoch ended, so that it can follow. */
export interface EpochEnded extends EpochEnd {
  readonly type: "epoch-end";
}

/** Asks for one chunk of the snapshot at this height. */
export interface GetSnapshot {
  readonly type: "get-snapshot";
  readonly height: Height;
  readonly index: number;
}

export interface SnapshotChunk {
  readonly type: "snapshot-chunk";
  readonly height: Height;
  readonly part: SnapshotPart;
}

export type ConsensusMessage =
  | Propose
  | Vote
  | Certificate
  | Status
  | GetBlocks
  | Blocks
  | GetCertificates;
export type MempoolMessage = LaneMessages | GetLanes | LaneTips | Transactions | GetTransactions;
export type OpeningMessage = Shares | Opened | PullOpenings;
export type StateSyncMessage = GetSnapshot | SnapshotChunk;
export type Message =
  | ConsensusMessage
  | MempoolMessage
  | OpeningMessage
  | CheckpointVote
  | EpochEnded
  | StateSyncMessage;

interface Codec<M> {
  readonly write: (writer: Writer, message: M) => void;
  readonly read: (reader: Reader) => M;
}

const optionalQC = (writer: Writer, qc: QC | undefined): Writer => writer.optional(qc, writeQC);
const hash = (writer: Writer, bytes: Uint8Array): Writer => writer.fixed(bytes, 32);

const slicesMax = committeeMax;
/** From one chunk of the largest snapshot up to its root. */
const pathMax = Math.ceil(Math.log2(snapshotBytesMax / snapshotChunkBytes));

/** The tag on the wire is the position here: append only. */
const codecs: { readonly [T in Message["type"]]: Codec<Extract<Message, { type: T }>> } = {
  propose: {
    write(writer, message) {
      writeHeader(writer, message.header);
      optionalQC(writer, message.parentQC);
      writer.list(message.skips, skipsMax, writeQC);
      optionalQC(writer, message.commitQC).fixed(message.signature, 96);
    },
    read: (reader) => ({
      type: "propose",
      header: readHeader(reader),
      parentQC: reader.optional(readQC),
      skips: reader.list(skipsMax, readQC),
      commitQC: reader.optional(readQC),
      signature: reader.fixed(96),
    }),
  },
  vote: {
    write(writer, message) {
      writeVoteKind(writer, message.kind);
      writer.u64(message.epoch).u64(message.view).fixed(message.hash, 32);
      writer.fixed(message.signature, 96);
      optionalQC(optionalQC(writer, message.justification), message.commitQC);
    },
    read(reader) {
      const vote: Vote = {
        type: "vote",
        kind: readVoteKind(reader),
        epoch: Epoch(reader.u64()),
        view: View(reader.u64()),
        hash: reader.fixed(32),
        signature: reader.fixed(96),
        justification: reader.optional(readQC),
        commitQC: reader.optional(readQC),
      };
      reader.require(vote.kind !== "skip" || equalBytes(vote.hash, zeroHash), "SKIP_OF_A_BLOCK");
      return vote;
    },
  },
  certificate: {
    write: (writer, message) => writeQC(writer, message.qc),
    read: (reader) => ({ type: "certificate", qc: readQC(reader) }),
  },
  status: {
    write(writer, message) {
      writer.u64(message.epoch).u64(message.view);
      optionalQC(optionalQC(writer, message.entry), message.commitQC);
    },
    read: (reader) => ({
      type: "status",
      epoch: Epoch(reader.u64()),
      view: View(reader.u64()),
      entry: reader.optional(readQC),
      commitQC: reader.optional(readQC),
    }),
  },
  "get-blocks": {
    write: (writer, message) => void hash(writer, message.hash).u16(message.count),
    read: (reader) => ({ type: "get-blocks", hash: reader.fixed(32), count: reader.u16() }),
  },
  blocks: {
    write(writer, message) {
      writer.list(message.headers, headersPerAnswerMax, writeHeader);
      optionalQC(writer, message.certificate);
    },
    read: (reader) => ({
      type: "blocks",
      headers: reader.list(headersPerAnswerMax, readHeader),
      certificate: reader.optional(readQC),
    }),
  },
  "get-certificates": {
    write: (writer, message) => void writer.u64(message.epoch).u64(message.from).u64(message.to),
    read: (reader) => ({
      type: "get-certificates",
      epoch: Epoch(reader.u64()),
      from: View(reader.u64()),
      to: View(reader.u64()),
    }),
  },
  lanes: {
    write: (writer, message) => void writer.list(message.lanes, lanesPerAnswerMax, writeLane),
    read: (reader) => ({ type: "lanes", lanes: reader.list(lanesPerAnswerMax, readLane) }),
  },
  "get-lanes": {
    write: (writer, message) =>
      void hash(writer.u16(message.owner), message.hash).u16(message.count),
    read: (reader) => ({
      type: "get-lanes",
      owner: ValidatorIndex(reader.u16()),
      hash: reader.fixed(32),
      count: reader.u16(),
    }),
  },
  "lane-tips": {
    write: (writer, message) => writeCut(writer, message.tips),
    read: (reader) => ({ type: "lane-tips", tips: readCut(reader) }),
  },
  transactions: {
    write: (writer, message) =>
      void writer.list(message.transactions, bundleTransactionsMax, writeTransaction),
    read: (reader) => ({
      type: "transactions",
      transactions: reader.list(bundleTransactionsMax, readTransaction),
    }),
  },
  "get-transactions": {
    write: (writer, message) => void writer.list(message.ids, bundleTransactionsMax, hash),
    read: (reader) => ({
      type: "get-transactions",
      ids: reader.list(bundleTransactionsMax, (r) => r.fixed(32)),
    }),
  },
  shares: {
    write: (writer, message) =>
      void hash(writer.u64(message.height), message.blockHash)
        .fixed(message.signature, 96)
        .list(message.slices, slicesMax, (w, { slice, shares }) =>
          w.u16(slice).list(shares, blockTransactionsMax, (v, share) => v.fixed(share, 96)),
        ),
    read: (reader) => ({
      type: "shares",
      height: Height(reader.u64()),
      blockHash: reader.fixed(32),
      signature: reader.fixed(96),
      slices: reader.list(slicesMax, (r) => ({
        slice: r.u16(),
        shares: r.list(blockTransactionsMax, (v) => v.fixed(96)),
      })),
    }),
  },
  opened: {
    write: (writer, message) =>
      void hash(writer.u64(message.height), message.blockHash).list(
        message.slices,
        slicesMax,
        (w, { slice, openings }) =>
          w.u16(slice).list(openings, blockTransactionsMax, (v, opening) => v.fixed(opening, 48)),
      ),
    read: (reader) => ({
      type: "opened",
      height: Height(reader.u64()),
      blockHash: reader.fixed(32),
      slices: reader.list(slicesMax, (r) => ({
        slice: r.u16(),
        openings: r.list(blockTransactionsMax, (v) => v.fixed(48)),
      })),
    }),
  },
  "pull-openings": {
    write: (writer, message) =>
      void writer.list(message.wants, unopenedMax, (w, { height, slices }) =>
        w.u64(height).list(slices, slicesMax, (v, slice) => v.u16(slice)),
      ),
    read: (reader) => ({
      type: "pull-openings",
      wants: reader.list(unopenedMax, (r) => ({
        height: Height(r.u64()),
        slices: r.list(slicesMax, (v) => v.u16()),
      })),
    }),
  },
  "checkpoint-vote": {
    write(writer, message) {
      writeCheckpoint(writer, message.checkpoint);
      writer.fixed(message.signature, 96);
    },
    read: (reader) => ({
      type: "checkpoint-vote",
      checkpoint: readCheckpoint(reader),
      signature: reader.fixed(96),
    }),
  },
  "epoch-end": {
    write: writeEpochEnd,
    read: (reader) => ({ type: "epoch-end", ...readEpochEnd(reader) }),
  },
  "get-snapshot": {
    write: (writer, message) => void writer.u64(message.height).u32(message.index),
    read: (reader) => ({
      type: "get-snapshot",
      height: Height(reader.u64()),
      index: reader.u32(),
    }),
  },
  "snapshot-chunk": {
    write(writer, { height, part }) {
      writer.u64(height).u32(part.bytes).u32(part.index).bytes(part.chunk, snapshotChunkBytes);
      hash(writer, part.tree).list(part.path, pathMax, hash);
    },
    read: (reader) => ({
      type: "snapshot-chunk",
      height: Height(reader.u64()),
      part: {
        bytes: reader.u32(),
        index: reader.u32(),
        chunk: reader.bytes(snapshotChunkBytes),
        tree: reader.fixed(32),
        path: reader.list(pathMax, (r) => r.fixed(32)),
      },
    }),
  },
};

const types = Object.keys(codecs) as Message["type"][];

export function writeMessage(writer: Writer, message: Message): void {
  writer.u8(types.indexOf(message.type));
  (codecs[message.type] as Codec<Message>).write(writer, message);
}

export function readMessage(reader: Reader): Message {
  const type = messageTypeOf(reader.u8());
  reader.require(type !== undefined, "UNKNOWN_MESSAGE");
  return (codecs[type as Message["type"]] as Codec<Message>).read(reader);
}

export function encodeMessage(message: Message): Uint8Array {
  return encode(message, writeMessage);
}

/** What the first byte of a message says it is. */
export function messageTypeOf(tag: number | undefined): Message["type"] | undefined {
  return types[tag ?? types.length];
}

/** Undefined for whatever is not the one encoding of a message within its limits. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  return decode(bytes, readMessage);
}
