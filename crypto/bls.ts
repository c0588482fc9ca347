// BLS signatures on BLS12-381, public keys in G1 (48 bytes) and signatures in G2 (96 bytes), compressed, with the
// proof-of-possession ciphersuite of draft-irtf-cfrg-bls-signature: keys may be aggregated because each was proven.

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { decodeG1, decodeG2, type G1Point, type G2Point } from "./points.ts";
import { toSecretScalar } from "./scalar.ts";

/** Votes, certificates and checkpoints. A secret key is 32 bytes, big-endian, neither zero nor beyond the group order. */
export interface Bls {
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** 96 bytes; the same every time. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** False for anything malformed, outside the subgroup, or the identity. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Undefined for an empty list, when one is malformed or the identity, when the sum is outside the subgroup, and when
   * they cancel out. One that is outside alone may pass if others make up for it: then the sum is to be believed, as
   * always, once it is verified, and none of them by itself.
   */
  aggregateSignatures(signatures: readonly Uint8Array[]): Uint8Array | undefined;
  /** One message signed by all. Only for keys with a proof of possession; that they are distinct is the caller's care. */
  verifyAggregate(
    publicKeys: readonly Uint8Array[],
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean;
  /** Canonical, in the subgroup, and not the identity. */
  isValidPublicKey(publicKey: Uint8Array): boolean;
}

export const signatureDomain = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

const { longSignatures } = bls12_381;

/** In plain JavaScript, for browsers and as the oracle of faster ones; about 20 ms to sign, 35 ms to verify. */
export const nobleBls: Bls = {
  publicKey(secretKey) {
    toSecretScalar(secretKey);
    return longSignatures.getPublicKey(secretKey).toBytes();
  },
  sign(secretKey, message) {
    return signIn(signatureDomain, secretKey, message);
  },
  verify(publicKey, message, signature) {
    return verifyIn(signatureDomain, decodeG1(publicKey), message, decodeG2(signature));
  },
  aggregateSignatures(signatures) {
    const sum = decodeAll(signatures, decodeG2)?.reduce((a, b) => a.add(b));
    return sum === undefined || sum.is0() ? undefined : sum.toBytes();
  },
  verifyAggregate(publicKeys, message, signature) {
    const sum = decodeAll(publicKeys, decodeG1)?.reduce((a, b) => a.add(b));
    return verifyIn(signatureDomain, sum, message, decodeG2(signature));
  },
  isValidPublicKey(publicKey) {
    return decodeG1(publicKey) !== undefined;
  },
};

/** A signature whose message is hashed to the curve under another domain than that of votes. */
export function signIn(domain: string, secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  toSecretScalar(secretKey);
  return longSignatures.sign(longSignatures.hash(message, domain), secretKey).toBytes();
}

export function verifyIn(
  domain: string,
  publicKey: G1Point | undefined,
  message: Uint8Array,
  signature: G2Point | undefined,
): boolean {
  // A sum of valid keys can still be the identity, under which every message has a valid signature.
  if (publicKey === undefined || publicKey.is0() || signature === undefined) return false;
  return longSignatures.verify(signature, longSignatures.hash(message, domain), publicKey);
}

/** Undefined when the list is empty or one does not decode. */
function decodeAll<Point>(
  encodings: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Point | undefined,
): readonly Point[] | undefined {
  const points = encodings.map(decode).filter((point) => point !== undefined);
  return points.length === 0 || points.length < encodings.length ? undefined : points;
}
