// Scalars of BLS12-381: integers below the group order q, 32 bytes big-endian. Decoding is strict, because a
// second spelling of the same number (s + q) would be a second spelling of the same ciphertext.

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { assert, concatBytes } from "../base/index.ts";

export const scalarBytesLength = 32;

export const Fr: typeof bls12_381.fields.Fr = bls12_381.fields.Fr;

/** Undefined unless it is 32 bytes of a number below the group order. */
export function toScalar(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== scalarBytesLength) return undefined;
  const scalar = toInteger(bytes);
  return scalar < Fr.ORDER ? scalar : undefined;
}

/** Whether 32 bytes can be a secret of BLS or of sealing: a scalar other than zero. */
export function isSecretScalar(bytes: Uint8Array): boolean {
  return (toScalar(bytes) ?? 0n) !== 0n;
}

export function fromScalar(scalar: bigint): Uint8Array {
  return Fr.toBytes(scalar);
}

/** Our own secret: neither zero nor beyond the group order. */
export function toSecretScalar(secret: Uint8Array): bigint {
  const scalar = toScalar(secret);
  assert(scalar !== undefined && scalar !== 0n, "a secret is a scalar other than zero");
  return scalar;
}

/** 48 of SHA-512's 64 bytes, reduced: the bias is below 2^-128. */
export function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  return Fr.create(toInteger(sha512(concatBytes(...parts)).subarray(0, 48)));
}

export function toInteger(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let integer = 0n;
  let offset = 0;
  for (; offset + 8 <= bytes.length; offset += 8)
    integer = (integer << 64n) | view.getBigUint64(offset);
  for (; offset < bytes.length; offset++) integer = (integer << 8n) | BigInt(view.getUint8(offset));
  return integer;
}
