import fc from "fast-check";
import { expect, test } from "vitest";
import { u64Bytes } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import {
  Epoch,
  inboxMessageHash,
  type L1Block,
  type L1Event,
  limits,
  Micros,
  Namespace,
} from "../../protocol/index.ts";
import { decodeL1Block, L1Log } from "../../sequencer/l1-log.ts";

const start = 100;
const namespace = fc.nat({ max: 5 }).map(Namespace);
const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 });

const policy = fc.record({
  sealingRequired: fc.boolean(),
  classOrder: fc.boolean(),
  senderMayPay: fc.boolean(),
});
const subscribed: fc.Arbitrary<L1Event> = fc.record({
  type: fc.constant("subscribed" as const),
  namespace,
  settlement: bytes20,
  policy,
});
const policySet: fc.Arbitrary<L1Event> = fc.record({
  type: fc.constant("policy-set" as const),
  namespace,
  policy,
});
const reserveSet: fc.Arbitrary<L1Event> = fc.record({
  type: fc.constant("reserve-set" as const),
  namespace,
  feePerByte: fc.nat({ max: 2 ** 32 - 1 }),
});
const left: fc.Arbitrary<L1Event> = fc.record({ type: fc.constant("left" as const), namespace });
const funded: fc.Arbitrary<L1Event> = fc.record({
  type: fc.constant("funded" as const),
  namespace,
  amount: fc.maxSafeNat(),
});
const inbox: fc.Arbitrary<L1Event> = fc
  .record({
    namespace,
    index: fc.maxSafeNat(),
    sender: bytes20,
    timestamp: fc.maxSafeNat(),
    data: fc.uint8Array({ maxLength: 64 }),
  })
  .map((message) => Object.assign(message, { messageHash: inboxMessageHash(message) }))
  .map((message) => Object.assign(message, { type: "inbox" as const }));
const prepared: fc.Arbitrary<L1Event> = fc.record({
  type: fc.constant("prepared" as const),
  epoch: fc.maxSafeNat().map(Epoch),
  candidates: fc.array(
    fc.record({
      publicKey: fc.uint8Array({ minLength: 48, maxLength: 48 }),
      networkKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    }),
    { maxLength: 8 },
  ),
});
const events = fc.array(
  fc.oneof(subscribed, policySet, reserveSet, left, funded, inbox, prepared),
  { maxLength: 4 },
);

const chain: fc.Arbitrary<L1Block[]> = fc
  .array(events, { minLength: 1, maxLength: 30 })
  .map((all) => all.map((each, i) => ({ ...blockAt(start + i), events: each })));

test("only the block after the last is taken, whatever comes in whatever order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), (steps) => {
      const log = new L1Log(start, []);
      for (const step of steps) {
        const before = log.last;
        const effects = log.append(blockAt(start + step), Micros(1), start);
        const isNext = start + step === before + 1;
        expect(effects).toHaveLength(isNext ? 1 : 0);
        expect(log.last).toBe(isNext ? before + 1 : before);
      }
    }),
  );
});

test("what was written to the disk gives the same log again", () => {
  fc.assert(
    fc.property(chain, fc.nat({ max: 29 }), (blocks, skipped) => {
      const log = new L1Log(start, []);
      const written = blocks.flatMap((block) => log.append(block, Micros(5), start));
      const stored = written.flatMap((effect) =>
        effect.type === "persist" ? effect.writes.map(({ value }) => value) : [],
      );
      const read = stored.map((value) => decodeL1Block(value ?? new Uint8Array(0)));
      expect(read).toEqual(blocks);
      // A snapshot of the ledger lets the recovery begin later.
      const from = Math.min(skipped, blocks.length - 1);
      const again = new L1Log(start, blocks.slice(from));
      expect(again.last).toBe(log.last);
      const end = positionOf(blocks.at(-1) ?? blockAt(start));
      for (let number = start + from; number <= log.last; number++) {
        expect(again.hashAt(number)).toEqual(log.hashAt(number));
        expect(again.eventsBetween(number, end)).toEqual(log.eventsBetween(number, end));
      }
    }),
  );
});

test("between two places are all events after the one and up to the other, in order", () => {
  fc.assert(
    fc.property(chain, fc.nat(), fc.nat(), (blocks, a, b) => {
      const log = logOf(blocks);
      const [from = 0, to = 0] = [a % blocks.length, b % blocks.length].sort((x, y) => x - y);
      const expected = from === to ? [] : blocks.slice(from + 1, to + 1).flatMap((e) => e.events);
      const found = log.eventsBetween(start + from, positionOf(blocks[to] ?? blockAt(0)));
      expect(found).toEqual(expected);
    }),
  );
});

test("the first block's events follow from the place before it", () => {
  const block = { ...blockAt(start), events: [fundedEvent(1)] };
  const log = logOf([block]);
  expect(log.eventsBetween(start - 1, positionOf(block))).toEqual(block.events);
  // Genesis may be older than the contracts: before the start nothing counts.
  expect(log.eventsBetween(0, positionOf(block))).toEqual(block.events);
});

