// What is one item longer than its limit is refused, and what is exactly as long is not. The writers refuse to make such
// bytes, so they are spliced: where the encodings with no item and with one differ first, there stands the count.

import { expect, test } from "vitest";
import { concatBytes, encode, type Writer } from "../../base/index.ts";
import {
  limits,
  type Message,
  type SnapshotPart,
  ValidatorIndex,
  zeroHash,
} from "../../protocol/index.ts";
import { codecs } from "./codecs.ts";
import {
  block,
  certified,
  examples,
  header,
  inboxMessage,
  lane,
  messages,
  page,
  payload,
  qc,
  tip,
  transaction,
} from "./examples.ts";

interface Bound {
  readonly codec: string;
  readonly of: string;
  readonly max: number;
  /** The value with none of it, and with one. */
  readonly none: unknown;
  readonly one: unknown;
}

const { proof } = block;
const [leaf] = proof.leaves;
const empty = new Uint8Array();
const byte = Uint8Array.of(7);
const { transactions, propose, shares, opened } = messages;
const snapshotChunk = messages["snapshot-chunk"];
const [slice] = shares.slices;
const [openSlice] = opened.slices;

const onPage = (part: Partial<typeof block>): unknown => ({
  ...page,
  blocks: [{ ...block, ...part }],
});
const inMessage = (of: string, max: number, message: Message, empties: object): Bound => ({
  codec: `message ${message.type}`,
  of,
  max,
  none: { ...message, ...empties },
  one: message,
});
const withPart = (part: Partial<SnapshotPart>): unknown => ({
  ...snapshotChunk,
  part: { ...snapshotChunk.part, ...part },
});
/** Eight signers fill one byte of the bitmap. */
const signers = [0, 1, 2, 3, 4, 5, 6, 7].map(ValidatorIndex);

const bounds: readonly Bound[] = [
  {
    codec: "header",
    of: "payload bytes",
    max: limits.payloadBytesMax,
    none: { ...header, payload: empty },
    one: { ...header, payload: byte },
  },
  {
    codec: "payload",
    of: "lane tips",
    max: limits.committeeMax,
    none: { ...payload, cut: [] },
    one: { ...payload, cut: [tip] },
  },
  {
    codec: "transaction",
    of: "body bytes",
    max: limits.transactionBodyBytesMax,
    none: { ...transaction, body: empty },
    one: { ...transaction, body: byte },
  },
  {
    codec: "qc",
    of: "eights of signers",
    max: limits.committeeMax / 8,
    none: { ...qc, signers: [] },
    one: { ...qc, signers },
  },
  {
    codec: "certified checkpoint",
    of: "eights of signers",
    max: limits.committeeMax / 8,
    none: { ...certified, signers: [] },
    one: { ...certified, signers },
  },
  {
    codec: "lane",
    of: "entries",
    max: limits.laneEntriesMax,
    none: { ...lane, entries: [] },
    one: lane,
  },
  {
    codec: "inbox message",
    of: "data bytes",
    max: limits.inboxMessageBytesMax,
    none: { ...inboxMessage, data: empty },
    one: { ...inboxMessage, data: byte },
  },
  {
    codec: "delivered page",
    of: "blocks",
    max: limits.headersPerAnswerMax,
    none: { ...page, blocks: [] },
    one: page,
  },
  {
    codec: "delivered page",
    of: "inbox messages",
    max: limits.inboxPerBlockMax,
    none: onPage({ inbox: [] }),
    one: onPage({ inbox: [inboxMessage] }),
  },
  {
    codec: "delivered page",
    of: "transactions",
    max: limits.blockTransactionsMax,
    none: onPage({ transactions: [] }),
    one: onPage({ transactions: block.transactions.slice(0, 1) }),
  },
  {
    codec: "delivered page",
    of: "opening bytes",
    max: 48,
    none: onPage({ transactions: [{ transaction, opening: empty }] }),
    one: onPage({ transactions: [{ transaction, opening: byte }] }),
  },
  {
    codec: "delivered page",
    of: "leaves of a proof",
    max: 2,
    none: onPage({ proof: { ...proof, leaves: [] } }),
    one: onPage({ proof: { ...proof, leaves: proof.leaves.slice(0, 1) } }),
  },
  {
    codec: "delivered page",
    of: "steps of a path",
    max: 16,
    none: onPage({ proof: { ...proof, leaves: [{ ...leaf, path: [] }] } as typeof proof }),
    one: onPage({
      proof: { ...proof, leaves: [{ ...leaf, path: [tip.hash] }] } as typeof proof,
    }),
  },
  inMessage("skips", limits.skipsMax, propose, { skips: [] }),
  inMessage("headers", limits.headersPerAnswerMax, messages.blocks, { headers: [] }),
  inMessage("lanes", limits.lanesPerAnswerMax, messages.lanes, { lanes: [] }),
  inMessage("tips", limits.committeeMax, { ...messages["lane-tips"], tips: [tip] }, { tips: [] }),
  inMessage(
    "transactions",
    limits.bundleTransactionsMax,
    { ...transactions, transactions: [transaction] },
    { transactions: [] },
  ),
  inMessage("ids", limits.bundleTransactionsMax, messages["get-transactions"], { ids: [] }),
  inMessage("slices", limits.committeeMax, shares, { slices: [] }),
  {
    codec: "message snapshot-chunk",
    of: "chunk bytes",
    max: limits.snapshotChunkBytes,
    none: withPart({ chunk: empty }),
    one: withPart({ chunk: byte }),
  },
  {
    codec: "message snapshot-chunk",
    of: "siblings",
    max: Math.log2(limits.snapshotBytesMax / limits.snapshotChunkBytes),
    none: withPart({ path: [] }),
    one: withPart({ path: [zeroHash] }),
  },
  inMessage("shares", limits.blockTransactionsMax, shares, { slices: [{ ...slice, shares: [] }] }),
  inMessage("slices", limits.committeeMax, opened, { slices: [] }),
  inMessage("openings", limits.blockTransactionsMax, opened, {
    slices: [{ ...openSlice, openings: [] }],
  }),
  inMessage(
    "heights",
    limits.unopenedMax,
    { ...messages["pull-openings"], wants: messages["pull-openings"].wants.slice(0, 1) },
    { wants: [] },
  ),
];

