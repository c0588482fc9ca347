import { expect, test } from "vitest";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { type CoreCampaignOptions, type CoreCampaignReport, runCoreSeed } from "./core-campaign.ts";
import { coreSetting } from "./core-node.ts";
import { coreMutants, loadMutant } from "./mutants.ts";
import { Violation } from "./observation.ts";

const setting = coreSetting(await createMclSealingGroup(), 4);
const run = (options: Partial<CoreCampaignOptions>): Promise<CoreCampaignReport> =>
  runCoreSeed({
    seed: 1,
    setting,
    transactions: 16,
    hasCrashes: false,
    faultTime: 1_500_000,
    ...options,
  });

test.each([1, 2])(
  "with bad links, order and inclusion are fair by every stamp: seed %i",
  async (seed) => {
    const report = await run({ seed });
    expect(report).toMatchObject({ delivered: 16, crashes: 0 });
  },
);

test.each([1, 2])(
  "with crashes as well, everything is delivered, and alike: seed %i",
  async (seed) => {
    const report = await run({ seed, hasCrashes: true, faultTime: 3_000_000 });
    expect(report.delivered).toBe(16);
    expect(report.crashes).toBeGreaterThan(0);
  },
);

test("the same seed is the same history", async () => {
  const [first, again] = [await run({ transactions: 10 }), await run({ transactions: 10 })];
  expect(again).toEqual(first);
});

test.each(coreMutants)("a planted bug is found: $name", async (mutant) => {
  const { coreClass, dispose } = await loadMutant(mutant);
  const end = mutant.firstSeed + mutant.seeds;
  let found: unknown;
  for (let seed = mutant.firstSeed; seed < end && !(found instanceof Violation); seed++)
    found = await run({ seed, coreClass }).catch((error: unknown) => error);
  dispose();
  expect(mutant.checkers).toContain(found instanceof Violation ? found.checker : found);
});
