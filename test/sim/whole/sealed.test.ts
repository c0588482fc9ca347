import { expect, test, vi } from "vitest";
import { createMclSealingGroup } from "../../../sequencer/crypto/index.ts";
import { runCoreSeed } from "./campaign.ts";
import { chainId } from "./clients.ts";
import { TrueSealing } from "./true-sealing.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const sealing = new TrueSealing(await createMclSealingGroup(), chainId, 4);

test.each([1, 2, 3])(
  "with the true sealing every promise is kept as well: seed %i",
  async (seed) => {
    const report = await runCoreSeed({ seed, n: 4, views: 20, sealing });
    expect(report.delivered).toBeGreaterThan(0);
  },
);
