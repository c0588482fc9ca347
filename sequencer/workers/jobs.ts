// What is asked of a worker thread and what it answers, each as one piece of bytes. Nothing else crosses: the objects
// of the native libraries do not survive the way, and a view into a larger buffer would take all of it along.

import { assert, decode, encode, type Reader, type Writer } from "../../base/index.ts";
import type { BatchOpening, ShareBatch } from "../../crypto/index.ts";
import { limits } from "../../protocol/index.ts";
import {
  readRoundRequest,
  readRoundResult,
  type RoundRequest,
  type RoundResult,
  writeRoundRequest,
  writeRoundResult,
} from "./rounds.ts";

/** A sealed transaction as it travels, with what opens it. */
export interface UnsealItem {
  /** Encoded. */
  readonly transaction: Uint8Array;
  /** 48 bytes, verified. */
  readonly opening: Uint8Array;
}

/** What a peer says the openings of these points are. */
export interface OpeningClaim {
  readonly points: readonly Uint8Array[];
  readonly openings: readonly Uint8Array[];
}

interface JobTypes {
  validate: { request: readonly Uint8Array[]; answer: readonly boolean[] };
  shares: { request: readonly Uint8Array[]; answer: readonly Uint8Array[] };
  open: { request: readonly ShareBatch[]; answer: readonly BatchOpening[] };
  "check-openings": { request: readonly OpeningClaim[]; answer: readonly boolean[] };
  unseal: { request: readonly UnsealItem[]; answer: readonly (Uint8Array | undefined)[] };
  round: { request: RoundRequest; answer: RoundResult };
}

export type JobKind = keyof JobTypes;
export type Request<K extends JobKind> = JobTypes[K]["request"];
export type Answer<K extends JobKind> = JobTypes[K]["answer"];

/** A job does `kind`'s work for these bytes. */
export interface JobCall {
  readonly job: number;
  readonly kind: string;
  readonly request: Uint8Array;
}

/** The first message of a thread is `ready`, and every other the answer to a job. */
export type ThreadMessage = "ready" | { readonly job: number; readonly answer: Uint8Array };

/** Does the work of every kind of job. */
export type JobHandlers = { readonly [K in JobKind]: (request: Request<K>) => Answer<K> };

interface Codec<T> {
  readonly write: (writer: Writer, value: T) => void;
  readonly read: (reader: Reader) => T;
}

// These bounds catch our own mistakes alone: what comes from peers was bounded when it was decoded.
const itemsMax = 65_536;
const itemBytesMax = 2 * limits.transactionBodyBytesMax;

const items: Codec<readonly Uint8Array[]> = {
  write: (writer, list) =>
    void writer.list(list, itemsMax, (w, item) => w.bytes(item, itemBytesMax)),
  read: (reader) => reader.list(itemsMax, (r) => r.bytes(itemBytesMax)),
};

const seats: Codec<readonly number[]> = {
  write: (writer, list) => void writer.list(list, itemsMax, (w, seat) => w.u16(seat)),
  read: (reader) => reader.list(itemsMax, (r) => r.u16()),
};

const flags: Codec<readonly boolean[]> = {
  write: (writer, list) => void writer.list(list, itemsMax, (w, flag) => w.flag(flag)),
  read: (reader) => reader.list(itemsMax, (r) => r.flag()),
};

const codecs: {
  readonly [K in JobKind]: {
    readonly request: Codec<Request<K>>;
    readonly answer: Codec<Answer<K>>;
  };
} = {
  validate: {
    request: items,
    answer: flags,
  },
  shares: { request: items, answer: items },
  open: {
    request: {
      write: (writer, batches) =>
        void writer.list(batches, itemsMax, (w, { points, rows }) => {
          items.write(w, points);
          w.list(rows, itemsMax, (v, { seat, shares }) => items.write(v.u16(seat), shares));
        }),
      read: (reader) =>
        reader.list(itemsMax, (r) => ({
          points: items.read(r),
          rows: r.list(itemsMax, (v) => ({ seat: v.u16(), shares: items.read(v) })),
        })),
    },
    answer: {
      write: (writer, answers) =>
        void writer.list(answers, itemsMax, (w, answer) => {
          seats.write(w, answer.badSeats);
          w.optional("openings" in answer ? answer.openings : undefined, items.write);
        }),
      read: (reader) =>
        reader.list(itemsMax, (r) => {
          const badSeats = seats.read(r);
          const openings = r.optional(items.read);
          return openings === undefined ? { badSeats } : { openings, badSeats };
        }),
    },
  },
  "check-openings": {
    request: {
      write: (writer, claims) =>
        void writer.list(claims, itemsMax, (w, { points, openings }) => {
          items.write(w, points);
          items.write(w, openings);
        }),
      read: (reader) =>
        reader.list(itemsMax, (r) => ({ points: items.read(r), openings: items.read(r) })),
    },
    answer: flags,
  },
  round: {
    request: { write: writeRoundRequest, read: readRoundRequest },
    answer: { write: writeRoundResult, read: readRoundResult },
  },
  unseal: {
    request: {
      write: (writer, list) =>
        void writer.list(list, itemsMax, (w, { transaction, opening }) =>
          w.bytes(transaction, itemBytesMax).bytes(opening, itemBytesMax),
        ),
      read: (reader) =>
        reader.list(itemsMax, (r) => ({
          transaction: r.bytes(itemBytesMax),
          opening: r.bytes(itemBytesMax),
        })),
    },
    answer: {
      write: (writer, list) =>
        void writer.list(list, itemsMax, (w, payload) =>
          w.optional(payload, (v, bytes) => v.bytes(bytes, itemBytesMax)),
        ),
      read: (reader) => reader.list(itemsMax, (r) => r.optional((v) => v.bytes(itemBytesMax))),
    },
  },
};

export function encodeRequest<K extends JobKind>(kind: K, request: Request<K>): Uint8Array {
  return encode(request, codecs[kind].request.write);
}

export function decodeAnswer<K extends JobKind>(kind: K, bytes: Uint8Array): Answer<K> {
  return own(decode(bytes, codecs[kind].answer.read));
}

/** In the thread: bytes in, bytes out. */
export function handle(handlers: JobHandlers, kind: JobKind, request: Uint8Array): Uint8Array {
  // The compiler does not see that all three are of the same kind.
  const handler = handlers[kind] as (request: unknown) => unknown;
  const codec = codecs[kind] as {
    readonly request: Codec<unknown>;
    readonly answer: Codec<unknown>;
  };
  return encode(handler(own(decode(request, codec.request.read))), codec.answer.write);
}

function own<T>(decoded: T | undefined): T {
  assert(decoded !== undefined, "our own threads speak one encoding");
  return decoded;
}
