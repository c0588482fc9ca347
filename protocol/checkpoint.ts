import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import { readSigners, writeSigners } from "./certificate.ts";
import { Epoch, Height, type ValidatorIndex } from "./numbers.ts";

/** What the committee anchors on L1; its hash and leaves are in settlement.ts, as the contracts rebuild them. */
export interface Checkpoint {
  /** Ordinal of the checkpoint, from 1; the Hub accepts skipping, never going back. */
  readonly number: number;
  readonly epoch: Epoch;
  readonly height: Height;
  readonly blockHash: Uint8Array;
  /** Root over all rollups' cumulative leaves, by rollup id. */
  readonly rollupsRoot: Uint8Array;
  /** Zeros, or what the next epoch begins with, in the last checkpoint of an epoch. */
  readonly next: Uint8Array;
}

/** A checkpoint with a quorum's aggregate over its digest (kind 4, slot = height). */
export interface CertifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signers: readonly ValidatorIndex[];
  /** BLS12-381 G2, 96 bytes compressed. */
  readonly signature: Uint8Array;
}

export function writeCheckpoint(writer: Writer, checkpoint: Checkpoint): void {
  writer
    .u64(checkpoint.number)
    .u64(checkpoint.epoch)
    .u64(checkpoint.height)
    .fixed(checkpoint.blockHash, 32)
    .fixed(checkpoint.rollupsRoot, 32)
    .fixed(checkpoint.next, 32);
}

export function readCheckpoint(reader: Reader): Checkpoint {
  return {
    number: reader.u64(),
    epoch: Epoch(reader.u64()),
    height: Height(reader.u64()),
    blockHash: reader.fixed(32),
    rollupsRoot: reader.fixed(32),
    next: reader.fixed(32),
  };
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return encode(checkpoint, writeCheckpoint);
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  return decode(bytes, readCheckpoint);
}

export function writeCertifiedCheckpoint(writer: Writer, certified: CertifiedCheckpoint): void {
  writeCheckpoint(writer, certified.checkpoint);
  writeSigners(writer, certified.signers);
  writer.fixed(certified.signature, 96);
}

export function readCertifiedCheckpoint(reader: Reader): CertifiedCheckpoint {
  return {
    checkpoint: readCheckpoint(reader),
    signers: readSigners(reader),
    signature: reader.fixed(96),
  };
}

export function encodeCertifiedCheckpoint(certified: CertifiedCheckpoint): Uint8Array {
  return encode(certified, writeCertifiedCheckpoint);
}

export function decodeCertifiedCheckpoint(bytes: Uint8Array): CertifiedCheckpoint | undefined {
  return decode(bytes, readCertifiedCheckpoint);
}
