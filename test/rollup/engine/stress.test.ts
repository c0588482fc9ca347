import { expect, test } from "vitest";
import { runStress } from "./stress.ts";

test("a crash while L1 stands still costs the fund less than it has, and far less with buffers than without", () => {
  for (const seed of [1, 2, 3, 4]) {
    const off = runStress(seed, "off");
    const on = runStress(seed, "delever");
    for (const result of [off, on]) {
      expect(result.takeovers).toBeGreaterThan(0);
      expect(result.shortfall).toBe(0n);
      expect(result.cost).toBeLessThanOrEqual(result.fundBefore);
    }
    // Positions were closed ahead, into depth that was still there.
    expect(on.liquidationFills).toBeGreaterThan(off.liquidationFills);
    expect(on.cost).toBeLessThan(off.cost);
  }
});
