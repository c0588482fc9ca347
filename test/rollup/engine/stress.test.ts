import { expect, test } from "vitest";
import { runStress, type StressResult } from "./stress.ts";

const seeds = [1, 2, 3, 4, 5, 6];
const modes = ["off", "restrict", "delever"] as const;

test("a crash while L1 stands still costs the fund no more than it has, and the less the more the buffers do", () => {
  const badDebt = { off: 0n, restrict: 0n, delever: 0n };
  for (const seed of seeds) {
    const of = (mode: (typeof modes)[number]): StressResult => runStress(seed, mode);
    const results = { off: of("off"), restrict: of("restrict"), delever: of("delever") };
    for (const mode of modes) {
      const { badDebt: owed, fundBefore, fundAfter, shortfall, takeovers } = results[mode];
      badDebt[mode] += owed;
      expect(takeovers).toBeGreaterThan(0);
      expect(owed).toBeLessThanOrEqual(fundBefore);
      expect([fundAfter > 0n, shortfall]).toEqual([true, 0n]);
    }
    const { off, restrict, delever } = results;
    expect(restrict.cost).toBeLessThan(off.cost);
    expect(delever.cost).toBeLessThan(restrict.cost);
    // Positions were closed ahead, into depth that was still there.
    expect(delever.liquidationFills).toBeGreaterThan(off.liquidationFills);
  }
  expect(badDebt.restrict).toBeLessThan(badDebt.off);
  expect(badDebt.delever).toBeLessThan(badDebt.restrict);
});
