import { expect, test } from "vitest";
import { leaderSchedule } from "../../consensus/leader.ts";
import { Epoch, View } from "../../protocol/index.ts";

const seed = new Uint8Array(32).fill(5);

test.each([1, 4, 7, 128])("any %i views in a row have as many leaders", (seats) => {
  const leaderOf = leaderSchedule(seed, Epoch(0), seats);
  for (const first of [1, 2, 1_000, Number.MAX_SAFE_INTEGER - 200]) {
    const leaders = Array.from({ length: seats }, (_, i) => leaderOf(View(first + i)));
    expect(new Set(leaders).size).toBe(seats);
    expect(Math.max(...leaders)).toBe(seats - 1);
  }
});

test("another epoch has another order", () => {
  const orders = [0, 1].map((epoch) => {
    const leaderOf = leaderSchedule(seed, Epoch(epoch), 20);
    return Array.from({ length: 20 }, (_, i) => leaderOf(View(i + 1)));
  });
  expect(orders[0]).not.toEqual(orders[1]);
});
