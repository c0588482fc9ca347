import fc from "fast-check";
import { expect, test } from "vitest";
import { limits, padPayload, sealedPayloadBytesMax, unpadPayload } from "../../protocol/index.ts";
import { sealOverheadBytes } from "../../crypto/index.ts";

test("a padded payload has the length of its size class and is found again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (payload) => {
      const padded = padPayload(payload);
      expect(padded.length % limits.sizeClassBytes).toBe(0);
      expect(padded.length - payload.length).toBeLessThanOrEqual(limits.sizeClassBytes);
      expect(unpadPayload(padded)).toEqual(payload);
    }),
  );
});

test("a payload of the greatest length just fits into a transaction, and one byte more does not", () => {
  const padded = padPayload(new Uint8Array(sealedPayloadBytesMax));
  expect(padded.length + sealOverheadBytes).toBeLessThanOrEqual(limits.transactionBodyBytesMax);
  expect(padded.length + limits.sizeClassBytes + sealOverheadBytes).toBeGreaterThan(
    limits.transactionBodyBytesMax,
  );
  expect(() => padPayload(new Uint8Array(sealedPayloadBytesMax + 1))).toThrow(/size class/);
});

test("a sender may hide in a larger size class than its payload needs", () => {
  const larger = new Uint8Array(4 * limits.sizeClassBytes);
  larger.set(padPayload(Uint8Array.of(1, 2, 3)));
  expect(unpadPayload(larger)).toEqual(Uint8Array.of(1, 2, 3));
});

test("what is not padded has no payload", () => {
  expect(unpadPayload(new Uint8Array())).toBeUndefined();
  expect(unpadPayload(new Uint8Array(128))).toBeUndefined();
  expect(unpadPayload(new Uint8Array(128).fill(1))).toBeUndefined();
  expect(unpadPayload(padPayload(Uint8Array.of(7)).subarray(0, 127))).toBeUndefined();
});
