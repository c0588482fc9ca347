import { expect, test } from "vitest";
import { runEpochSeed } from "./campaign.ts";

test("a committee hands over to the next one while a few things go wrong", async () => {
  const report = await runEpochSeed({ seed: 1, sizes: [4, 5] });
  expect(report.height).toBeGreaterThan(5);
}, 60_000);
