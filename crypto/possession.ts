// Proofs of possession: without them a validator could choose its key as X - Y and sign alone "with" the owner of Y.
// They have a domain of their own, so that no vote is ever a proof and no proof a vote.

import { signIn, verifyIn } from "./bls.ts";
import { decodeG1, decodeG2 } from "./points.ts";

const possessionDomain = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/** 96 bytes. The message names what the key is for: the public key itself, and whatever else the registry binds to it. */
export function provePossession(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return signIn(possessionDomain, secretKey, message);
}

/** About 35 ms: once per validator and registration. */
export function verifyPossession(
  publicKey: Uint8Array,
  message: Uint8Array,
  proof: Uint8Array,
): boolean {
  return verifyIn(possessionDomain, decodeG1(publicKey), message, decodeG2(proof));
}