test("events are not told when the other hash, or a block not read, is asked for", () => {
  const log = logOf([blockAt(start), blockAt(start + 1)]);
  const hash = sha256(u64Bytes(7));
  expect(log.eventsBetween(start, { number: start + 1, hash })).toBeUndefined();
  expect(log.eventsBetween(start, positionOf(blockAt(start + 2)))).toBeUndefined();
});

test("events are not told across a gap that the recovery has left", () => {
  const log = new L1Log(start, [blockAt(start + 5), blockAt(start + 6)]);
  expect(log.eventsBetween(start + 3, positionOf(blockAt(start + 6)))).toBeUndefined();
  expect(log.eventsBetween(start + 5, positionOf(blockAt(start + 6)))).toEqual([]);
});

test("the newest block is the last one read by then", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { maxLength: 30 }),
      fc.nat({ max: 300 }),
      (gaps, by) => {
        const log = new L1Log(start, []);
        let time = 0;
        let expected: number | undefined;
        for (const [i, gap] of gaps.entries()) {
          time += gap;
          log.append(blockAt(start + i), Micros(time), start);
          if (time <= by) expected = start + i;
        }
        expect(log.newest(Micros(by))?.number).toBe(expected);
      },
    ),
  );
});

test("what was recovered was read long ago", () => {
  const log = new L1Log(start, [blockAt(start)]);
  expect(log.newest(Micros(0))).toEqual(positionOf(blockAt(start)));
});

test("old blocks are forgotten, but none that final blocks have yet to read", () => {
  const log = new L1Log(start, []);
  const count = 3_000;
  for (let i = 0; i < count; i++) log.append(blockAt(start + i), Micros(i), start);
  expect(log.hashAt(start)).toBeDefined();
  const ordered = start + 2_500;
  log.append(blockAt(start + count), Micros(count), ordered);
  expect(log.hashAt(ordered - 1_024)).toBeDefined();
  expect(log.hashAt(ordered - 1_025)).toBeUndefined();
  expect(log.eventsBetween(ordered, positionOf(blockAt(start + count)))).toEqual([]);
});

test("rollups that subscribed since the ledger's last block are known, and none is renamed", () => {
  const known = new Map([[0, address(1)]]);
  const subscriptions = [subscribedEvent(0, 9), subscribedEvent(1, 2), subscribedEvent(1, 3)];
  const log = logOf([{ ...blockAt(start), events: subscriptions }]);
  expect(log.settlements(known)).toEqual(
    new Map([
      [0, address(1)],
      [1, address(2)],
    ]),
  );
});

test("a block as full as L1 can make it is written and read", () => {
  const events = Array.from({ length: 50_000 }, (_, i) => fundedEvent(i));
  const [effect] = new L1Log(start, []).append({ ...blockAt(start), events }, Micros(0), start);
  const value = effect?.type === "persist" ? effect.writes[0]?.value : undefined;
  expect(decodeL1Block(value ?? new Uint8Array(0))?.events).toHaveLength(50_000);
});

test("a message as long as a Settlement takes is written and read", () => {
  const message = {
    namespace: Namespace(0),
    index: 0,
    sender: address(1),
    timestamp: 1,
    data: new Uint8Array(limits.inboxMessageBytesMax).fill(7),
  };
  const block = {
    ...blockAt(start),
    events: [{ type: "inbox" as const, ...message, messageHash: inboxMessageHash(message) }],
  };
  const [effect] = new L1Log(start, []).append(block, Micros(0), start);
  const value = effect?.type === "persist" ? effect.writes[0]?.value : undefined;
  expect(decodeL1Block(value ?? new Uint8Array(0))).toEqual(block);
});

test("a block that is cut short on disk is refused", () => {
  const block = { ...blockAt(start), events: [fundedEvent(1), subscribedEvent(0, 1)] };
  const [effect] = new L1Log(start, []).append(block, Micros(0), start);
  const value = effect?.type === "persist" ? effect.writes[0]?.value : undefined;
  expect(decodeL1Block(value ?? new Uint8Array(0))).toEqual(block);
  for (let length = 0; length < (value?.length ?? 0); length++)
    expect(decodeL1Block(value?.subarray(0, length) ?? new Uint8Array(0))).toBeUndefined();
});

function logOf(blocks: readonly L1Block[]): L1Log {
  const log = new L1Log(start, []);
  for (const block of blocks) log.append(block, Micros(0), start);
  return log;
}

function blockAt(number: number): L1Block {
  return { number, hash: sha256(u64Bytes(number)), events: [] };
}

function positionOf({ number, hash }: L1Block): { number: number; hash: Uint8Array } {
  return { number, hash };
}

function fundedEvent(amount: number): L1Event {
  return { type: "funded", namespace: Namespace(0), amount };
}

function subscribedEvent(id: number, settlement: number): L1Event {
  const policy = { sealingRequired: true, classOrder: true, senderMayPay: false };
  return { type: "subscribed", namespace: Namespace(id), settlement: address(settlement), policy };
}

function address(seed: number): Uint8Array {
  return new Uint8Array(20).fill(seed);
}
