import { encode, type Reader, type Writer } from "../base/index.ts";
import { sha256 } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { Epoch, Micros, ValidatorIndex } from "./numbers.ts";

/** A validator's signed word that its lane contains this transaction with this stamp (docs/protocol.md, Order). */
export interface Receipt {
  readonly epoch: Epoch;
  readonly validator: ValidatorIndex;
  readonly incarnation: number;
  /** Transaction id, 32 bytes. */
  readonly id: Uint8Array;
  readonly stamp: Micros;
  /** Ed25519 by the network key over `receiptHash`, 64 bytes. */
  readonly signature: Uint8Array;
}

function writeUnsigned(writer: Writer, receipt: Omit<Receipt, "signature">): void {
  writer
    .u64(receipt.epoch)
    .u16(receipt.validator)
    .u32(receipt.incarnation)
    .fixed(receipt.id, 32)
    .u64(receipt.stamp);
}

export function writeReceipt(writer: Writer, receipt: Receipt): void {
  writeUnsigned(writer, receipt);
  writer.fixed(receipt.signature, 64);
}

export function readReceipt(reader: Reader): Receipt {
  return {
    epoch: Epoch(reader.u64()),
    validator: ValidatorIndex(reader.u16()),
    incarnation: reader.u32(),
    id: reader.fixed(32),
    stamp: Micros(reader.u64()),
    signature: reader.fixed(64),
  };
}

export function receiptHash(receipt: Omit<Receipt, "signature">): Uint8Array {
  return sha256(domains.receipt, encode(receipt, writeUnsigned));
}
