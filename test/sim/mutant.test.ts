import { expect, test } from "vitest";
import { quarries } from "./hunt.ts";
import { isFitting } from "./mutant.ts";

// The hunts themselves take minutes; that production has moved on from under a planted bug shows at once.
test.each(quarries)("a planted bug still fits: $mutant.name", ({ mutant }) => {
  expect(mutant.edits.filter((edit) => !isFitting(edit))).toEqual([]);
});
