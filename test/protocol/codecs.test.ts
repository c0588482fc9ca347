import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, equalBytes } from "../../base/index.ts";
import { codecs } from "./codecs.ts";

const edits = fc.array(fc.record({ at: fc.double({ min: 0, max: 1 }), byte: fc.nat(255) }), {
  maxLength: 4,
});

describe.each(codecs)("$name", ({ values, encode, decode }) => {
  test("what is encoded decodes to the same value", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toEqual(value);
      }),
    );
  });

  test("what decodes after any mutation is the one encoding of its value", () => {
    fc.assert(
      fc.property(values, edits, fc.integer({ min: -3, max: 3 }), (value, mutations, growth) => {
        const original = encode(value);
        const bytes = new Uint8Array(Math.max(0, original.length + growth));
        bytes.set(original.subarray(0, bytes.length));
        for (const { at, byte } of mutations) bytes[Math.floor(at * (bytes.length - 1))] = byte;
        const decoded = decode(bytes);
        if (decoded !== undefined) expect(equalBytes(encode(decoded), bytes)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test("every beginning of an encoding, and everything longer, is refused", () => {
    const [value] = fc.sample(values, { numRuns: 1, seed: 7 });
    const bytes = encode(value);
    for (let length = 0; length < bytes.length; length++)
      expect(decode(bytes.subarray(0, length))).toBeUndefined();
    expect(decode(concatBytes(bytes, Uint8Array.of(0)))).toBeUndefined();
  });

  test("no bytes make decoding throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decode(bytes);
        if (decoded !== undefined) expect(equalBytes(encode(decoded), bytes)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
