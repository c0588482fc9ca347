import { expect, test } from "vitest";
import { quarries } from "../hunt.ts";

const mine = quarries.filter(({ harness }) => harness === "epochs");

test.each(mine)(
  "a planted bug is found where committees change: $mutant.name",
  async ({ mutant, hunt }) => {
    const { checker } = await hunt(mutant.knownSeed);
    expect(checker).toBeOneOf([...mutant.checkers]);
  },
  300_000,
);
