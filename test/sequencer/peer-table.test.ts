import { expect, test } from "vitest";
import { type Committee, Epoch, limits } from "../../protocol/index.ts";
import { PeerTable } from "../../sequencer/peer-table.ts";

const key = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const committee: Committee = {
  epoch: Epoch(3),
  members: [5, 6, 7, 8].map((number) => ({
    publicKey: new Uint8Array(48),
    networkKey: key(number),
    verificationKey: new Uint8Array(96),
  })),
  sealing: undefined,
};

test("members have the places of their seats, and others those behind them, each once", () => {
  const table = new PeerTable(committee, [key(9), key(6), key(9), key(1)]);
  expect(table.keys).toEqual([5, 6, 7, 8, 9, 1].map(key));
  expect([5, 8, 9, 1].map((number) => table.placeOf(key(number)))).toEqual([0, 3, 4, 5]);
});

test("who is not in it has no place, and there are only so many", () => {
  const many = Array.from({ length: limits.observersMax + 3 }, (_, i) => key(100 + i));
  const table = new PeerTable(committee, many);
  expect(table.keys).toHaveLength(4 + limits.observersMax);
  expect(table.placeOf(many[limits.observersMax - 1] ?? key(0))).toBe(3 + limits.observersMax);
  expect(table.placeOf(many[limits.observersMax] ?? key(0))).toBeUndefined();
  expect(table.placeOf(key(0))).toBeUndefined();
});
