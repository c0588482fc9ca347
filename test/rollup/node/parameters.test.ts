import fc from "fast-check";
import { expect, test } from "vitest";
import type { MarketParameters, RollupParameters } from "../../../rollup/engine/index.ts";
import {
  decodeMarketParameters,
  decodeRollupParameters,
  encodeMarketParameters,
  encodeRollupParameters,
  fromSpecJson,
  specHash,
  toSpecJson,
} from "../../../rollup/node/index.ts";
import { marketParameters, rollupParameters } from "../engine/world.ts";
import { spec } from "./specs.ts";

const natural = fc.maxSafeNat();
const quanta = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

/** Every setting of the example drawn anew, of its own kind. */
function like<T extends object>(example: T): fc.Arbitrary<T> {
  const fields = Object.entries(example).map(([name, value]: [string, unknown]) => {
    if (typeof value === "bigint") return [name, quanta];
    if (name === "interestPpb") return [name, fc.maxSafeInteger()];
    if (typeof value === "number") return [name, natural];
    if (name === "bufferMode") return [name, fc.constantFrom("off", "restrict", "delever")];
    const tier = { notionalMax: quanta, initialPpm: natural, maintenancePpm: natural };
    return [name, fc.array(fc.record(tier), { maxLength: 16 })];
  });
  return fc.record(Object.fromEntries(fields)) as unknown as fc.Arbitrary<T>;
}

const anyMarket: fc.Arbitrary<MarketParameters> = like(marketParameters);
const anyRollup: fc.Arbitrary<RollupParameters> = like(rollupParameters);

test("parameters come back as they were", () => {
  fc.assert(
    fc.property(anyMarket, anyRollup, (market, rollup) => {
      expect(decodeMarketParameters(encodeMarketParameters(market))).toEqual(market);
      expect(decodeRollupParameters(encodeRollupParameters(rollup))).toEqual(rollup);
    }),
  );
});

test("whatever decodes has no second spelling, and garbage is undefined", () => {
  fc.assert(
    fc.property(anyMarket, fc.nat(), fc.integer({ min: 1, max: 255 }), (market, at, mask) => {
      const bytes = encodeMarketParameters(market);
      const offset = at % bytes.length;
      bytes[offset] = (bytes[offset] ?? 0) ^ mask;
      const decoded = decodeMarketParameters(bytes);
      if (decoded !== undefined) expect(encodeMarketParameters(decoded)).toEqual(bytes);
    }),
  );
  const bytes = encodeRollupParameters(rollupParameters);
  for (let length = 0; length < bytes.length; length++)
    expect(decodeRollupParameters(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeRollupParameters(Uint8Array.of(...bytes, 0))).toBeUndefined();
});

test("a spec comes back from its file, and another spec has another name", () => {
  const json: unknown = JSON.parse(JSON.stringify(toSpecJson(spec)));
  expect(fromSpecJson(json)).toEqual(spec);
  const other = { ...spec, parameters: { ...spec.parameters, outflowMax: 1n } };
  expect(specHash(other)).not.toEqual(specHash(spec));
});

test("a spec with anything missing, unknown, unsound or out of range is refused by its name", () => {
  const json = toSpecJson(spec);
  for (const name of Object.keys(json)) {
    for (const value of [undefined, -1, "0xAB", {}])
      expect(() => fromSpecJson({ ...json, [name]: value })).toThrow(name);
  }
  expect(() => fromSpecJson({ ...json, note: 1 })).toThrow("no other fields");
  const parameters = json["parameters"] as object;
  expect(() => fromSpecJson({ ...json, parameters: { ...parameters, outflowMax: "01" } })).toThrow(
    "outflowMax",
  );
  expect(() =>
    fromSpecJson({ ...json, parameters: { ...parameters, batchIntervalMs: 0 } }),
  ).toThrow("within their bounds");
});
