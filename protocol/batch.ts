import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import { merkleRoot, sha256 } from "../crypto/index.ts";
import { type Header, readHeader, writeHeader } from "./block.ts";
import { type QC, readQC, writeQC } from "./certificate.ts";
import { domains } from "./domains.ts";
import { type InboxMessage, readInboxMessage, writeInboxMessage } from "./inbox.ts";
import { blockTransactionsMax, headersPerAnswerMax, inboxPerBlockMax } from "./limits.ts";
import { type NamespaceProof, readNamespaceProof, writeNamespaceProof } from "./namespaces.ts";
import type { Height, Namespace } from "./numbers.ts";
import { readTransaction, type SealedTransaction, writeTransaction } from "./transaction.ts";

/** A transaction with what opens it. */
export interface OpenedTransaction {
  /** `transactionId` of the transaction. */
  readonly id: Uint8Array;
  readonly transaction: SealedTransaction;
  /** K of docs/sealing.md, 48 bytes compressed; empty for a clear transaction, and where all of the block is void. */
  readonly opening: Uint8Array;
  /** The payload in the clear, or undefined: void, it keeps its place and executes nothing. */
  readonly payload: Uint8Array | undefined;
}

/** What one final block holds of one namespace: the inbox messages first, then its transactions, opened. */
export interface Batch {
  readonly namespace: Namespace;
  readonly height: Height;
  readonly inbox: readonly InboxMessage[];
  readonly transactions: readonly OpenedTransaction[];
}

/**
 * One block as a rollup's follower gets it: all it needs to check its part, payloads excluded. The proof's leaf
 * is that of the messages' hashes and the transactions' ids, or there are none of either.
 */
export interface DeliveredBlock {
  readonly header: Header;
  readonly proof: NamespaceProof;
  readonly inbox: readonly InboxMessage[];
  readonly transactions: readonly {
    readonly transaction: SealedTransaction;
    readonly opening: Uint8Array;
  }[];
}

/** Headers that follow one another, oldest first; the certificate finalizes the last, hence all before it. */
export interface CertifiedHeaders {
  readonly headers: readonly Header[];
  readonly certificate: QC;
}

/** Consecutive blocks of one namespace; the certificate finalizes the last, hence all before it. */
export interface DeliveredPage {
  readonly blocks: readonly DeliveredBlock[];
  readonly certificate: QC;
  /** For each block here that is void as a whole and that no other one here names: the one that does, first of its list. */
  readonly voids: readonly CertifiedHeaders[];
}

/**
 * The batch's name, 32 bytes: SHA-256 over namespace, height, the number of messages, the number of transactions
 * and the Merkle root over the messages' hashes, then (id, void flag, SHA-256 of the payload) of each
 * transaction. Equal ciphertexts open to one payload only, so every node has the same.
 */
export function batchHash(batch: Batch): Uint8Array {
  const place = encode(batch, (writer, value) =>
    writer
      .u32(value.namespace)
      .u64(value.height)
      .u32(value.inbox.length)
      .u32(value.transactions.length),
  );
  const leaves = [
    ...batch.inbox.map(({ messageHash }) => messageHash),
    ...batch.transactions.map((transaction) => encode(transaction, writeExecuted)),
  ];
  return sha256(domains.batch, place, merkleRoot(leaves));
}

function writeExecuted(writer: Writer, { id, payload }: OpenedTransaction): void {
  writer
    .fixed(id, 32)
    .flag(payload === undefined)
    .fixed(sha256(payload ?? new Uint8Array(0)), 32);
}

/** The running commitment to a namespace's batches: SHA-256 over the one before and the batch. */
export function chainBatch(previous: Uint8Array, batch: Uint8Array): Uint8Array {
  return sha256(domains.opened, previous, batch);
}

function writeDeliveredBlock(writer: Writer, block: DeliveredBlock): void {
  writeHeader(writer, block.header);
  writeNamespaceProof(writer, block.proof);
  writer.list(block.inbox, inboxPerBlockMax, writeInboxMessage);
  writer.list(block.transactions, blockTransactionsMax, (w, { transaction, opening }) => {
    writeTransaction(w, transaction);
    w.bytes(opening, 48);
  });
}

function readDeliveredBlock(reader: Reader): DeliveredBlock {
  return {
    header: readHeader(reader),
    proof: readNamespaceProof(reader),
    inbox: reader.list(inboxPerBlockMax, readInboxMessage),
    transactions: reader.list(blockTransactionsMax, (r) => ({
      transaction: readTransaction(r),
      opening: r.bytes(48),
    })),
  };
}

export function encodeDeliveredPage(page: DeliveredPage): Uint8Array {
  return encode(page, (writer, value) => {
    writer.list(value.blocks, headersPerAnswerMax, writeDeliveredBlock);
    writeQC(writer, value.certificate);
    writer.list(value.voids, headersPerAnswerMax, (w, { headers, certificate }) => {
      w.list(headers, headersPerAnswerMax, writeHeader);
      writeQC(w, certificate);
    });
  });
}

export function decodeDeliveredPage(bytes: Uint8Array): DeliveredPage | undefined {
  return decode(bytes, (reader) => ({
    blocks: reader.list(headersPerAnswerMax, readDeliveredBlock),
    certificate: readQC(reader),
    voids: reader.list(headersPerAnswerMax, (r) => ({
      headers: r.list(headersPerAnswerMax, readHeader),
      certificate: readQC(r),
    })),
  }));
}
