import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import {
  Epoch,
  fromReceiptJson,
  fromStatusJson,
  Height,
  Micros,
  type Receipt,
  toReceiptJson,
  toStatusJson,
  transactionStates,
  type TransactionStatus,
  ValidatorIndex,
} from "../../protocol/index.ts";

const natural = fc.maxSafeNat();
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const anyStatus = fc.record(
  {
    id: bytes(32),
    state: fc.constantFrom(...transactionStates),
    height: natural.map(Height),
    index: natural,
    code: fc.string({ maxLength: 64 }),
    checkpoint: natural,
    l1Transaction: bytes(32),
    times: fc.dictionary(fc.constantFrom(...transactionStates), natural.map(Micros), {
      noNullPrototype: true,
    }),
  },
  { requiredKeys: ["id", "state", "times"], noNullPrototype: true },
) as fc.Arbitrary<TransactionStatus>;

const anyReceipt: fc.Arbitrary<Receipt> = fc.record({
  epoch: natural.map(Epoch),
  validator: fc.nat(0xffff).map(ValidatorIndex),
  incarnation: fc.integer({ min: 0, max: 0xffff_ffff }),
  id: bytes(32),
  stamp: natural.map(Micros),
  signature: bytes(64),
});

test("statuses and receipts come back from JSON as they were", () => {
  fc.assert(
    fc.property(anyStatus, anyReceipt, (status, receipt) => {
      expect(fromStatusJson(overTheWire(toStatusJson(status)))).toEqual(status);
      expect(fromReceiptJson(overTheWire(toReceiptJson(receipt)))).toEqual(receipt);
    }),
  );
});

test("a field that is missing, unknown or of another form is refused", () => {
  const [receipt] = fc.sample(anyReceipt, { numRuns: 1, seed: 2 }) as [Receipt];
  const json = toReceiptJson(receipt);
  for (const name of Object.keys(json))
    for (const value of [undefined, null, {}, "0x", -1, 0.5])
      expect(codeOf(() => fromReceiptJson(overTheWire({ ...json, [name]: value })))).toBe(
        "MALFORMED_ANSWER",
      );
  expect(codeOf(() => fromReceiptJson({ ...json, note: 1 }))).toBe("MALFORMED_ANSWER");

  const [status] = fc.sample(anyStatus, { numRuns: 1, seed: 3 }) as [TransactionStatus];
  const shown = toStatusJson({ ...status, state: "received", times: {} });
  for (const change of [
    { state: "lost" },
    { times: { lost: 1 } },
    { times: { received: "1" } },
    { code: "x".repeat(65) },
    { code: 5 },
  ])
    expect(codeOf(() => fromStatusJson({ ...shown, ...change }))).toBe("MALFORMED_ANSWER");
});

test("whatever JSON an endpoint answers, reading it ends in a value or in its code", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect([undefined, "MALFORMED_ANSWER"]).toContain(codeOf(() => fromStatusJson(json)));
      expect([undefined, "MALFORMED_ANSWER"]).toContain(codeOf(() => fromReceiptJson(json)));
    }),
  );
});

function overTheWire(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}
