import { expect, test, vi } from "vitest";
import { quarries } from "../hunt.ts";
import { loadMutant } from "../mutant.ts";
import { runSeed } from "./campaign.ts";
import { dice } from "./mutants.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const mine = quarries.filter(({ harness }) => harness === "replicas");

test.each(mine)("a planted bug is found: $mutant.name", async ({ mutant, hunt }) => {
  const { checker } = await hunt(mutant.knownSeed);
  expect(checker).toBeOneOf([...mutant.checkers]);
});

test("chance inside the machine shows in the trace", async () => {
  const { replicaClass, dispose } = await loadMutant(dice);
  const runs = [1, 1].map((seed) => runSeed({ seed, n: 4, views: 80, replicaClass }));
  const [first, again] = await Promise.all(runs).finally(dispose);
  expect(again?.traceHash).not.toBe(first?.traceHash);
});
