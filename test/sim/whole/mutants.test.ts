import { expect, test } from "vitest";
import { loadMutant, type Mutant } from "../mutant.ts";
import { Violation } from "../observation.ts";
import { dice } from "../replicas/mutants.ts";
import { type CoreCampaignOptions, runCoreSeed } from "./campaign.ts";
import { coreMutants } from "./mutants.ts";
import type { CoreClass } from "./node.ts";

const n = 4;
const views = 40;

test.each(coreMutants)("a planted bug is found in whole cores: $name", async (mutant) => {
  const { coreClass, dispose } = await loadMutant(mutant);
  const found = await firstViolation(mutant, coreClass).finally(dispose);
  expect(found?.checker).toBeOneOf([...mutant.checkers]);
});

test("chance inside a core shows in the trace", async () => {
  const { coreClass, dispose } = await loadMutant(dice);
  const runs = [1, 1].map((seed) => runCoreSeed({ seed, n, views: 10, coreClass }));
  const [first, again] = await Promise.all(runs).finally(dispose);
  expect(again?.traceHash).not.toBe(first?.traceHash);
});

async function firstViolation(
  { edits, knownSeed, budget, options }: Mutant<CoreCampaignOptions>,
  coreClass: CoreClass,
): Promise<Violation | undefined> {
  for (let seed = knownSeed; seed < knownSeed + budget; seed++)
    try {
      await runCoreSeed({
        n,
        views,
        ...options,
        seed,
        ...(edits.length > 0 ? { coreClass } : {}),
      });
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  return undefined;
}
