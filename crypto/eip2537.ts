// The same points as the precompiles of EIP-2537 take them: affine, every coordinate of 48 bytes left-padded to 64,
// and the two halves of an Fp2 coordinate in the order c0, c1 (the compressed form has them the other way round).

import { concatBytes } from "../base/index.ts";
import { decodeG1, decodeG2, decodeUncompressedG1 } from "./points.ts";

const coordinateLength = 48;
const padding = new Uint8Array(16);

/** 48 bytes to 128; undefined unless it is a point of the subgroup other than the identity. */
export function g1ToEip2537(compressed: Uint8Array): Uint8Array | undefined {
  const affine = g1Uncompressed(compressed);
  return affine && concatBytes(padding, coordinate(affine, 0), padding, coordinate(affine, 1));
}

/** 96 bytes to 256; undefined unless it is a point of the subgroup other than the identity. */
export function g2ToEip2537(compressed: Uint8Array): Uint8Array | undefined {
  const affine = decodeG2(compressed)?.toBytes(false);
  if (affine === undefined) return undefined;
  return concatBytes(...[1, 0, 3, 2].flatMap((index) => [padding, coordinate(affine, index)]));
}

/** 48 bytes to 96, `x || y`; undefined unless it is a point of the subgroup other than the identity. */
export function g1Uncompressed(compressed: Uint8Array): Uint8Array | undefined {
  return decodeG1(compressed)?.toBytes(false);
}

/** 96 bytes, `x || y`, to 48; undefined unless it is a point of the subgroup other than the identity. */
export function g1Compressed(uncompressed: Uint8Array): Uint8Array | undefined {
  return decodeUncompressedG1(uncompressed)?.toBytes(true);
}

/** The sum of keys of 96 bytes, `x || y`, as such; undefined without keys, for one that is no key, or if they cancel out. */
export function g1Sum(uncompressed: readonly Uint8Array[]): Uint8Array | undefined {
  const points = uncompressed.map(decodeUncompressedG1).filter((point) => point !== undefined);
  if (points.length === 0 || points.length < uncompressed.length) return undefined;
  const sum = points.reduce((a, b) => a.add(b));
  return sum.is0() ? undefined : sum.toBytes(false);
}

function coordinate(affine: Uint8Array, index: number): Uint8Array {
  return affine.subarray(index * coordinateLength, (index + 1) * coordinateLength);
}
