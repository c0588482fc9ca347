import { expect, test } from "vitest";
import { isFitting } from "../../../sim/mutant.ts";
import { mutants } from "./mutants.ts";

// The hunts stand apart; that the engine has moved on from under a planted bug shows at once.
test.each(mutants)("a planted bug still fits: $name", ({ edits }) => {
  expect(edits.filter((edit) => !isFitting(edit))).toEqual([]);
});
