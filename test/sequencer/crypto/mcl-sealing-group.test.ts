import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../../base/index.ts";
import { nobleSealingGroup, sha256 } from "../../../crypto/index.ts";
import { blstBls, createMclSealingGroup } from "../../../sequencer/crypto/index.ts";
import vectors from "../../vectors/bls.json" with { type: "json" };

const mcl = await createMclSealingGroup();
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const secret = (seed: number): Uint8Array =>
  sha256(Uint8Array.of(seed)).map((byte, i) => (i === 0 ? byte & 0x3f : byte));

test("a thread has one group, whose settings nobody resets", async () => {
  expect(await createMclSealingGroup()).toBe(mcl);
});

test("every encoding that noble refuses, WebAssembly refuses", () => {
  for (const { why, publicKey } of vectors.invalidPublicKeys) {
    expect(mcl.isValidG1(bytes(publicKey)), why).toBe(false);
    expect(nobleSealingGroup.isValidG1(bytes(publicKey)), why).toBe(false);
  }
  for (const { why, signature } of vectors.invalidSignatures) {
    expect(mcl.isValidG2(bytes(signature)), why).toBe(false);
    expect(nobleSealingGroup.isValidG2(bytes(signature)), why).toBe(false);
  }
});

test("both say the same of random encodings, on the curve or off it", () => {
  const encoding = (length: number): fc.Arbitrary<Uint8Array> =>
    fc
      .tuple(fc.uint8Array({ minLength: length, maxLength: length }), fc.constantFrom(0x80, 0xa0))
      .map(([bytes, flags]) => bytes.map((byte, i) => (i === 0 ? flags | (byte & 0x1f) : byte)));
  const valid = fc.nat(50).map((seed) => mcl.multiplyG1(secret(seed)));
  fc.assert(
    fc.property(fc.oneof(encoding(48), valid), encoding(96), (g1, g2) => {
      expect(nobleSealingGroup.isValidG1(g1)).toBe(mcl.isValidG1(g1));
      expect(blstBls.isValidPublicKey(g1)).toBe(mcl.isValidG1(g1));
      expect(nobleSealingGroup.isValidG2(g2)).toBe(mcl.isValidG2(g2));
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("every operation gives the bytes that noble gives", () => {
  for (let seed = 0; seed < 6; seed++) {
    const [a, b] = [secret(seed), secret(seed + 100)];
    const point = mcl.multiplyG1(a);
    expect(toHex(nobleSealingGroup.multiplyG1(a))).toBe(toHex(point));
    expect(toHex(nobleSealingGroup.multiplyG2(a))).toBe(toHex(mcl.multiplyG2(a)));
    expect(toHex(nobleSealingGroup.multiply(b, point))).toBe(toHex(mcl.multiply(b, point)));
    const affine = mcl.multiplyAll(b, [point, point]);
    expect(nobleSealingGroup.multiplyAll(b, [point, point]).map(toHex)).toEqual(affine.map(toHex));
    const proof = { point, challenge: a, response: b };
    expect(mcl.proofCommitment(proof)).toEqual(nobleSealingGroup.proofCommitment(proof));
    const rows = [affine, affine];
    expect(mcl.combine([a, b], rows)).toEqual(nobleSealingGroup.combine([a, b], rows));
  }
});

test("a proof may commit to the identity, in the same bytes", () => {
  const response = secret(1);
  const point = mcl.multiplyG1(response);
  const challenge = new Uint8Array(32).fill(1, 31);
  const identity = `c0${"00".repeat(47)}`;
  for (const group of [mcl, nobleSealingGroup])
    expect(toHex(group.proofCommitment({ point, challenge, response }) ?? point)).toBe(identity);
});

test("shares may cancel out, in the same bytes", () => {
  const [a, point] = [secret(2), mcl.multiplyG1(secret(1))];
  const share = mcl.multiplyAll(a, [point]);
  const opposite = [share.map((affine) => negated(affine))];
  const identity = `c0${"00".repeat(47)}`;
  for (const group of [mcl, nobleSealingGroup])
    expect(group.combine([a, a], [share, ...opposite])?.map(toHex)).toEqual([identity]);
});

test("zero is no secret", () => {
  for (const group of [mcl, nobleSealingGroup]) {
    expect(() => group.multiplyG1(new Uint8Array(32))).toThrow("other than zero");
    expect(() => group.multiplyG2(new Uint8Array(32))).toThrow("other than zero");
  }
});

/** `x || -y` */
function negated(affine: Uint8Array): Uint8Array {
  const { Fp } = bls12_381.fields;
  const y = Fp.neg(BigInt(`0x${toHex(affine.subarray(48))}`));
  return Uint8Array.of(...affine.subarray(0, 48), ...Fp.toBytes(y));
}
