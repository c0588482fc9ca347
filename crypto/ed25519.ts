// The signatures of messages between nodes: Ed25519 (RFC 8032), of which the libraries of the world disagree about the
// edges. The rule here is the one that OpenSSL computes, s*B - k*A encoded equals R, made strict about the key: it is
// canonical and not one of the eight points of small order, under which one signature fits many messages.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { assert, concatBytes, equalBytes } from "../base/index.ts";

export interface NetworkSignatures {
  /** 32 bytes from a 32-byte seed. */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** 64 bytes, the same every time. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** False for anything malformed. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

const { Point } = ed25519;

/** In plain JavaScript, about 1.4 ms to verify. */
export const nobleNetworkSignatures: NetworkSignatures = {
  publicKey(secretKey) {
    assert(secretKey.length === 32, "a secret key has 32 bytes");
    return ed25519.getPublicKey(secretKey);
  },
  sign(secretKey, message) {
    assert(secretKey.length === 32, "a secret key has 32 bytes");
    return ed25519.sign(message, secretKey);
  },
  verify(publicKey, message, signature) {
    if (signature.length !== 64) return false;
    const key = decodeNetworkKey(publicKey);
    const s = littleEndian(signature.subarray(32));
    if (key === undefined || s >= Point.Fn.ORDER) return false;
    const r = signature.subarray(0, 32);
    const k = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))));
    // The library's own verify multiplies both sides by the cofactor, and would accept what OpenSSL does not.
    return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k)).toBytes(), r);
  },
};

/** Canonical, on the curve, and not of small order: the keys that every back-end accepts, and no others. */
export function isValidNetworkKey(publicKey: Uint8Array): boolean {
  return decodeNetworkKey(publicKey) !== undefined;
}

function decodeNetworkKey(publicKey: Uint8Array): InstanceType<typeof Point> | undefined {
  if (publicKey.length !== 32) return undefined;
  try {
    const point = Point.fromBytes(publicKey);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((integer, byte) => (integer << 8n) | BigInt(byte), 0n);
}
