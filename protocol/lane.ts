import { encode, type Reader, type Writer } from "../base/index.ts";
import { sha256 } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { committeeMax, laneEntriesMax } from "./limits.ts";
import { Epoch, Micros, ValidatorIndex } from "./numbers.ts";

/** "I received this transaction at this time by my clock." */
export interface LaneEntry {
  /** Transaction id, 32 bytes. */
  readonly id: Uint8Array;
  readonly stamp: Micros;
}

/**
 * One message of a validator's receipt lane. A lane is hash-chained and signed; it promises that all its
 * owner received with a stamp below `head` is reported (docs/protocol.md, Order).
 */
export interface Lane {
  readonly epoch: Epoch;
  readonly owner: ValidatorIndex;
  /** Counts the owner's restarts: a new one begins a new chain, so that a crash forks no lane. */
  readonly incarnation: number;
  /** From 1 within an incarnation. */
  readonly sequence: number;
  /** Hash of the message before in this incarnation; zeros in its first. */
  readonly previous: Uint8Array;
  readonly head: Micros;
  /** Stamps do not decrease and none is above the head. Below an earlier head they count as that head. */
  readonly entries: readonly LaneEntry[];
  /** Ed25519 by the network key over `laneHash`, 64 bytes. */
  readonly signature: Uint8Array;
}

/** How far one lane is read: the message up to which, itself included. */
export interface LaneTip {
  readonly incarnation: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/** How far a block reads each lane, by validator index. */
export type Cut = readonly LaneTip[];

/** The tip of a lane of which nothing has been read. */
export const emptyTip: LaneTip = { incarnation: 0, sequence: 0, hash: new Uint8Array(32) };

function writeUnsigned(writer: Writer, lane: Omit<Lane, "signature">): void {
  writer
    .u64(lane.epoch)
    .u16(lane.owner)
    .u32(lane.incarnation)
    .u32(lane.sequence)
    .fixed(lane.previous, 32)
    .u64(lane.head)
    .list(lane.entries, laneEntriesMax, (w, entry) => w.fixed(entry.id, 32).u64(entry.stamp));
}

export function writeLane(writer: Writer, lane: Lane): void {
  writeUnsigned(writer, lane);
  writer.fixed(lane.signature, 64);
}

export function readLane(reader: Reader): Lane {
  return {
    epoch: Epoch(reader.u64()),
    owner: ValidatorIndex(reader.u16()),
    incarnation: reader.u32(),
    sequence: reader.u32(),
    previous: reader.fixed(32),
    head: Micros(reader.u64()),
    entries: reader.list(laneEntriesMax, (r) => ({ id: r.fixed(32), stamp: Micros(r.u64()) })),
    signature: reader.fixed(64),
  };
}

/** SHA-256 over the domain and all but the signature: what the owner signs, and the chain's link. */
export function laneHash(lane: Omit<Lane, "signature">): Uint8Array {
  return sha256(domains.lane, encode(lane, writeUnsigned));
}

export function writeTip(writer: Writer, tip: LaneTip): void {
  writer.u32(tip.incarnation).u32(tip.sequence).fixed(tip.hash, 32);
}

export function readTip(reader: Reader): LaneTip {
  return { incarnation: reader.u32(), sequence: reader.u32(), hash: reader.fixed(32) };
}

export function writeCut(writer: Writer, cut: Cut): void {
  writer.list(cut, committeeMax, writeTip);
}

export function readCut(reader: Reader): Cut {
  return reader.list(committeeMax, readTip);
}
