// The signatures of senders: ECDSA on secp256k1 as Ethereum has it, 65 bytes `r || s || v`. Strict, so that a signed
// transaction has one spelling: s in the lower half of the group order, and v the parity itself, 0 or 1.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert } from "../base/index.ts";
import { keccak256 } from "./hash.ts";

export interface SenderSignatures {
  /** The signer's 20-byte address; undefined when the signature is malformed, malleable, or of nobody. */
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
  /** 65 bytes over a 32-byte digest; the same every time (RFC 6979). */
  sign(secretKey: Uint8Array, digest: Uint8Array): Uint8Array;
}

const digestLength = 32;
const signatureLength = 65;

/** In plain JavaScript, about 1.6 ms to recover. */
export const nobleSenderSignatures: SenderSignatures = {
  recover(digest, signature) {
    const split = splitSenderSignature(digest, signature);
    if (split === undefined) return undefined;
    try {
      const point = secp256k1.Signature.fromBytes(split.rs, "compact")
        .addRecoveryBit(split.parity)
        .recoverPublicKey(digest);
      return addressOf(point.toBytes(false));
    } catch {
      return undefined;
    }
  },
  sign(secretKey, digest) {
    assert(digest.length === digestLength, "what is signed is a digest of 32 bytes");
    const recovered = secp256k1.sign(digest, secretKey, { prehash: false, format: "recovered" });
    return joinSenderSignature(recovered.subarray(1), recovered[0]);
  },
};

/** The 20-byte address of a secret key (32 bytes) or of a public key (33 or 65 bytes), which must be valid. */
export function addressOf(key: Uint8Array): Uint8Array {
  const uncompressed =
    key.length === 32
      ? secp256k1.getPublicKey(key, false)
      : secp256k1.Point.fromBytes(key).toBytes(false);
  return addressOfUncompressed(uncompressed);
}

/** Trusts that the 65 bytes are a point: for what a library has just computed. */
export function addressOfUncompressed(publicKey: Uint8Array): Uint8Array {
  return keccak256(publicKey.subarray(1)).subarray(12);
}

/** What every back-end must have checked before its library sees the bytes; undefined when it is not to be. */
export function splitSenderSignature(
  digest: Uint8Array,
  signature: Uint8Array,
): { readonly rs: Uint8Array; readonly parity: 0 | 1 } | undefined {
  assert(digest.length === digestLength, "what is signed is a digest of 32 bytes");
  const parity = signature[signatureLength - 1];
  if (signature.length !== signatureLength || (parity !== 0 && parity !== 1)) return undefined;
  const rs = signature.subarray(0, 64);
  return isLowS(rs.subarray(32)) ? { rs, parity } : undefined;
}

export function joinSenderSignature(rs: Uint8Array, parity: number | undefined): Uint8Array {
  // 2 and 3 need an x coordinate beyond the group order: nobody will ever see one (2^-127).
  assert(rs.length === 64 && (parity === 0 || parity === 1), "a signature recovers by parity");
  const signature = new Uint8Array(signatureLength);
  signature.set(rs);
  signature[64] = parity;
  return signature;
}

const halfOrder = secp256k1.Point.Fn.toBytes(secp256k1.Point.Fn.ORDER >> 1n);

function isLowS(s: Uint8Array): boolean {
  const index = s.findIndex((byte, i) => byte !== halfOrder[i]);
  return index === -1 || (s[index] ?? 0) < (halfOrder[index] ?? 0);
}
