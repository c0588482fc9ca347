// The key under which a seat is dealt its shares: X25519, fresh for each epoch, and erased when the epoch is over. The
// dealings stay on the log for ever, so whoever got hold of a lasting key later would have all shares of the past.

import { x25519 } from "@noble/curves/ed25519.js";

/** The public half of 32 secret random bytes. */
export function epochPublicKey(secret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secret);
}

/** Whether it can be dealt to: not one of the few points with which every secret agrees on zeros. */
export function isValidEpochKey(publicKey: Uint8Array): boolean {
  return agreedSecret(anySecret, publicKey) !== undefined;
}

/** What both halves of two keys come to, 32 bytes; undefined for a public key that is none. */
export function agreedSecret(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== 32) return undefined;
  // The library answers such a point by throwing; here it is an ordinary answer.
  try {
    return x25519.getSharedSecret(secret, publicKey);
  } catch {
    return undefined;
  }
}

const anySecret = new Uint8Array(32).fill(1);
