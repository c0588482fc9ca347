import fc from "fast-check";
import { expect, test } from "vitest";
import {
  actionsMax,
  decodeActions,
  encodeActions,
  lotsMax,
  type Order,
  type SignedActionList,
} from "../../rollup/index.ts";
import { sealedPayloadBytesMax } from "../../sdk/index.ts";
import { anyList, plainList } from "./lists.ts";

const anySigned = fc.record({
  list: anyList,
  signature: fc.uint8Array({ minLength: 65, maxLength: 65 }),
});

test("a list comes back as it was", () => {
  fc.assert(
    fc.property(anySigned, (signed) => {
      expect(decodeActions(encodeActions(signed))).toEqual(signed);
    }),
  );
});

test("whatever decodes has no second spelling", () => {
  fc.assert(
    fc.property(anySigned, fc.nat(), fc.integer({ min: 1, max: 255 }), (signed, at, mask) => {
      const bytes = encodeActions(signed);
      const offset = at % bytes.length;
      bytes[offset] = (bytes[offset] ?? 0) ^ mask;
      const decoded = decodeActions(bytes);
      if (decoded !== undefined) expect(encodeActions(decoded)).toEqual(bytes);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const decoded = decodeActions(bytes);
      if (decoded !== undefined) expect(encodeActions(decoded)).toEqual(bytes);
    }),
  );
});

test("the largest list fits into a sealed transaction", () => {
  const order: Order = {
    type: "order",
    market: 1,
    isBuy: true,
    priceTicks: 1,
    lots: lotsMax,
    timeInForce: 2,
    flags: 15,
    validUntilMs: 1,
    clientId: 1,
    guard: { market: 1, op: 4, priceTicks: 1, maxAgeMs: 1 },
  };
  const bytes = encodeActions(signed({ actions: Array.from({ length: actionsMax }, () => order) }));
  expect(bytes.length).toBeLessThanOrEqual(sealedPayloadBytesMax);
});

test("values beyond their bounds are refused, those at the bounds are not", () => {
  const order: Order = {
    type: "order",
    market: 1,
    isBuy: true,
    priceTicks: 1,
    lots: lotsMax,
    timeInForce: 2,
    flags: 15,
    validUntilMs: 1,
    clientId: 1,
    guard: { market: 1, op: 4, priceTicks: 1, maxAgeMs: 1 },
  };
  const isTaken = (changes: object): boolean =>
    decodeActions(encodeActions(signed({ actions: [{ ...order, ...changes }] }))) !== undefined;
  expect(isTaken({})).toBe(true);
  expect(isTaken({ lots: lotsMax + 1 })).toBe(false);
  expect(isTaken({ timeInForce: 3 })).toBe(false);
  expect(isTaken({ flags: 16 })).toBe(false);
  expect(isTaken({ guard: { ...order.guard, op: 0 } })).toBe(false);
  expect(isTaken({ guard: { ...order.guard, op: 5 } })).toBe(false);
});

function signed(changes: Parameters<typeof plainList>[0]): SignedActionList {
  return { list: plainList(changes), signature: new Uint8Array(65) };
}
