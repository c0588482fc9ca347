// What validators say to each other through the chain itself: the messages of a round that makes the next committee's
// key. They travel as transactions of version 2 in a namespace that no rollup can have, so that lanes, the fair order
// and the proofs of completeness cover them like any other.

import {
  decode,
  encode,
  equalBytes,
  type Reader,
  unreachable,
  type Writer,
} from "../base/index.ts";
import { type DealtShare, sha256 } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { committeeMax, transactionBodyBytesMax } from "./limits.ts";
import { Epoch, type Height, Namespace } from "./numbers.ts";
import { type SealedTransaction, transactionId } from "./transaction.ts";

/** Where control transactions stand in a block, behind all rollups. Ids of rollups are given in order from 0. */
export const controlNamespace: Namespace = Namespace(0xffff_ffff);

export interface Control {
  /** The author's network key, Ed25519, 32 bytes: it need not have a seat yet. */
  readonly author: Uint8Array;
  /** Whose committee is being made. */
  readonly epoch: Epoch;
  /** Attempts at it, from 0. */
  readonly attempt: number;
  /** Which of its keys is being made. */
  readonly keyId: number;
  readonly content: ControlContent;
}

export type ControlContent =
  /** An incoming seat's epoch key, X25519, 32 bytes. */
  | { readonly type: "key"; readonly epochKey: Uint8Array }
  | { readonly type: "deal"; readonly dealing: Uint8Array }
  /** The dealers whose boxes an incoming seat has found right: seats, ascending. */
  | { readonly type: "ack"; readonly dealers: readonly number[] }
  /** What a dealer shows of those who have not acknowledged: by seat, ascending. */
  | { readonly type: "reveal"; readonly shares: readonly DealtShare[] };

const types = ["key", "deal", "ack", "reveal"] as const satisfies readonly ControlContent["type"][];

/** The transaction that carries it, to be signed by the author's network key over `controlDigest`: 64 bytes. It pays
 * nothing. `expiry` is the last height at which it means anything. */
export function toControlTransaction(
  control: Control,
  place: {
    readonly chainId: number;
    readonly expiry: Height;
    readonly sign: (digest: Uint8Array) => Uint8Array;
  },
): SealedTransaction {
  const { chainId, expiry, sign } = place;
  const version = 2 as const;
  const sender = senderOf(control.author);
  const envelope = {
    chainId,
    namespace: controlNamespace,
    class: "normal" as const,
    payer: "rollup" as const,
    sender,
    nonce: 0,
    expiry,
    feeCap: 0,
  };
  const unsigned = { version, envelope, body: encode(control, writeControl) };
  const signature = new Uint8Array(65);
  signature.set(sign(controlDigest(transactionId(unsigned))));
  return { ...unsigned, signature };
}

/** Undefined for what is no control transaction of the one form; says nothing about its signature. */
export function fromControlTransaction(transaction: SealedTransaction): Control | undefined {
  const { version, envelope, body, signature } = transaction;
  const { namespace, payer, sender, nonce, feeCap } = envelope;
  if (version !== 2 || namespace !== controlNamespace) return undefined;
  if (envelope.class !== "normal" || payer !== "rollup" || nonce !== 0 || feeCap !== 0)
    return undefined;
  const control = decode(body, readControl);
  const isItsOwn = control !== undefined && equalBytes(sender, senderOf(control.author));
  return isItsOwn && signature[64] === 0 ? control : undefined;
}

/** What the author signs: SHA-256 over the domain and the transaction's id. 32 bytes. */
export function controlDigest(id: Uint8Array): Uint8Array {
  return sha256(domains.control, id);
}

/** An account has 20 bytes, and an envelope one of them: the first of the author's key. */
function senderOf(author: Uint8Array): Uint8Array {
  return author.slice(0, 20);
}

function writeControl(writer: Writer, control: Control): void {
  const { author, epoch, attempt, keyId, content } = control;
  writer.fixed(author, 32).u64(epoch).u16(attempt).u32(keyId).u8(types.indexOf(content.type));
  switch (content.type) {
    case "key":
      writer.fixed(content.epochKey, 32);
      return;
    case "deal":
      writer.bytes(content.dealing, transactionBodyBytesMax);
      return;
    case "ack":
      writer.list(content.dealers, committeeMax, (w, dealer) => w.u16(dealer));
      return;
    case "reveal":
      writer.list(content.shares, committeeMax, writeDealtShare);
      return;
    default:
      unreachable(content);
  }
}

function readControl(reader: Reader): Control {
  const author = reader.fixed(32);
  const epoch = Epoch(reader.u64());
  const attempt = reader.u16();
  const keyId = reader.u32();
  return { author, epoch, attempt, keyId, content: readContent(reader) };
}

function readContent(reader: Reader): ControlContent {
  const tag = reader.u8();
  const type = types[tag] ?? "ack";
  reader.require(tag < types.length, "UNKNOWN_TYPE");
  switch (type) {
    case "key":
      return { type, epochKey: reader.fixed(32) };
    case "deal":
      return { type, dealing: reader.bytes(transactionBodyBytesMax) };
    case "ack":
      return { type, dealers: ascending(reader, readSeats(reader), (seat) => seat) };
    case "reveal": {
      const shares = reader.list(committeeMax, readDealtShare);
      return { type, shares: ascending(reader, shares, ({ seat }) => seat) };
    }
    default:
      return unreachable(type);
  }
}

function readSeats(reader: Reader): number[] {
  return reader.list(committeeMax, (r) => r.u16());
}

/** Seats count from 1. */
function ascending<T>(reader: Reader, items: T[], seatOf: (item: T) => number): T[] {
  let last = 0;
  for (const seat of items.map(seatOf)) {
    reader.require(seat > last, "NOT_ASCENDING");
    last = seat;
  }
  return items;
}

export function writeDealtShare(writer: Writer, { seat, share }: DealtShare): void {
  writer.u16(seat).fixed(share, 32);
}

export function readDealtShare(reader: Reader): DealtShare {
  return { seat: reader.u16(), share: reader.fixed(32) };
}
