import { concatBytes, decode, encode, type Reader, type Writer } from "../base/index.ts";
import { keccak256, sha256 } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { transactionBodyBytesMax } from "./limits.ts";
import { Height, Namespace } from "./numbers.ts";

/** A transaction's public tag. Inside one block and namespace the classes go first to last in this order. */
export const classes = ["oracle", "cancel", "liquidation", "normal"] as const;
export type Class = (typeof classes)[number];

/** Who pays for the bytes: the rollup's prepaid balance, or the sender's where the policy allows it. */
export const payers = ["rollup", "sender"] as const;
export type Payer = (typeof payers)[number];

/** What everyone may read of a transaction before it is opened. Its encoding is the seal's aad. */
export interface Envelope {
  /** The sequencer's chain id, which is the L1's: no replay on a fork. */
  readonly chainId: number;
  readonly namespace: Namespace;
  readonly class: Class;
  readonly payer: Payer;
  /** 20 bytes, an EVM address. */
  readonly sender: Uint8Array;
  /** Chosen by the sender to tell transactions apart; order is not taken from it. */
  readonly nonce: number;
  /** The last height at which it may be ordered. */
  readonly expiry: Height;
  /** The most the payer pays for it, in fee units. */
  readonly feeCap: number;
}

/**
 * A transaction as it travels and is ordered: sealed (version 1), clear where the policy allows (0), or of no rollup but
 * from one validator to all (2, control.ts).
 */
export interface SealedTransaction {
  readonly version: 0 | 1 | 2;
  readonly envelope: Envelope;
  /** The ciphertext of docs/sealing.md (version 1), or the payload itself (version 0). */
  readonly body: Uint8Array;
  /** The sender's secp256k1 signature over `senderDigest`: r, s, recovery bit, 65 bytes, low s. */
  readonly signature: Uint8Array;
}

export function writeEnvelope(writer: Writer, envelope: Envelope): void {
  writer
    .u64(envelope.chainId)
    .u32(envelope.namespace)
    .u8(classes.indexOf(envelope.class))
    .u8(payers.indexOf(envelope.payer))
    .fixed(envelope.sender, 20)
    .u64(envelope.nonce)
    .u64(envelope.expiry)
    .u64(envelope.feeCap);
}

export function readEnvelope(reader: Reader): Envelope {
  const chainId = reader.u64();
  const namespace = Namespace(reader.u32());
  const classOf = classes[reader.u8()];
  const payer = payers[reader.u8()];
  reader.require(classOf !== undefined && payer !== undefined, "UNKNOWN_TAG");
  return {
    chainId,
    namespace,
    class: classOf as Class,
    payer: payer as Payer,
    sender: reader.fixed(20),
    nonce: reader.u64(),
    expiry: Height(reader.u64()),
    feeCap: reader.u64(),
  };
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encode(envelope, writeEnvelope);
}

export function writeTransaction(writer: Writer, transaction: SealedTransaction): void {
  writer.u8(transaction.version);
  writeEnvelope(writer, transaction.envelope);
  writer.bytes(transaction.body, transactionBodyBytesMax).fixed(transaction.signature, 65);
}

export function readTransaction(reader: Reader): SealedTransaction {
  const version = reader.u8();
  reader.require(version <= 2, "UNKNOWN_VERSION");
  return {
    version: version as 0 | 1 | 2,
    envelope: readEnvelope(reader),
    body: reader.bytes(transactionBodyBytesMax),
    signature: reader.fixed(65),
  };
}

export function encodeTransaction(transaction: SealedTransaction): Uint8Array {
  return encode(transaction, writeTransaction);
}

export function decodeTransaction(bytes: Uint8Array): SealedTransaction | undefined {
  return decode(bytes, readTransaction);
}

/**
 * The transaction's name, 32 bytes: SHA-256 over version, envelope and body. The signature is outside, so
 * that no second signature over the same content makes a second transaction of it.
 */
export function transactionId(
  transaction: Pick<SealedTransaction, "version" | "envelope" | "body">,
): Uint8Array {
  return sha256(
    domains.transaction,
    new Uint8Array([transaction.version]),
    encodeEnvelope(transaction.envelope),
    sha256(transaction.body),
  );
}

/** What the sender signs: keccak-256 over the domain and the transaction's id. 32 bytes. */
export function senderDigest(id: Uint8Array): Uint8Array {
  return keccak256(concatBytes(domains.sender, id));
}

/** Bytes that fees count: body and envelope as they travel. */
export function transactionBytes(transaction: SealedTransaction): number {
  return transaction.body.length + 128;
}
