import { expect, test } from "vitest";
import { huntEngine } from "./hunt.ts";
import { mutants } from "./mutants.ts";

// All of them take minutes: npm run sim:derivatives -- --mutants.
const sample = mutants.filter((_, at) => at % 4 === 0);

test.each(sample)("the campaign finds it when $name", async (mutant) => {
  const { checker } = await huntEngine(
    { ...mutant, budget: 1 },
    { first: mutant.knownSeed, batches: 200 },
  );
  expect(checker).toBeDefined();
});
