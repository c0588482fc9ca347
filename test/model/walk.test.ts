import { describe, expect, test } from "vitest";
import { loadMutant } from "../sim/mutant.ts";
import { mutants } from "../sim/replicas/mutants.ts";
import type { ReplicaClass } from "./life.ts";
import { type Rules, trueRules, unguarded } from "./rules.ts";
import { walk } from "./walk.ts";

const shapes = [
  [1, 1, 1],
  [2, 2],
  [2, 1, 2],
];

test("production signs what the model allows, and all that the model allows where it stands", () => {
  const seen = { votes: 0, demanded: 0, finalized: 0, restarts: 0 };
  for (const variants of shapes)
    for (let seed = 1; seed <= 80; seed++) {
      const { breach, ...counts } = walk({ seed, steps: 150, variants });
      expect(breach).toBeUndefined();
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += counts[key];
    }

  // A walk in which nobody votes, dies or makes anything final would show nothing.
  expect(seen.votes).toBeGreaterThan(2_000);
  expect(seen.demanded).toBeGreaterThan(1_500);
  expect(seen.finalized).toBeGreaterThan(20);
  expect(seen.restarts).toBeGreaterThan(500);
});

describe("a replica that breaks a rule signs what the model forbids", () => {
  for (const name of [
    "COMMIT after SKIP",
    "SKIP after COMMIT",
    "two PREPAREs in a view",
    "a quorum of one less",
    "skipped views are not asked for",
  ])
    test(name, async () => {
      const mutant = mutants.find((each) => each.name === name);
      expect(mutant).toBeDefined();
      const { replicaClass, dispose } = await loadMutant(mutant ?? { name, edits: [] });
      try {
        // The whole replica, of which the simulator shows less than is looked at here.
        const broken = { replicaClass: replicaClass as ReplicaClass };
        expect(firstBreach(broken)).toContain("voted as the model does not allow");
      } finally {
        dispose();
      }
    });
});

describe("a replica that does less than the model is noticed", () => {
  const lax: Readonly<Record<string, Partial<Rules>>> = {
    "COMMIT after SKIP": { ...unguarded, mayCommit: (state, view) => view > state.lastCommit },
    "PREPARE without a certified parent": { isParentCertified: false },
    "PREPARE over a gap": { isGapCertified: false },
  };
  for (const [name, rules] of Object.entries(lax))
    test(name, () => {
      expect(firstBreach({ rules: { ...trueRules, ...rules } })).toContain("may vote so");
    });
});

function firstBreach(options: { rules?: Rules; replicaClass?: ReplicaClass }): string | undefined {
  for (const variants of shapes)
    for (let seed = 1; seed <= 200; seed++) {
      const { breach } = walk({ seed, steps: 150, variants, ...options });
      if (breach !== undefined) return breach;
    }
  return undefined;
}
