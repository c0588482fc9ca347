import { expect, test } from "vitest";
import { type Committee, Epoch, limits, ValidatorIndex } from "../../protocol/index.ts";
import { PeerTable } from "../../sequencer/peer-table.ts";
import { Roster } from "../../sequencer/roster.ts";

const keyOf = (name: number): Uint8Array => new Uint8Array(32).fill(name);

function committee(...names: readonly number[]): Committee {
  const members = names.map((name) => ({
    publicKey: new Uint8Array(48),
    networkKey: keyOf(name),
    verificationKey: new Uint8Array(96),
  }));
  return { epoch: Epoch(0), members, sealing: undefined };
}

test("a node keeps its number, whatever places the epochs give it", () => {
  const roster = new Roster(new PeerTable(committee(1, 2), [keyOf(3)]));
  const numbers = [3, 1, 2].map((name) => roster.numberOf(keyOf(name)));
  expect(numbers.map((number) => roster.placeOf(number))).toEqual([2, 0, 1]);
  roster.enter(new PeerTable(committee(3, 1), [keyOf(4)]));
  expect([3, 1, 2].map((name) => roster.numberOf(keyOf(name)))).toEqual(numbers);
  expect(numbers.map((number) => roster.placeOf(number))).toEqual([0, 1, undefined]);
  expect(roster.numberAt(ValidatorIndex(0))).toBe(roster.numberOf(keyOf(3)));
});

test("who has no place is nobody, by number and by place", () => {
  const roster = new Roster(new PeerTable(committee(1), []));
  expect(roster.placeOf(7)).toBeUndefined();
  expect(roster.placeOf(roster.numberOf(keyOf(9)))).toBeUndefined();
  expect(roster.numberAt(ValidatorIndex(1))).toBeUndefined();
});

test("those who may listen are few, and nobody has two places", () => {
  const many = Array.from({ length: 200 }, (_, i) => keyOf(i + 1));
  const table = new PeerTable(committee(1, 2), [keyOf(2), ...many]);
  expect(table.keys).toHaveLength(2 + limits.observersMax);
  expect(new Set(table.keys.map(String)).size).toBe(table.keys.length);
  expect(table.placeOf(keyOf(3))).toBe(2);
});
