// Messages that reach a rollup through L1, whatever the committee does: deposits and forced transactions. A block
// that names an L1 block has read every message up to there, before its own transactions.

import type { Reader, Writer } from "../base/index.ts";
import { keccak256 } from "../crypto/index.ts";
import { inboxMessageBytesMax } from "./limits.ts";
import { Namespace } from "./numbers.ts";

/** One message of a rollup's inbox, as Settlement's event InboxMessage gives it. */
export interface InboxMessage {
  readonly namespace: Namespace;
  /** Place in the inbox, from 0, without gaps. */
  readonly index: number;
  /** The account on L1 that put it there, 20 bytes. */
  readonly sender: Uint8Array;
  /** Of the L1 block that holds it, seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly data: Uint8Array;
  /** `inboxMessageHash` of the rest; kept beside it so that long data is hashed once. 32 bytes. */
  readonly messageHash: Uint8Array;
}

/** keccak-256 over abi.encode(id, index, sender, timestamp, keccak-256(data)), as Settlement computes it. */
export function inboxMessageHash(message: Omit<InboxMessage, "messageHash">): Uint8Array {
  const words = new Uint8Array(5 * 32);
  const view = new DataView(words.buffer);
  view.setUint32(28, message.namespace);
  view.setBigUint64(56, BigInt(message.index));
  words.set(message.sender, 76);
  view.setBigUint64(120, BigInt(message.timestamp));
  words.set(keccak256(message.data), 128);
  return keccak256(words);
}

/** Settlement's running commitment to the inbox: keccak-256 over the one before (zeros at first) and the message. */
export function chainInbox(previous: Uint8Array, messageHash: Uint8Array): Uint8Array {
  return keccak256(previous, messageHash);
}

/** The hash does not travel: who reads the message computes it. */
export function writeInboxMessage(writer: Writer, message: InboxMessage): void {
  writer
    .u32(message.namespace)
    .u64(message.index)
    .fixed(message.sender, 20)
    .u64(message.timestamp)
    .bytes(message.data, inboxMessageBytesMax);
}

export function readInboxMessage(reader: Reader): InboxMessage {
  const message = {
    namespace: Namespace(reader.u32()),
    index: reader.u64(),
    sender: reader.fixed(20),
    timestamp: reader.u64(),
    data: reader.bytes(inboxMessageBytesMax),
  };
  return { ...message, messageHash: inboxMessageHash(message) };
}
