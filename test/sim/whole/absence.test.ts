// A process that lost its disk, or was away for long, begins from a state that the chain names. It does so under faults,
// among others whose disks prune, and keeps every promise from then on.

import { expect, test } from "vitest";
import { runCoreSeed } from "./campaign.ts";

const absence = { from: 6, heights: 66, behindMax: 40 };
/** Of one who is away among four, nobody else may fail; the bound on waiting was measured where nobody catches up. */
const unmeasured = ["inclusion-bound"];
/** What a lost disk takes with it: stamps that were promised to be remembered. */
const forgotten = ["fair-order", "inclusion", "receipts"];

test.each([
  { seed: 14, losesDisk: false },
  { seed: 6, losesDisk: true },
  { seed: 16, losesDisk: true },
])(
  "seed $seed: whoever comes back (its disk is lost: $losesDisk) fetches a state and takes part",
  async ({ seed, losesDisk }) => {
    const report = await runCoreSeed({
      seed,
      n: 4,
      views: 10,
      // With one away, there is nobody else to spare.
      adversaryNames: [],
      absence: { ...absence, losesDisk },
      retention: 64,
      ignored: losesDisk ? [...unmeasured, ...forgotten] : unmeasured,
    });
    expect(report.height).toBeGreaterThanOrEqual(absence.from + absence.heights);
    expect(report.synced).toEqual([64]);
  },
  120_000,
);
