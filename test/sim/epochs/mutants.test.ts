import { expect, test } from "vitest";
import { loadMutant, type Mutant } from "../mutant.ts";
import { Violation } from "../observation.ts";
import type { CoreClass } from "../whole/node.ts";
import { type EpochCampaignOptions, runEpochSeed } from "./campaign.ts";
import { epochMutants } from "./mutants.ts";

test.each(epochMutants)(
  "a planted bug is found where committees change: $name",
  async (mutant) => {
    const { coreClass, dispose } = await loadMutant(mutant);
    const found = await firstViolation(mutant, coreClass).finally(dispose);
    expect(found?.checker).toBeOneOf([...mutant.checkers]);
  },
  120_000,
);

async function firstViolation(
  { knownSeed, budget, options }: Mutant<EpochCampaignOptions>,
  coreClass: CoreClass,
): Promise<Violation | undefined> {
  for (let seed = knownSeed; seed < knownSeed + budget; seed++)
    try {
      await runEpochSeed({ ...options, seed, coreClass });
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  return undefined;
}
