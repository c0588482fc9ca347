import { expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../base/index.ts";
import { nobleBls } from "../../crypto/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import vectors from "../vectors/bls.json" with { type: "json" };

const backends = [
  ["noble", nobleBls],
  ["blst", blstBls],
] as const;

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const secret = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
const message = utf8("vote for view 7");

test.each(backends)("%s signs as Ethereum's consensus tests say", (_, bls) => {
  for (const { secretKey, publicKey, message, signature } of vectors.sign) {
    expect(toHex(bls.publicKey(bytes(secretKey)))).toBe(publicKey);
    expect(toHex(bls.sign(bytes(secretKey), bytes(message)))).toBe(signature);
    expect(bls.verify(bytes(publicKey), bytes(message), bytes(signature))).toBe(true);
  }
});

test.each(backends)("%s verifies one message signed by many, and nothing else", (_, bls) => {
  const secrets = [1, 2, 3].map(secret);
  const keys = secrets.map((each) => bls.publicKey(each));
  const aggregate = bls.aggregateSignatures(secrets.map((each) => bls.sign(each, message)));
  expect(aggregate).toBeDefined();
  const signature = aggregate ?? new Uint8Array();
  expect(bls.verifyAggregate(keys, message, signature)).toBe(true);
  expect(bls.verifyAggregate([...keys].reverse(), message, signature)).toBe(true);
  expect(bls.verifyAggregate(keys.slice(1), message, signature)).toBe(false);
  expect(bls.verifyAggregate([], message, signature)).toBe(false);
  expect(bls.verifyAggregate(keys, utf8("vote for view 8"), signature)).toBe(false);
});

test.each(backends)(
  "%s refuses keys outside the group, the identity, and odd encodings",
  (_, bls) => {
    const signature = bls.sign(secret(1), message);
    expect(bls.isValidPublicKey(bls.publicKey(secret(1)))).toBe(true);
    for (const { why, publicKey } of vectors.invalidPublicKeys) {
      expect(bls.isValidPublicKey(bytes(publicKey)), why).toBe(false);
      expect(bls.verify(bytes(publicKey), message, signature), why).toBe(false);
      expect(bls.verifyAggregate([bytes(publicKey)], message, signature), why).toBe(false);
    }
  },
);

test.each(backends)(
  "%s refuses signatures outside the group, the identity, and odd encodings",
  (_, bls) => {
    const key = bls.publicKey(secret(1));
    for (const { why, signature } of vectors.invalidSignatures) {
      expect(bls.verify(key, message, bytes(signature)), why).toBe(false);
      expect(bls.verifyAggregate([key], message, bytes(signature)), why).toBe(false);
      expect(bls.aggregateSignatures([bytes(signature)]), why).toBeUndefined();
    }
  },
);

test.each(backends)("%s lets neither keys nor signatures cancel out", (_, bls) => {
  const key = bls.publicKey(secret(1));
  const signature = bls.sign(secret(1), message);
  const identity = new Uint8Array(96);
  identity[0] = 0xc0;
  expect(bls.aggregateSignatures([signature, negated(signature)])).toBeUndefined();
  expect(bls.aggregateSignatures([])).toBeUndefined();
  expect(bls.verifyAggregate([key, negated(key)], message, identity)).toBe(false);
  expect(bls.verifyAggregate([key, negated(key)], message, signature)).toBe(false);
});

test.each(backends)("%s takes none among good ones that spoils the sum", (_, bls) => {
  const good = bls.sign(secret(1), message);
  for (const { why, signature } of vectors.invalidSignatures)
    expect(bls.aggregateSignatures([good, bytes(signature)]), why).toBeUndefined();
});

test("what two add outside the group and take away again leaves a sum that says what was signed", () => {
  const foreign = bytes(
    vectors.invalidSignatures.find(({ why }) => why === "outside the subgroup")?.signature ?? "",
  );
  const signatures = [secret(1), secret(2)].map((each) => blstBls.sign(each, message));
  const keys = [secret(1), secret(2)].map((each) => blstBls.publicKey(each));

  const sum = blstBls.aggregateSignatures([...signatures, foreign, negated(foreign)]);

  expect(sum).toEqual(blstBls.aggregateSignatures(signatures));
  expect(blstBls.verifyAggregate(keys, message, sum ?? new Uint8Array(96))).toBe(true);
});

test.each(backends)("%s stops us when a secret key is none", (_, bls) => {
  const order = bytes("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  for (const invalid of [new Uint8Array(32), new Uint8Array(31).fill(1), order]) {
    expect(() => bls.publicKey(invalid)).toThrow("a secret is a scalar other than zero");
    expect(() => bls.sign(invalid, message)).toThrow("a secret is a scalar other than zero");
  }
});

test("both back-ends say the same of random keys, messages and damage", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const secretKey = secret(seed).map((byte, i) => (i === 0 ? 1 : (byte * 31 + i * seed) & 0xff));
    const text = utf8("x".repeat(seed * 11 - 11));
    const key = blstBls.publicKey(secretKey);
    const signature = blstBls.sign(secretKey, text);
    expect(toHex(nobleBls.publicKey(secretKey))).toBe(toHex(key));
    expect(toHex(nobleBls.sign(secretKey, text))).toBe(toHex(signature));
    const damaged = signature.map((byte, i) => (i === seed * 7 ? byte ^ (1 << (seed % 8)) : byte));
    expect(nobleBls.verify(key, text, damaged)).toBe(false);
    expect(blstBls.verify(key, text, damaged)).toBe(false);
  }
});

/** The sign of a compressed point is one bit. */
function negated(point: Uint8Array): Uint8Array {
  return point.map((byte, i) => (i === 0 ? byte ^ 0x20 : byte));
}
