import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode, equalBytes, type Reader, type Writer } from "../../base/index.ts";

interface Sample {
  readonly small: number;
  readonly middle: number;
  readonly large: number;
  readonly flag: boolean;
  readonly hash: Uint8Array;
  readonly text: Uint8Array;
  readonly items: readonly number[];
  readonly maybe: number | undefined;
}

function writeSample(writer: Writer, value: Sample): void {
  writer.u8(value.small).u32(value.middle).u64(value.large).flag(value.flag);
  writer.fixed(value.hash, 4).bytes(value.text, 16);
  writer.list(value.items, 8, (w, item) => w.u16(item)).optional(value.maybe, (w, v) => w.u8(v));
}

function readSample(reader: Reader): Sample {
  return {
    small: reader.u8(),
    middle: reader.u32(),
    large: reader.u64(),
    flag: reader.flag(),
    hash: reader.fixed(4),
    text: reader.bytes(16),
    items: reader.list(8, (r) => r.u16()),
    maybe: reader.optional((r) => r.u8()),
  };
}

const samples: fc.Arbitrary<Sample> = fc.record({
  small: fc.nat(0xff),
  middle: fc.nat(0xffff_ffff),
  large: fc.maxSafeNat(),
  flag: fc.boolean(),
  hash: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  text: fc.uint8Array({ maxLength: 16 }),
  items: fc.array(fc.nat(0xffff), { maxLength: 8 }),
  maybe: fc.option(fc.nat(0xff), { nil: undefined }),
});

test("what is encoded decodes to the same value", () => {
  fc.assert(
    fc.property(samples, (sample) => {
      expect(decode(encode(sample, writeSample), readSample)).toEqual(sample);
    }),
  );
});

test("what decodes after any mutation is the one encoding of its value", () => {
  const edits = fc.array(fc.record({ at: fc.nat(80), byte: fc.nat(255) }), { maxLength: 4 });
  fc.assert(
    fc.property(samples, edits, fc.integer({ min: -3, max: 3 }), (sample, mutations, growth) => {
      const original = encode(sample, writeSample);
      const bytes = new Uint8Array(Math.max(0, original.length + growth));
      bytes.set(original.subarray(0, bytes.length));
      for (const { at, byte } of mutations) if (at < bytes.length) bytes[at] = byte;
      const value = decode(bytes, readSample);
      if (value !== undefined) expect(equalBytes(encode(value, writeSample), bytes)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("bytes after the value are refused", () => {
  const bytes = new Uint8Array([7, 0]);
  expect(decode(bytes.subarray(0, 1), (reader) => reader.u8())).toBe(7);
  expect(decode(bytes, (reader) => reader.u8())).toBeUndefined();
});

test("a length beyond its maximum or beyond the input is refused before memory is taken", () => {
  const huge = encode(0xffff_ffff, (writer, value) => writer.u32(value));
  expect(decode(huge, (reader) => reader.bytes(0xffff_ffff))).toBeUndefined();
  expect(decode(huge, (reader) => reader.list(0xffff_ffff, (r) => r.u8()))).toBeUndefined();
});

test("an integer that JavaScript cannot count is refused", () => {
  const bytes = new Uint8Array([0, 0x20, 0, 0, 0, 0, 0, 0]);
  expect(decode(bytes, (reader) => reader.u64())).toBeUndefined();
});
