import { expect, test } from "vitest";
import { Epoch, type Header, Height, type Lane, View } from "../../protocol/index.ts";
import {
  type FloorBlock,
  floorOf,
  isForgettableHeader,
  isForgettableLane,
  isForgettableTransaction,
} from "../../sequencer/pruning.ts";
import { header, lane, transaction } from "../protocol/examples.ts";

const keeping = {
  delivered: Height(10_000),
  anchored: Height(9_000),
  snapshot: Height(9_920),
  retention: 2_000,
};

test("what is younger than the retention stays, whatever L1 and the snapshots allow", () => {
  expect(floorOf(keeping)).toBe(8_000);
  expect(floorOf({ ...keeping, delivered: Height(1_999) })).toBe(0);
});

test("what came after the last checkpoint that L1 has stays, however old it is", () => {
  expect(floorOf({ ...keeping, anchored: Height(500) })).toBe(500);
  expect(floorOf({ ...keeping, anchored: Height(0) })).toBe(0);
});

test("what a kept snapshot is followed by stays, and the block of it", () => {
  expect(floorOf({ ...keeping, snapshot: Height(64) })).toBe(63);
  expect(floorOf({ ...keeping, snapshot: Height(0) })).toBe(0);
});

const height = Height(100);
const at: Header = { ...header, epoch: Epoch(2), view: View(120), height };
const [seat, other] = [0, 1];
const floor: FloorBlock = {
  header: at,
  cut: [
    { incarnation: 3, sequence: 7, hash: new Uint8Array(32) },
    { incarnation: 1, sequence: 2, hash: new Uint8Array(32) },
  ],
  l1: 5,
};
const laneOf = (
  part: Partial<Record<"epoch" | "owner" | "incarnation" | "sequence", number>>,
): Lane => ({ ...lane, epoch: 2, owner: seat, incarnation: 3, sequence: 7, ...part }) as Lane;

test("headers up to the floor may go, final or not", () => {
  expect(isForgettableHeader(at, floor)).toBe(true);
  expect(isForgettableHeader({ ...at, height: Height(101) }, floor)).toBe(false);
});

test("lane messages may go that the floor's cut has read, or jumped over", () => {
  expect(isForgettableLane(laneOf({}), floor)).toBe(true);
  expect(isForgettableLane(laneOf({ sequence: 8 }), floor)).toBe(false);
  expect(isForgettableLane(laneOf({ incarnation: 2, sequence: 900 }), floor)).toBe(true);
  expect(isForgettableLane(laneOf({ incarnation: 4, sequence: 1 }), floor)).toBe(false);
  expect(isForgettableLane(laneOf({ owner: other, incarnation: 1, sequence: 3 }), floor)).toBe(
    false,
  );
  expect(isForgettableLane(laneOf({ owner: 9 }), floor)).toBe(false);
});

test("lane messages of an earlier epoch may go, those of a later one not", () => {
  expect(isForgettableLane(laneOf({ epoch: 1, sequence: 900 }), floor)).toBe(true);
  expect(isForgettableLane(laneOf({ epoch: 3, sequence: 1 }), floor)).toBe(false);
});

test("a transaction may go when no block above the floor could have ordered it", () => {
  const until = (expiry: number): typeof transaction => ({
    ...transaction,
    envelope: { ...transaction.envelope, expiry: Height(expiry) },
  });
  expect(isForgettableTransaction(until(100), floor)).toBe(true);
  expect(isForgettableTransaction(until(101), floor)).toBe(false);
});
