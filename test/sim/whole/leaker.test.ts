// Who lets its shares go with proposals, and so for blocks that never become final, has signed for them.

import { expect, test, vi } from "vitest";
import { runCoreSeed } from "./campaign.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const foundOut = "blamed: TWO_RELEASES";

test("a leaker is found out by the honest, with what takes its stake", async () => {
  for (const seed of [4, 16]) {
    const run = { seed, n: 4, views: 40 } as const;
    const { coverage } = await runCoreSeed({ ...run, adversaryNames: ["leaker"] });
    expect(coverage.get(foundOut)).toBeGreaterThan(0);
    // Of the same faults, with all seats honest.
    const honest = await runCoreSeed({ ...run, adversaryNames: [] });
    expect(honest.coverage.get(foundOut)).toBeUndefined();
  }
});
