import { expect, test, vi } from "vitest";
import { quarries } from "../hunt.ts";
import { loadMutant } from "../mutant.ts";
import { dice } from "../replicas/mutants.ts";
import { runCoreSeed } from "./campaign.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const mine = quarries.filter(({ harness }) => harness === "whole");

test.each(mine)("a planted bug is found in whole cores: $mutant.name", async ({ mutant, hunt }) => {
  const { checker } = await hunt(mutant.knownSeed);
  expect(checker).toBeOneOf([...mutant.checkers]);
});

test("chance inside a core shows in the trace", async () => {
  const { coreParts, dispose } = await loadMutant(dice);
  const runs = [1, 1].map((seed) => runCoreSeed({ seed, n: 4, views: 10, coreParts }));
  const [first, again] = await Promise.all(runs).finally(dispose);
  expect(again?.traceHash).not.toBe(first?.traceHash);
});