test.each(bounds)("$codec: $max $of are read, and one more is not", (bound) => {
  const { encode: toBytes, decode } = codecOf(bound.codec);
  const spliced = (count: number): Uint8Array =>
    splice(toBytes(bound.none), toBytes(bound.one), count);
  expect(spliced(1)).toEqual(toBytes(bound.one));
  expect(decode(spliced(bound.max))).toBeDefined();
  expect(decode(spliced(bound.max + 1))).toBeUndefined();
});

test("numbers beyond what a block may hold are refused", () => {
  const counted = (count: number): unknown => roundTrip("payload", { ...payload, count });
  expect(counted(limits.blockTransactionsMax)).toBeDefined();
  expect(counted(limits.blockTransactionsMax + 1)).toBeUndefined();
  const wide = (width: number): unknown =>
    roundTrip("delivered page", onPage({ proof: { ...proof, width } }));
  expect(wide(limits.namespacesMax)).toBeDefined();
  expect(wide(limits.namespacesMax + 1)).toBeUndefined();
});

test("tags that mean nothing are refused", () => {
  const at = (name: string, offset: number, value: number): unknown => {
    const { encode: toBytes, decode } = codecOf(name);
    const bytes = toBytes(examples[name]);
    bytes[offset] = value;
    return decode(bytes);
  };
  const count = Object.keys(messages).length;
  expect(at("header", 0, 0)).toBeUndefined();
  expect(at("header", 0, 2)).toBeUndefined();
  expect(at("transaction", 0, 3)).toBeUndefined();
  // Class and payer stand after version, chain and namespace.
  expect([3, 4].map((tag) => at("transaction", 13, tag) === undefined)).toEqual([false, true]);
  expect([1, 2].map((tag) => at("transaction", 14, tag) === undefined)).toEqual([false, true]);
  expect([0, 1, 4].map((tag) => at("qc", 0, tag) === undefined)).toEqual([true, false, true]);
  expect(at("message certificate", 0, count)).toBeUndefined();
});

test("a SKIP names no block, in a vote as little as in a certificate", () => {
  const { vote } = messages;
  expect(roundTrip("qc", { ...qc, kind: "skip" })).toBeUndefined();
  expect(roundTrip("qc", { ...qc, kind: "skip", hash: zeroHash })).toBeDefined();
  expect(roundTrip("message vote", { ...vote, kind: "skip" })).toBeUndefined();
  expect(roundTrip("message vote", { ...vote, kind: "skip", hash: zeroHash })).toBeDefined();
});

test("a bitmap of signers has no empty bytes at its end", () => {
  const { encode: toBytes, decode } = codecOf("qc");
  const bytes = toBytes({ ...qc, signers: [ValidatorIndex(1)] });
  const bitmapAt = bytes.length - 96 - 1;
  const count = encode(2, (writer: Writer, value) => writer.u32(value));
  const longer = concatBytes(
    bytes.subarray(0, bitmapAt - 4),
    count,
    Uint8Array.of(2, 0),
    bytes.subarray(bitmapAt + 1),
  );
  expect(decode(bytes)).toBeDefined();
  expect(decode(longer)).toBeUndefined();
});

/** `count` of what the second encoding has one of and the first has none. */
function splice(none: Uint8Array, one: Uint8Array, count: number): Uint8Array {
  // 0 and 1 differ in the last byte of the count.
  const countAt = none.findIndex((value, at) => value !== one[at]) - 3;
  const item = one.subarray(countAt + 4, countAt + 4 + one.length - none.length);
  return concatBytes(
    none.subarray(0, countAt),
    encode(count, (writer, value) => writer.u32(value)),
    repeated(item, count),
    none.subarray(countAt + 4),
  );
}

function repeated(item: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(count * item.length);
  for (let at = 0; at < all.length; at += item.length) all.set(item, at);
  return all;
}

function codecOf(name: string): (typeof codecs)[number] {
  const codec = codecs.find((each) => each.name === name);
  if (codec === undefined) throw new Error(`there is no codec ${name}`);
  return codec;
}

function roundTrip(name: string, value: unknown): unknown {
  const { encode: toBytes, decode } = codecOf(name);
  return decode(toBytes(value));
}
