import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { nothingSlashable, privacy } from "./invariants.ts";
import { mutants } from "./mutants.ts";
import { boundShares, trueRules } from "./rules.ts";
import { universeOf } from "./universe.ts";

describe("the true rules", () => {
  test("hold in all states of two views with two blocks for each parent", () => {
    const found = explore({ variants: [2, 2], rules: trueRules });

    expect(found).toMatchObject({ isExhaustive: true, violation: undefined, states: 62_362 });
  });

  test("hold in all states of three views with one block for each parent", () => {
    const found = explore({ variants: [1, 1, 1], rules: trueRules });

    expect(found).toMatchObject({ isExhaustive: true, violation: undefined, states: 1_243_492 });
  });

  test("hold in the first half million states of three views with two blocks for each parent", () => {
    const found = explore({ variants: [2, 2, 2], rules: trueRules }, { statesMax: 500_000 });

    expect(found).toMatchObject({ isExhaustive: false, violation: undefined });
  });

  test("would let shares ride on COMMITs if they named their block", () => {
    const found = explore({ variants: [1, 1, 1], rules: boundShares, invariants: [privacy] });

    expect(found).toMatchObject({ isExhaustive: true, violation: undefined });
  });
});

describe("a rule that is broken is noticed", () => {
  for (const { name, rules, variants, breaks } of mutants)
    test(name, () => {
      for (const invariant of breaks) {
        const { violation } = explore({ variants, rules, invariants: [invariant] });
        expect(violation?.invariant).toBe(invariant.name);

        const clean = { variants, rules: trueRules, invariants: [invariant] };
        expect(explore(clean, { statesMax: 50_000 }).violation).toBeUndefined();
      }
    });
});

test("states that differ in the names of voters only are one, and none is lost by that", () => {
  const model = { variants: [2, 2], rules: trueRules };

  const reduced = explore(model);
  const full = explore(model, { isReduced: false });

  expect(reduced.statesInFull).toBe(full.states);
  expect(reduced.states).toBeLessThan(full.states / 5);
});

test("the way to a fault is the shortest, and keeps the names of the voters", () => {
  const mutant = mutants.find(({ name }) => name.startsWith("S5: SKIP after COMMIT"));

  const { violation } = explore({
    variants: [1, 1],
    rules: mutant?.rules ?? trueRules,
    invariants: [nothingSlashable],
  });

  expect(violation?.trace).toEqual([
    "A: PREPARE 1a",
    "B: PREPARE 1a, which makes the PrepareQC of 1a",
    "C: COMMIT 1a",
    "C: SKIP view 1",
  ]);
});

test("a leader may propose on every block below, in as many variants as it likes", () => {
  const { blocks, conflicts } = universeOf([2, 1]);

  expect(blocks.map(({ name }) => name)).toEqual(["1a", "1b", "2a", "1a-2a", "1b-2a"]);
  // 1a is on one chain with itself and 1a-2a.
  expect(conflicts[0]).toBe(0b10110);
});
