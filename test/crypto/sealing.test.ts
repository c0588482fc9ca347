import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, toHex, utf8 } from "../../base/index.ts";
import {
  ephemeralPoint,
  isValidSeal,
  nobleSealingGroup,
  seal,
  sealedKeyId,
  sealOverheadBytes,
  sha256,
  toSealingKey,
  unseal,
} from "../../crypto/index.ts";
import { Fr, fromScalar, hashToScalar, toScalar } from "../../crypto/scalar.ts";
import { domain } from "../../crypto/sealing-key.ts";
import { compressG1, decompress, torsion } from "./curve.ts";
import {
  bytes,
  groups,
  key,
  keySource,
  mclSealingGroup,
  randomness,
  vectors,
} from "./sealing-fixture.ts";

const [, order] = vectors.cases;
const ciphertext = bytes(order?.ciphertext ?? "");
const aad = bytes(order?.aad ?? "");
const opening = bytes(order?.opening ?? "");

test.each(groups)("%s seals and unseals the vectors byte for byte", (_, group) => {
  for (const each of vectors.cases) {
    const plain = { message: bytes(each.message), aad: bytes(each.aad), seed: bytes(each.seed) };
    const sealed = seal(group, key, plain);
    expect(toHex(sealed)).toBe(each.ciphertext);
    expect(sealed).toHaveLength(plain.message.length + sealOverheadBytes);
    expect(sealedKeyId(sealed)).toBe(vectors.keyId);
    expect(isValidSeal(group, key, sealed, plain.aad)).toBe(true);
    expect(unseal(key, sealed, plain.aad, bytes(each.opening))).toEqual(plain.message);
  }
});

test("no byte of a ciphertext or of its envelope can be changed", () => {
  for (let i = 0; i < ciphertext.length; i++) {
    const changed = ciphertext.map((byte, at) => (at === i ? byte ^ (1 << (i % 8)) : byte));
    expect(isValidSeal(mclSealingGroup, key, changed, aad), `byte ${i}`).toBe(false);
  }
  for (let i = 0; i < aad.length; i++) {
    const changed = aad.map((byte, at) => (at === i ? byte ^ 0x80 : byte));
    expect(isValidSeal(mclSealingGroup, key, ciphertext, changed), `aad ${i}`).toBe(false);
    expect(unseal(key, ciphertext, changed, opening)).toBeUndefined();
  }
});

test("a sample of the same changes is noticed by the portable back-end", () => {
  for (let i = 0; i < ciphertext.length; i += 9) {
    const changed = ciphertext.map((byte, at) => (at === i ? byte ^ (1 << (i % 8)) : byte));
    expect(isValidSeal(nobleSealingGroup, key, changed, aad), `byte ${i}`).toBe(false);
  }
});

test.each(groups)(
  "%s refuses a ciphertext that was cut, lengthened or is for another key",
  (_, group) => {
    const rotated = toSealingKey(group, { ...keySource, keyId: keySource.keyId + 1 }) ?? key;
    const elsewhere = toSealingKey(group, { ...keySource, chainId: 1 }) ?? key;
    expect(isValidSeal(group, key, ciphertext.subarray(0, -1), aad)).toBe(false);
    expect(isValidSeal(group, key, concatBytes(ciphertext, Uint8Array.of(0)), aad)).toBe(false);
    expect(isValidSeal(group, key, new Uint8Array(), aad)).toBe(false);
    expect(isValidSeal(group, rotated, ciphertext, aad)).toBe(false);
    expect(isValidSeal(group, elsewhere, ciphertext, aad)).toBe(false);
    expect(unseal(elsewhere, ciphertext, aad, opening)).toBeUndefined();
  },
);

test("a key id is read from what has the form of a ciphertext, and from nothing else", () => {
  expect(sealedKeyId(ciphertext)).toBe(vectors.keyId);
  expect(sealedKeyId(ciphertext.subarray(0, sealOverheadBytes))).toBe(vectors.keyId);
  expect(sealedKeyId(ciphertext.subarray(0, sealOverheadBytes - 1))).toBeUndefined();
  expect(sealedKeyId(ciphertext.map((byte, i) => (i === 0 ? 0 : byte)))).toBeUndefined();
});

