import { expect, test } from "vitest";
import { dice, loadMutant } from "../mutants.ts";
import { Violation } from "../observation.ts";
import { runCoreSeed } from "./campaign.ts";
import { type CoreMutant, coreMutants } from "./mutants.ts";
import type { CoreClass } from "./node.ts";

const n = 4;
const seconds = 4;

test.each(coreMutants)("a planted bug is found in whole cores: $name", async (mutant) => {
  const { coreClass, dispose } = await loadMutant(mutant);
  const found = await firstViolation(mutant, coreClass as CoreClass).finally(dispose);
  expect(found?.checker).toBeOneOf([...mutant.checkers]);
});

test("chance inside a core shows in the trace", async () => {
  const { coreClass, dispose } = await loadMutant(dice);
  const runs = [1, 1].map((seed) =>
    runCoreSeed({ seed, n, seconds: 1, coreClass: coreClass as CoreClass }),
  );
  const [first, again] = await Promise.all(runs).finally(dispose);
  expect(again?.traceHash).not.toBe(first?.traceHash);
});

async function firstViolation(
  { edits, firstSeed, seeds, options }: CoreMutant,
  coreClass: CoreClass,
): Promise<Violation | undefined> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    try {
      await runCoreSeed({
        ...options,
        seed,
        n,
        seconds,
        ...(edits.length > 0 ? { coreClass } : {}),
      });
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  return undefined;
}
