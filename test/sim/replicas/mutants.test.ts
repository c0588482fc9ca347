import { expect, test } from "vitest";
import { type CampaignOptions, runSeed } from "./campaign.ts";
import { loadMutant, type Mutant } from "../mutant.ts";
import { Violation } from "../observation.ts";
import { dice, mutants } from "./mutants.ts";
import type { ReplicaClass } from "./node.ts";

const n = 4;
const views = 80;

test.each(mutants)("a planted bug is found: $name", async (mutant) => {
  const { replicaClass, dispose } = await loadMutant(mutant);
  const found = await firstViolation(mutant, replicaClass).finally(dispose);
  expect(found?.checker).toBeOneOf([...mutant.checkers]);
});

test("chance inside the machine shows in the trace", async () => {
  const { replicaClass, dispose } = await loadMutant(dice);
  const runs = [1, 1].map((seed) => runSeed({ seed, n, views, replicaClass }));
  const [first, again] = await Promise.all(runs).finally(dispose);
  expect(again?.traceHash).not.toBe(first?.traceHash);
});

async function firstViolation(
  { knownSeed, budget, options }: Mutant<CampaignOptions>,
  replicaClass: ReplicaClass,
): Promise<Violation | undefined> {
  for (let seed = knownSeed; seed < knownSeed + budget; seed++)
    try {
      await runSeed({ ...options, seed, n, views, replicaClass });
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  return undefined;
}
