import fc from "fast-check";
import { expect, test } from "vitest";
import { assumed, broken, compare, play, strategies } from "./model.ts";

test("as long as the assumptions hold no deviation pays, however many validators there are", () => {
  const sizes = fc.integer({ min: 4, max: 128 });
  const cost = fc.integer({ min: 0, max: 1_500 });
  fc.assert(
    fc.property(sizes, cost, fc.nat(), (validators, postCost, seed) => {
      const coalition = Math.floor((validators - 1) / 3);
      const world = { ...assumed, validators, coalition, postCost };
      const paying = compare(world, { seed, epochs: 2 }).filter(({ pays }) => pays);
      expect(paying).toEqual([]);
    }),
    { numRuns: 15 },
  );
}, 60_000);

test.each(broken)("a deviation pays when $name", ({ world, pays }) => {
  const found = compare(world, { seed: 1, epochs: 3 });
  expect(found.find(({ strategy }) => strategy === pays)?.pays).toBe(true);
});

test.each(strategies)("whatever is charged is paid to somebody, and no more: %s", (strategy) => {
  for (let seed = 1; seed <= 5; seed++) {
    const { paid, charged } = play(assumed, strategy, { seed, epochs: 2 });
    expect(paid).toBe(charged);
    expect(paid).toBeGreaterThan(0);
  }
});
