import { addressOf, nobleSenderSignatures, type SenderSignatures } from "../crypto/index.ts";

/** Whoever can sign for an address: a key at hand, or a wallet that asks its user. */
export interface Signer {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** `r || s || v` over a 32-byte digest, 65 bytes, s in the lower half and v 0 or 1. */
  sign(digest: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Signs with a secp256k1 key of 32 bytes. */
export function keySigner(
  secretKey: Uint8Array,
  signatures: SenderSignatures = nobleSenderSignatures,
): Signer {
  return {
    address: addressOf(secretKey),
    sign: (digest) => signatures.sign(secretKey, digest),
  };
}
