import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeOracleUpdate,
  encodeOracleUpdate,
  reportDigest,
  reportsMax,
  type SignedOracleUpdate,
} from "../../rollup/index.ts";
import { toHex } from "../../sdk/index.ts";
import { domain } from "./lists.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const anyUpdate: fc.Arbitrary<SignedOracleUpdate> = fc.record({
  market: u32,
  publishTimeMs: fc.maxSafeNat(),
  reports: fc.array(
    fc.record({
      reporter: fc.nat(255),
      priceTicks: u32,
      confidencePpm: u32,
      signature: fc.uint8Array({ minLength: 65, maxLength: 65 }),
    }),
    { maxLength: reportsMax },
  ),
});

test("an update comes back as it was, and has no second spelling", () => {
  fc.assert(
    fc.property(anyUpdate, fc.nat(), fc.nat(255), (update, at, mask) => {
      const bytes = encodeOracleUpdate(update);
      expect(decodeOracleUpdate(bytes)).toEqual(update);
      const offset = at % bytes.length;
      bytes[offset] = (bytes[offset] ?? 0) ^ mask;
      const changed = decodeOracleUpdate(bytes);
      if (changed !== undefined) expect(encodeOracleUpdate(changed)).toEqual(bytes);
    }),
    { numRuns: 60 },
  );
});

test("what is no update is undefined, whatever the bytes are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const decoded = decodeOracleUpdate(Uint8Array.of(2, ...bytes));
      if (decoded !== undefined)
        expect(encodeOracleUpdate(decoded)).toEqual(Uint8Array.of(2, ...bytes));
    }),
  );
  const tooMany = encodeOracleUpdate({ market: 1, publishTimeMs: 1, reports: [] });
  tooMany[16] = reportsMax + 1;
  expect(decodeOracleUpdate(tooMany)).toBeUndefined();
});

test("a report's digest is what ethers computes", () => {
  const types = {
    PriceReport: [
      { name: "market", type: "uint32" },
      { name: "priceTicks", type: "uint32" },
      { name: "confidencePpm", type: "uint32" },
      { name: "publishTimeMs", type: "uint64" },
    ],
  };
  const ethersDomain = {
    name: "DerivRollup",
    version: "1",
    chainId: domain.chainId,
    verifyingContract: `0x${toHex(domain.settlement)}`,
    salt: `0x${domain.rollupId.toString(16).padStart(64, "0")}`,
  };
  fc.assert(
    fc.property(
      u32,
      u32,
      u32,
      fc.maxSafeNat(),
      (market, priceTicks, confidencePpm, publishTimeMs) => {
        const report = { market, priceTicks, confidencePpm, publishTimeMs };
        expect(`0x${toHex(reportDigest(domain, report))}`).toBe(
          TypedDataEncoder.hash(ethersDomain, types, report),
        );
      },
    ),
    { numRuns: 20 },
  );
});
