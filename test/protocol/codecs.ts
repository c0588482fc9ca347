// Every encoding of the protocol with a value for it.

import type fc from "fast-check";
import { decode, encode, type Reader, type Writer } from "../../base/index.ts";
import {
  decodeCertifiedCheckpoint,
  decodeCheckpoint,
  decodeCommittee,
  decodeDeliveredPage,
  decodeEpochEnd,
  decodeEvidence,
  decodeFrame,
  decodeHeader,
  decodeMessage,
  decodePayload,
  decodeQC,
  decodeTransaction,
  encodeCertifiedCheckpoint,
  encodeCheckpoint,
  encodeCommittee,
  encodeDeliveredPage,
  encodeEpochEnd,
  encodeEvidence,
  encodeFrame,
  encodeHeader,
  encodeMessage,
  encodePayload,
  encodeQC,
  encodeTransaction,
  type Message,
  readInboxMessage,
  readLane,
  readReceipt,
  writeInboxMessage,
  writeLane,
  writeReceipt,
} from "../../protocol/index.ts";
import {
  anyCertifiedCheckpoint,
  anyCheckpoint,
  anyCommittee,
  anyDeliveredPage,
  anyEpochEnd,
  anyFrame,
  anyHeader,
  anyInboxMessage,
  anyLane,
  anyLaneFork,
  anyMessageOf,
  anyPayload,
  anyQC,
  anyReceipt,
  anyStatements,
  anyTransaction,
} from "./arbitraries.ts";

/** One encoding. What it is an encoding of is known to it alone. */
export interface Codec {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly encode: (value: unknown) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function codec<T>(
  name: string,
  values: fc.Arbitrary<T>,
  ways: {
    readonly encode: (value: T) => Uint8Array;
    readonly decode: (bytes: Uint8Array) => T | undefined;
  },
): Codec {
  return { name, values, encode: ways.encode as Codec["encode"], decode: ways.decode };
}

function partCodec<T>(
  name: string,
  values: fc.Arbitrary<T>,
  write: (writer: Writer, value: T) => void,
  read: (reader: Reader) => T,
): Codec {
  return codec(name, values, {
    encode: (value) => encode(value, write),
    decode: (bytes) => decode(bytes, read),
  });
}

export const codecs: readonly Codec[] = [
  codec("header", anyHeader, { encode: encodeHeader, decode: decodeHeader }),
  codec("payload", anyPayload, { encode: encodePayload, decode: decodePayload }),
  codec("qc", anyQC, { encode: encodeQC, decode: decodeQC }),
  codec("transaction", anyTransaction, { encode: encodeTransaction, decode: decodeTransaction }),
  codec("checkpoint", anyCheckpoint, { encode: encodeCheckpoint, decode: decodeCheckpoint }),
  codec("certified checkpoint", anyCertifiedCheckpoint, {
    encode: encodeCertifiedCheckpoint,
    decode: decodeCertifiedCheckpoint,
  }),
  codec("committee", anyCommittee, { encode: encodeCommittee, decode: decodeCommittee }),
  codec("epoch end", anyEpochEnd, { encode: encodeEpochEnd, decode: decodeEpochEnd }),
  codec("frame", anyFrame, { encode: encodeFrame, decode: decodeFrame }),
  codec("delivered page", anyDeliveredPage, {
    encode: encodeDeliveredPage,
    decode: decodeDeliveredPage,
  }),
  ...Object.entries({ statements: anyStatements, lanes: anyLaneFork }).map(([name, values]) =>
    codec(`evidence ${name}`, values, { encode: encodeEvidence, decode: decodeEvidence }),
  ),
  partCodec("lane", anyLane, writeLane, readLane),
  partCodec("receipt", anyReceipt, writeReceipt, readReceipt),
  partCodec("inbox message", anyInboxMessage, writeInboxMessage, readInboxMessage),
  ...Object.entries(anyMessageOf).map(([name, values]) =>
    codec<Message>(`message ${name}`, values, { encode: encodeMessage, decode: decodeMessage }),
  ),
];
