// Points as no library writes them: outside the subgroup, or in another spelling.

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { fromHex } from "../../base/index.ts";

const { Fp, Fp2 } = bls12_381.fields;
const G2: typeof bls12_381.G2.Point = bls12_381.G2.Point;
const G1: typeof bls12_381.G1.Point = bls12_381.G1.Point;

export type Affine<T> = { readonly x: T; readonly y: T };

/** On the curve, of order 3: invisible to pairings. */
export const torsion: InstanceType<typeof G1> = G1.fromAffine({ x: 0n, y: 2n });

/** On the curve of G2, outside the subgroup. */
export const strayG2: InstanceType<typeof G2> = G2.fromAffine(
  pointOfG2(Fp2.create({ c0: 2n, c1: 0n })),
);

export function decompressG2(compressed: Uint8Array): InstanceType<typeof G2> {
  return G2.fromBytes(compressed);
}

export function decompress(compressed: Uint8Array): InstanceType<typeof G1> {
  return G1.fromBytes(compressed);
}

/** 48 bytes, compressed. */
export function compressG1({ x, y }: Affine<bigint>): Uint8Array {
  return withFlags(hexOf(x), y);
}

/** 96 bytes, compressed. */
export function compressG2({ x, y }: Affine<{ c0: bigint; c1: bigint }>): Uint8Array {
  return withFlags(hexOf(x.c1) + hexOf(x.c0), y.c1 === 0n ? y.c0 : y.c1);
}

/** 96 bytes, `x || y`. */
export function affineG1({ x, y }: Affine<bigint>): Uint8Array {
  return fromHex(hexOf(x) + hexOf(y)) ?? new Uint8Array();
}

function pointOfG2(x: ReturnType<typeof Fp2.create>): Affine<typeof x> {
  const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b);
  return { x, y: Fp2.sqrt(square) };
}

function withFlags(x: string, y: bigint): Uint8Array {
  const bytes = fromHex(x) ?? new Uint8Array();
  bytes[0] = (bytes[0] ?? 0) | (y > Fp.ORDER / 2n ? 0xa0 : 0x80);
  return bytes;
}

function hexOf(coordinate: bigint): string {
  return coordinate.toString(16).padStart(96, "0");
}
