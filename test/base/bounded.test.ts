import { expect, test } from "vitest";
import { BoundedMap, BoundedQueue } from "../../base/index.ts";

test("a full map hands back the oldest entry", () => {
  const map = new BoundedMap<number, string>(2);
  expect(map.set(1, "a")).toBeUndefined();
  expect(map.set(2, "b")).toBeUndefined();
  expect(map.set(1, "c")).toBeUndefined();
  expect(map.set(3, "d")).toEqual([2, "b"]);
  expect([...map.entries()]).toEqual([
    [1, "c"],
    [3, "d"],
  ]);
});

test("a full queue refuses and keeps what it has", () => {
  const queue = new BoundedQueue<number>(2);
  expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, undefined]);
});

test("a queue keeps its order over many rounds", () => {
  const queue = new BoundedQueue<number>(5_000);
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 500; i++) queue.push(next++);
    for (let i = 0; i < 400; i++) expect(queue.shift()).toBe(expected++);
  }
  expect(queue.size).toBe(2_000);
});
