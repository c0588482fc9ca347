import { expect, test } from "vitest";
import { Turn } from "../../../sequencer/settlement/turn.ts";

const failoverMs = 1_000;
const turns = (seats = 4): Turn[] =>
  Array.from({ length: seats }, (_, index) => new Turn({ index, seats, failoverMs }));

test("the number gives the turn, and at once only to one", () => {
  for (const key of [0, 1, 5, 103])
    expect(turns().map((turn) => turn.isMine(key, 10, 0))).toEqual(
      [0, 1, 2, 3].map((index) => index === key % 4),
    );
});

test("the next has it when time has gone by and L1 has made blocks", () => {
  const [, next] = turns();
  expect(next?.isMine(0, 10, 0)).toBe(false);
  expect(next?.isMine(0, 12, failoverMs - 1)).toBe(false);
  expect(next?.isMine(0, 11, failoverMs)).toBe(false);
  expect(next?.isMine(0, 12, failoverMs)).toBe(true);
});

test("while L1 stands still nobody becomes the second, however long", () => {
  const all = turns();
  for (const turn of all) turn.isMine(0, 10, 0);
  expect(all.map((turn) => turn.isMine(0, 10, 1e9))).toEqual([true, false, false, false]);
});

test("waiting begins anew for another number, when L1 went back, and after it was away", () => {
  const [, next] = turns();
  next?.isMine(0, 10, 0);
  expect(next?.isMine(4, 12, failoverMs)).toBe(false);
  expect(next?.isMine(4, 9, 2 * failoverMs)).toBe(false);
  next?.clear();
  expect(next?.isMine(4, 20, 10 * failoverMs)).toBe(false);
  expect(next?.isMine(4, 22, 11 * failoverMs)).toBe(true);
});
