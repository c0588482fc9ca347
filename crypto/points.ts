// Points of BLS12-381 in the compressed form of ZCash and Ethereum. Decoding is strict: the right length, canonical,
// on the curve, in the subgroup of prime order. The identity is refused as well: nothing that travels may be it.

import type { Fp2 } from "@noble/curves/abstract/tower.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";

export type G1Point = WeierstrassPoint<bigint>;
export type G2Point = WeierstrassPoint<Fp2>;

export const g1BytesLength = 48;
export const g2BytesLength = 96;

export function decodeG1(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== g1BytesLength) return undefined;
  return decodePoint(() => bls12_381.G1.Point.fromBytes(bytes));
}

/** 96 bytes, `x || y`. */
export function decodeUncompressedG1(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== 2 * g1BytesLength) return undefined;
  return decodePoint(() => bls12_381.G1.Point.fromBytes(bytes));
}

export function decodeG2(bytes: Uint8Array): G2Point | undefined {
  if (bytes.length !== g2BytesLength) return undefined;
  return decodePoint(() => bls12_381.G2.Point.fromBytes(bytes));
}

// The library answers bad bytes by throwing; here they are an ordinary answer.
function decodePoint<Point extends { is0(): boolean }>(read: () => Point): Point | undefined {
  try {
    const point = read();
    return point.is0() ? undefined : point;
  } catch {
    return undefined;
  }
}