test.each(groups)("%s refuses scalars not below the group order", (_, group) => {
  for (const at of [53, 85]) {
    const scalar = toScalar(ciphertext.subarray(at, at + 32)) ?? 0n;
    const shifted = bytes((scalar + Fr.ORDER).toString(16).padStart(64, "0"));
    const respelled = concatBytes(
      ciphertext.subarray(0, at),
      shifted,
      ciphertext.subarray(at + 32),
    );
    expect(isValidSeal(group, key, respelled, aad)).toBe(false);
  }
});

test.each(groups)(
  "%s refuses the identity for U, with which anyone can prove anything",
  (_, group) => {
    const identity = new Uint8Array(48).fill(0xc0, 0, 1);
    expect(isValidSeal(group, key, forge(identity, 0n, 1n), aad)).toBe(false);
  },
);

test.each(groups)("%s refuses a U outside the subgroup although its proof holds", (_, group) => {
  // The part of order 3 vanishes from every third proof, so a sender would only have to try a few times.
  const r = 424_242n;
  const honest = group.multiplyG1(fromScalar(r));
  const tainted = compressG1(decompress(honest).add(torsion));
  for (let k = 1n; k <= 12n; k++) {
    expect(isValidSeal(group, key, forge(honest, r, k), aad)).toBe(true);
    expect(isValidSeal(group, key, forge(tainted, r, k), aad)).toBe(false);
  }
});

test.each(groups)(
  "%s: a proof with the randomness zero is a proof, and gives nothing but its secret away",
  (_, group) => {
    const r = 77n;
    const point = group.multiplyG1(fromScalar(r));
    const commitment = new Uint8Array(48).fill(0xc0, 0, 1);
    const body = new Uint8Array(16);
    const e = hashToScalar(
      domain("pok"),
      key.context,
      point,
      commitment,
      sha256(aad),
      sha256(body),
    );
    const scalars = [fromScalar(e), fromScalar(Fr.mul(e, r))];
    const sealed = concatBytes(ciphertext.subarray(0, 5), point, ...scalars, body);
    expect(isValidSeal(group, key, sealed, aad)).toBe(true);
    const damaged = sealed.map((byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte));
    expect(isValidSeal(group, key, damaged, aad)).toBe(false);
  },
);

test("random bytes are no ciphertext, whatever they begin with", () => {
  const valid = ciphertext.subarray(0, 53);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, hasHead) => {
      const candidate = hasHead ? concatBytes(valid, noise) : noise;
      expect(isValidSeal(mclSealingGroup, key, candidate, aad)).toBe(false);
      expect(unseal(key, candidate, aad, opening)).toBeUndefined();
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("both back-ends seal alike, and what is sealed opens", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.uint8Array({ maxLength: 90 }),
      fc.nat(255),
      (message, aad, n) => {
        const plain = { message, aad, seed: randomness(32, n) };
        const sealed = seal(mclSealingGroup, key, plain);
        expect(toHex(seal(nobleSealingGroup, key, plain))).toBe(toHex(sealed));
        expect(isValidSeal(nobleSealingGroup, key, sealed, aad)).toBe(true);
        expect(isValidSeal(mclSealingGroup, key, sealed, aad)).toBe(true);
      },
    ),
    { numRuns: 8, seed: 1 },
  );
});

test("a seed that repeats for another message does not repeat the randomness", () => {
  const seed = randomness(32);
  const points = ["buy", "sell"].map((text) =>
    toHex(ephemeralPoint(seal(mclSealingGroup, key, { message: utf8(text), aad, seed }))),
  );
  expect(points[0]).not.toBe(points[1]);
});

/** A ciphertext of nothing, with a proof for `point` by somebody who knows r. */
function forge(point: Uint8Array, r: bigint, k: bigint): Uint8Array {
  const body = new Uint8Array(16);
  const commitment = mclSealingGroup.multiplyG1(fromScalar(k));
  const e = hashToScalar(domain("pok"), key.context, point, commitment, sha256(aad), sha256(body));
  const s = Fr.add(k, Fr.mul(e, r));
  return concatBytes(ciphertext.subarray(0, 5), point, fromScalar(e), fromScalar(s), body);
}
