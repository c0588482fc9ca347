import { expect, test } from "vitest";
import { runEpochSeed } from "./campaign.ts";

test("committees of 4, 5, 7 and 4 hand over one to the next when nothing goes wrong", async () => {
  const report = await runEpochSeed({ seed: 1, isCalm: true });
  expect(report.crashes).toBe(0);
  expect(report.height).toBeGreaterThan(20);
}, 60_000);

test("seeds of changing committees keep every promise under faults, and recover", async () => {
  const failures: string[] = [];
  for (let seed = 1; seed <= 4; seed++)
    await runEpochSeed({ seed }).catch((error: unknown) =>
      failures.push(`${String(error)}\n  again: npm run sim -- --epochs --seed ${seed}`),
    );
  expect(failures).toEqual([]);
}, 120_000);
