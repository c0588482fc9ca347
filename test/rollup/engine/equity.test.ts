import { expect, test } from "vitest";
import type { State } from "../../../rollup/engine/index.ts";
import { runCampaign, settings } from "./campaign.ts";
import { limit, openWorld } from "./world.ts";

/** From the leaves alone, as a contract would that pays those who exit. */
function sumOfPositive({ accounts, markets }: State): bigint {
  let sum = 0n;
  for (const { cash, exposures } of accounts) {
    let equity = cash;
    for (const { market: id, lots, fundingIndex } of exposures) {
      const market = markets.find((each) => each.id === id);
      if (market === undefined) throw new Error("a position in no market");
      equity += BigInt(lots) * BigInt(market.markTicks) * market.parameters.unit;
      equity -= BigInt(lots) * (market.fundingIndex - fundingIndex);
    }
    if (equity > 0n) sum += equity;
  }
  return sum;
}

test("after every batch the globals say what all accounts that are worth something are worth", () => {
  let owing = 0;
  for (const [at, setting] of settings.entries())
    runCampaign({
      ...setting,
      seed: 71 + at,
      batches: 250,
      onApplied: ({ state }) => {
        const { sumPositiveEquity, deposited, withdrawn } = state.globals;
        expect(sumPositiveEquity).toBe(sumOfPositive(state));
        if (sumPositiveEquity > deposited - withdrawn) owing++;
      },
    });
  // The fund owed in some of them, or only what came and went would have been counted.
  expect(owing).toBeGreaterThan(10);
});

test("what is deposited and withdrawn counts in its own batch", () => {
  const world = openWorld(2, 1_000);
  expect(world.state.globals.sumPositiveEquity).toBe(2_000n * 10n ** 12n);
  world
    .act(0, limit(true, 600_000, 100))
    .act(1, limit(false, 600_000, 100))
    .deposit(0, 1);
  world.act(1, { type: "withdraw", tokenAmount: 3n, to: new Uint8Array(20) }).run();
  expect(world.state.globals.sumPositiveEquity).toBe(2_001n * 10n ** 12n - 3_000_000n);
});
