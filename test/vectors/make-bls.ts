// Writes bls.json: signatures of Ethereum's consensus test suite (its cases sign_case_*), and encodings that every back-end
// has to refuse, computed here from the curve's own constants. Run: node test/vectors/make-bls.ts

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { writeFileSync } from "node:fs";
import { toHex } from "../../base/index.ts";
import { compressG1, compressG2, torsion } from "../crypto/curve.ts";

const { Fp, Fp2 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

const sign = [
  {
    secretKey: "263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3",
    publicKey:
      "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a",
    message: "00".repeat(32),
    signature:
      "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809" +
      "0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55",
  },
];

const torsionG2 = outsideSubgroupG2();

const invalidPublicKeys = [
  { why: "of order 3", publicKey: toHex(compressG1(torsion)) },
  {
    why: "in the group but for a part of order 3",
    publicKey: toHex(compressG1(G1.BASE.add(torsion))),
  },
  ...malformed(toHex(G1.BASE.toBytes())).map(({ why, hex }) => ({ why, publicKey: hex })),
  { why: "uncompressed", publicKey: toHex(G1.BASE.toBytes(false)) },
];
const invalidSignatures = [
  { why: "outside the subgroup", signature: toHex(compressG2(torsionG2)) },
  {
    why: "in the group but for a foreign part",
    signature: toHex(compressG2(G2.BASE.add(torsionG2))),
  },
  ...malformed(toHex(G2.BASE.toBytes())).map(({ why, hex }) => ({ why, signature: hex })),
  { why: "uncompressed", signature: toHex(G2.BASE.toBytes(false)) },
];

writeFileSync(
  new URL("bls.json", import.meta.url),
  `${JSON.stringify({ sign, invalidPublicKeys, invalidSignatures }, undefined, 1)}\n`,
);

/** The first coordinate that has a point gives one: the subgroup is a tiny part of the curve. */
function outsideSubgroupG2(): InstanceType<typeof G2> {
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 0n]);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b);
    try {
      const point = G2.fromAffine({ x, y: Fp2.sqrt(square) });
      if (!point.isTorsionFree()) return point;
    } catch {
      continue;
    }
  }
}

/** Variations of a valid compressed point. */
function malformed(valid: string): readonly { readonly why: string; readonly hex: string }[] {
  const rest = valid.slice(2);
  const first = Number.parseInt(valid.slice(0, 2), 16);
  const withFirst = (byte: number, tail: string): string =>
    byte.toString(16).padStart(2, "0") + tail;
  const zeros = "00".repeat(valid.length / 2 - 1);
  const tooLarge = toHex(compressG1({ x: Fp.ORDER, y: 0n }));
  return [
    { why: "the identity", hex: withFirst(0xc0, zeros) },
    { why: "the identity with a sign", hex: withFirst(0xe0, zeros) },
    { why: "the identity with a coordinate", hex: withFirst(0xc0, rest) },
    { why: "the identity without the flag of compression", hex: withFirst(0x40, zeros) },
    { why: "no flag of compression", hex: withFirst(first & 0x7f, rest) },
    { why: "a coordinate not below the field's order", hex: tooLarge.padEnd(valid.length, "0") },
    { why: "no point has this coordinate", hex: offCurve(valid) },
    { why: "all zeros", hex: withFirst(0, zeros) },
    { why: "all ones", hex: "ff".repeat(valid.length / 2) },
    { why: "one byte short", hex: valid.slice(0, -2) },
    { why: "one byte long", hex: `${valid}00` },
    { why: "nothing", hex: "" },
  ];
}

/** The next coordinate above that has no point. */
function offCurve(valid: string): string {
  const curve = valid.length === 96 ? G1 : G2;
  for (let value = BigInt(`0x${valid}`) + 1n; ; value++) {
    const hex = value.toString(16);
    try {
      curve.fromHex(hex);
    } catch (error) {
      if (error instanceof Error && !error.message.includes("subgroup")) return hex;
    }
  }
}
