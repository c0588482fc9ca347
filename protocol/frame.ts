// What travels between two nodes: a message, and before it the epoch in which its sender is. A node that is an epoch
// behind says so with everything it says.

import { decode, encode } from "../base/index.ts";
import { type Message, messageTypeOf, readMessage, writeMessage } from "./messages.ts";
import { Epoch } from "./numbers.ts";

export interface Frame {
  /** Of the sender, when it said this. */
  readonly epoch: Epoch;
  readonly message: Message;
}

const epochBytes = 8;

export function encodeFrame(frame: Frame): Uint8Array {
  return encode(frame, (writer, { epoch, message }) => {
    writer.u64(epoch);
    writeMessage(writer, message);
  });
}

/** Undefined for whatever is not the one encoding of a frame within its limits. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  return decode(bytes, (reader) => ({
    epoch: Epoch(reader.u64()),
    message: readMessage(reader),
  }));
}

/** What the frame says it carries, before it is decoded. */
export function frameTypeOf(bytes: Uint8Array): Message["type"] | undefined {
  return messageTypeOf(bytes[epochBytes]);
}
