import { expect, test } from "vitest";
import { isFitting } from "../../../sim/mutant.ts";
import { huntEngine } from "./hunt.ts";
import { mutants } from "./mutants.ts";

test.each(mutants)("a planted bug still fits: $name", ({ edits }) => {
  expect(edits.filter((edit) => !isFitting(edit))).toEqual([]);
});

// All of them take minutes: npm run sim:derivatives -- --mutants.
const sample = mutants.filter((_, at) => at % 4 === 0);

test.each(sample)("the campaign finds it when $name", async (mutant) => {
  const { checker } = await huntEngine(
    { ...mutant, budget: 1 },
    { first: mutant.knownSeed, batches: 200 },
  );
  expect(checker).toBeDefined();
});
