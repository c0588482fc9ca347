// Blocks that nobody can open, or one alone, under crashes, partitions and a Byzantine seat: a quorum gives them up, who had
// opened one goes back, and all agree.

import { expect, test, vi } from "vitest";
import { runCoreSeed } from "./campaign.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

/** The bound on waiting was measured where everything is opened as soon as it is final. */
const lost = { n: 4, views: 60, losesShares: true, ignored: ["inclusion-bound"] } as const;

test("what lost shares keep shut is declared void alike for all, and delivery goes on", async () => {
  const reports = await Promise.all(
    [2, 9, 22, 30, 40].map((seed) => runCoreSeed({ seed, ...lost })),
  );
  expect(Math.min(...reports.map(({ voided }) => voided))).toBeGreaterThan(0);
  expect(Math.max(...reports.map(({ rewound }) => rewound))).toBeGreaterThan(0);
});

test("where nothing is ever declared void, delivery stands still", async () => {
  await expect(runCoreSeed({ seed: 9, ...lost, voidAfter: 0 })).rejects.toThrow(
    "not all is delivered",
  );
});
