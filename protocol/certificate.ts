import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import { committeeMax } from "./limits.ts";
import { Epoch, ValidatorIndex, View } from "./numbers.ts";

/** The kinds of signed statements; on chain as well, so their numbers are final. */
export const kinds = { prepare: 1, commit: 2, skip: 3, checkpoint: 4, release: 5 } as const;
export type VoteKind = "prepare" | "commit" | "skip";

/** A quorum's word on one statement of one view, as one aggregate signature on one message. */
export interface QC {
  readonly kind: VoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  /** Block hash; zeros for a skip. 32 bytes. */
  readonly hash: Uint8Array;
  /** Ascending, distinct; a bitmap on the wire. */
  readonly signers: readonly ValidatorIndex[];
  /** BLS12-381 G2, 96 bytes compressed. */
  readonly signature: Uint8Array;
}

const voteKinds: readonly VoteKind[] = ["prepare", "commit", "skip"];

/** What a skip is signed over in place of a block hash, and the root of nothing. */
export const zeroHash: Uint8Array = new Uint8Array(32);

export function writeVoteKind(writer: Writer, kind: VoteKind): void {
  writer.u8(kinds[kind]);
}

export function readVoteKind(reader: Reader): VoteKind {
  const kind = voteKinds[reader.u8() - 1];
  reader.require(kind !== undefined, "UNKNOWN_KIND");
  return kind as VoteKind;
}

export function writeQC(writer: Writer, qc: QC): void {
  writeVoteKind(writer, qc.kind);
  writer.u64(qc.epoch).u64(qc.view).fixed(qc.hash, 32);
  writeSigners(writer, qc.signers);
  writer.fixed(qc.signature, 96);
}

export function readQC(reader: Reader): QC {
  const qc: QC = {
    kind: readVoteKind(reader),
    epoch: Epoch(reader.u64()),
    view: View(reader.u64()),
    hash: reader.fixed(32),
    signers: readSigners(reader),
    signature: reader.fixed(96),
  };
  reader.require(qc.kind !== "skip" || qc.hash.every((byte) => byte === 0), "SKIP_OF_A_BLOCK");
  return qc;
}

export function encodeQC(qc: QC): Uint8Array {
  return encode(qc, writeQC);
}

export function decodeQC(bytes: Uint8Array): QC | undefined {
  return decode(bytes, readQC);
}

/** A byte count, then bit i%8 of byte i/8 for validator i; the last byte is not zero. */
export function writeSigners(writer: Writer, signers: readonly ValidatorIndex[]): void {
  const last = signers.at(-1);
  const bitmap = new Uint8Array(last === undefined ? 0 : Math.floor(last / 8) + 1);
  for (const signer of signers) {
    const at = Math.floor(signer / 8);
    bitmap[at] = (bitmap[at] ?? 0) | (1 << (signer % 8));
  }
  writer.bytes(bitmap, committeeMax / 8);
}

export function readSigners(reader: Reader): ValidatorIndex[] {
  const bitmap = reader.bytes(committeeMax / 8);
  reader.require(bitmap.at(-1) !== 0, "NOT_CANONICAL");
  const signers: ValidatorIndex[] = [];
  for (const [at, byte] of bitmap.entries())
    for (let bit = 0; bit < 8; bit++)
      if ((byte >> bit) & 1) signers.push(ValidatorIndex(at * 8 + bit));
  return signers;
}
