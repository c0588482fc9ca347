import { expect, test } from "vitest";
import { listedMarkets } from "../../../deploy/devnet/perpetuals/markets.ts";
import { reporterCount } from "../../../deploy/devnet/perpetuals/reporters.ts";
import { World } from "../../../deploy/devnet/perpetuals/world.ts";
import { decodeOracleUpdate, reportDigest } from "../../../rollup/index.ts";
import { addressOf, nobleSenderSignatures, toHex } from "../../../sdk/index.ts";

const domain = { chainId: 31_337, settlement: new Uint8Array(20).fill(7), rollupId: 1 };
const reporters = Array.from({ length: reporterCount }, (_, i) => new Uint8Array(32).fill(i + 1));
const options = {
  seed: 1,
  path: "calm",
  domain,
  reporters,
  signatures: nobleSenderSignatures,
} as const;

test("what is reported of a market is its price, and each report is signed by its reporter for this rollup", () => {
  const world = new World(options);
  world.goTo(30_000);
  for (const market of listedMarkets) {
    const update = decodeOracleUpdate(world.report(market, 1_234));
    if (update === undefined) throw new Error("this is no update");
    expect(update).toMatchObject({ market: market.id, publishTimeMs: 1_234 });
    expect(update.reports.length).toBeGreaterThanOrEqual(2);
    for (const { reporter, priceTicks, confidencePpm, signature } of update.reports) {
      const fair = world.fairTicks(market.id);
      expect(Math.abs(priceTicks - fair)).toBeLessThan(fair / 10_000);
      const report = { market: market.id, priceTicks, confidencePpm, publishTimeMs: 1_234 };
      const signer = nobleSenderSignatures.recover(reportDigest(domain, report), signature);
      const address = addressOf(reporters[reporter] ?? new Uint8Array());
      expect(toHex(signer ?? new Uint8Array())).toBe(toHex(address));
    }
  }
});

test("prices go on with time, whether they are asked for or not", () => {
  const [often, once] = [new World(options), new World(options)];
  for (let elapsed = 0; elapsed <= 60_000; elapsed += 250) often.goTo(elapsed);
  once.goTo(60_000);
  for (const { id } of listedMarkets) expect(often.fairTicks(id)).toBe(once.fairTicks(id));
  const before = once.fairTicks(1);
  once.goTo(90_000);
  expect(once.fairTicks(1)).not.toBe(before);
});
