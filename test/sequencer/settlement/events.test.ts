import { Interface } from "ethers";
import { expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "../../../base/index.ts";
import { g1Uncompressed, nobleBls } from "../../../crypto/index.ts";
import { inboxMessageHash, limits, Namespace } from "../../../protocol/index.ts";
import { readLogs } from "../../../sequencer/settlement/answers.ts";
import { toEvent } from "../../../sequencer/settlement/events.ts";

const abi = new Interface([
  "event Subscribed(uint32 indexed id, address indexed settlement, address indexed owner, uint256 policy)",
  "event Funded(uint32 indexed id, address indexed from, uint256 amount, uint256 total)",
  "event PolicySet(uint32 indexed id, uint256 policy)",
  "event ReserveSet(uint32 indexed id, uint32 feePerByte)",
  "event Left(uint32 indexed id, uint64 withdrawableFrom)",
  "event InboxMessage(uint32 indexed rollupId, uint64 indexed index, address sender, uint64 timestamp, bytes data)",
  "event Prepared(uint64 indexed epoch, bytes32 committee, bytes keys, bytes networkKeys)",
]);
const hub = `0x${"dd".repeat(20)}`;
const rollups = `0x${"aa".repeat(20)}`;
const settlement = `0x${"bb".repeat(20)}`;
const stranger = `0x${"cc".repeat(20)}`;
const settlements = new Map([[7, settlement]]);

test("a subscription carries its policy, bit by bit", () => {
  const policyOf = (bits: number): unknown => {
    const event = take(rollups, "Subscribed", [7, settlement, stranger, bits]);
    return event?.type === "subscribed" && event.policy;
  };
  expect(policyOf(0)).toEqual({ sealingRequired: false, classOrder: false, senderMayPay: false });
  expect(policyOf(1)).toMatchObject({ sealingRequired: true, classOrder: false });
  expect(policyOf(2)).toMatchObject({ sealingRequired: false, classOrder: true });
  const event = take(rollups, "Subscribed", [7, settlement, stranger, 0]);
  expect(event).toMatchObject({ namespace: 7, settlement: fromHex(settlement) });
});

test("a payment beyond what can be counted counts as the most that can", () => {
  const amountOf = (amount: bigint): unknown => {
    const event = take(rollups, "Funded", [7, stranger, amount, amount]);
    return event?.type === "funded" && event.amount;
  };
  expect(amountOf(5n)).toBe(5);
  expect(amountOf(2n ** 256n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
});

test("an owner's terms are taken as the registry logs them, and from no one else", () => {
  expect(take(rollups, "PolicySet", [7, 3])).toEqual({
    type: "policy-set",
    namespace: 7,
    policy: { sealingRequired: true, classOrder: true, senderMayPay: false },
  });
  const reserve = take(rollups, "ReserveSet", [7, 2n ** 32n - 1n]);
  expect(reserve).toEqual({ type: "reserve-set", namespace: 7, feePerByte: 2 ** 32 - 1 });
  expect(take(rollups, "Left", [7, 1_800_000_000])).toEqual({ type: "left", namespace: 7 });
  for (const [name, values] of [
    ["PolicySet", [7, 3]],
    ["ReserveSet", [7, 1]],
    ["Left", [7, 1]],
  ] as const) {
    expect(take(stranger, name, values)).toBeUndefined();
    expect(take(settlement, name, values)).toBeUndefined();
  }
});

test.each([0, 1, 31, 32, 33, limits.inboxMessageBytesMax])(
  "a message of %i bytes is taken whole, with its hash",
  (length) => {
    const data = new Uint8Array(length).fill(9);
    const message = {
      namespace: Namespace(7),
      index: 3,
      sender: fromHex(stranger) ?? data,
      timestamp: 12,
      data,
    };
    const event = take(settlement, "InboxMessage", [7, 3, stranger, 12, data]);
    expect(event).toEqual({ type: "inbox", ...message, messageHash: inboxMessageHash(message) });
  },
);

test("only the rollup's own settlement speaks for its inbox", () => {
  const message = [7, 0, stranger, 1, "0x01"];
  expect(take(settlement, "InboxMessage", message)).toBeDefined();
  expect(take(stranger, "InboxMessage", message)).toBeUndefined();
  expect(take(rollups, "InboxMessage", message)).toBeUndefined();
  expect(take(settlement, "InboxMessage", [8, ...message.slice(1)])).toBeUndefined();
});

test("nobody but the registry subscribes or pays", () => {
  expect(take(stranger, "Subscribed", [7, settlement, stranger, 0])).toBeUndefined();
  expect(take(settlement, "Funded", [7, stranger, 1, 1])).toBeUndefined();
});

test("a message that no Settlement can have logged is passed over", () => {
  const long = new Uint8Array(limits.inboxMessageBytesMax + 1);
  expect(take(settlement, "InboxMessage", [7, 0, stranger, 1, long])).toBeUndefined();
  const beyond = 2n ** 53n;
  expect(take(settlement, "InboxMessage", [7, beyond, stranger, 1, "0x"])).toBeUndefined();
  expect(take(settlement, "InboxMessage", [7, 0, stranger, beyond, "0x"])).toBeUndefined();
  // Another form of the same content: data that begin elsewhere, a byte too much, a sender of 32 bytes.
  const words = (...values: bigint[]): string =>
    `0x${values.map((value) => value.toString(16).padStart(64, "0")).join("")}`;
  const inbox = log(settlement, "InboxMessage", [7, 0, stranger, 1, "0x"]);
  const withData = (data: string): unknown => read({ ...inbox, data });
  expect(withData(words(1n, 1n, 96n, 0n))).toBeDefined();
  expect(withData(words(1n, 1n, 128n, 0n, 0n))).toBeUndefined();
  expect(withData(words(1n, 1n, 96n, 0n, 0n))).toBeUndefined();
  expect(withData(words(1n << 160n, 1n, 96n, 0n))).toBeUndefined();
  expect(withData(words(1n, 1n, 96n, 2n ** 255n))).toBeUndefined();
  expect(withData("0x")).toBeUndefined();
});

test("an id above 32 bits is nobody's, and not the one that is left when it is cut", () => {
  const inbox = log(settlement, "InboxMessage", [7, 0, stranger, 1, "0x"]);
  const id = `0x${(2n ** 32n + 7n).toString(16).padStart(64, "0")}`;
  const [name, , index] = inbox.topics;
  expect(read({ ...inbox, topics: [name, id, index] })).toBeUndefined();
  expect(read({ ...inbox, topics: [name] })).toBeUndefined();
});

test("a prepared committee is told with its keys in their order", () => {
  const publicKeys = [5, 6, 7].map((byte) => nobleBls.publicKey(new Uint8Array(32).fill(byte)));
  const networkKeys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  const keys = concatBytes(...publicKeys.map((key) => g1Uncompressed(key) ?? key));
  const values = [4, `0x${"00".repeat(32)}`, keys, concatBytes(...networkKeys)];
  expect(take(hub, "Prepared", values)).toEqual({
    type: "prepared",
    epoch: 4,
    candidates: publicKeys.map((publicKey, i) => ({ publicKey, networkKey: networkKeys[i] })),
  });
  expect(take(stranger, "Prepared", values)).toBeUndefined();
  expect(take(rollups, "Prepared", values)).toBeUndefined();
});

test("a committee that the hub cannot have logged is a bad answer of L1", () => {
  const key = g1Uncompressed(nobleBls.publicKey(new Uint8Array(32).fill(5))) ?? new Uint8Array(0);
  const many = Array.from({ length: limits.committeeMax + 1 }, () => key);
  const networkKey = new Uint8Array(32).fill(1);
  const committees: readonly (readonly [readonly Uint8Array[], readonly Uint8Array[]])[] = [
    [[], []],
    [[key], []],
    [[key], [networkKey, networkKey]],
    [[key.slice(1)], [networkKey]],
    [[key.map((byte, i) => (i === 95 ? byte ^ 1 : byte))], [networkKey]],
    [many, many.map(() => networkKey)],
  ];
  for (const [keys, networkKeys] of committees) {
    const committee = `0x${"00".repeat(32)}`;
    const values = [4, committee, concatBytes(...keys), concatBytes(...networkKeys)];
    expect(() => take(hub, "Prepared", values)).toThrow(
      expect.objectContaining({ code: "L1_BAD_ANSWER" }) as Error,
    );
  }
});

test("what the registry cannot have logged is a bad answer of L1, not an event to pass over", () => {
  const subscribed = log(rollups, "Subscribed", [7, settlement, stranger, 0]);
  for (const bad of [
    { ...subscribed, topics: subscribed.topics.slice(0, 1) },
    { ...subscribed, data: "0x" },
    { ...log(rollups, "Funded", [7, stranger, 1, 1]), data: "0x01" },
  ])
    expect(() => read(bad)).toThrow(expect.objectContaining({ code: "L1_BAD_ANSWER" }) as Error);
});

type RawLog = ReturnType<typeof log>;

function take(address: string, name: string, values: readonly unknown[]): ReturnType<typeof read> {
  return read(log(address, name, values));
}

function read(raw: Omit<RawLog, "topics"> & { topics: unknown[] }): ReturnType<typeof toEvent> {
  const [only] = readLogs([raw]);
  return only === undefined ? undefined : toEvent(only, { hub, rollups }, settlements);
}

function log(address: string, name: string, values: readonly unknown[]) {
  const plain = values.map((value) => (value instanceof Uint8Array ? `0x${toHex(value)}` : value));
  const { topics, data } = abi.encodeEventLog(name, plain);
  const hash = `0x${"11".repeat(32)}`;
  const place = { blockNumber: "0x1", blockHash: hash, transactionHash: hash, logIndex: "0x0" };
  return { address, topics, data, ...place };
}
