import { expect, test } from "vitest";
import { runSeed } from "./campaign.ts";
import { dice, loadMutant, type Mutant, mutants } from "./mutants.ts";
import { Violation } from "./observation.ts";
import type { ReplicaClass } from "./replica-node.ts";

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
  { firstSeed, seeds, options }: Mutant,
  replicaClass: ReplicaClass,
): Promise<Violation | undefined> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    try {
      await runSeed({ ...options, seed, n, views, replicaClass });
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  return undefined;
}
