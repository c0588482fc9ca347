import { expect, test } from "vitest";
import { runDerivativesSeed } from "./seeds.ts";

// npm run sim:derivatives goes on from here.
test("days of every kind keep every rule in every batch: in any order, with duplicates, and after restarts", () => {
  const total = { fills: 0, liquidations: 0, takeovers: 0, deleveraged: 0 };
  for (let seed = 1; seed <= 14; seed++) {
    const tally = runDerivativesSeed({ seed, batches: 80 });
    for (const name of ["fills", "liquidations", "takeovers", "deleveraged"] as const)
      total[name] += tally[name];
  }
  // Or it would prove nothing.
  for (const count of Object.values(total)) expect(count).toBeGreaterThan(5);
  expect(total.fills).toBeGreaterThan(500);
});
