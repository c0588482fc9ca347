// The library that recovers signers: Bitcoin Core's, compiled, where the package has it; else the SDK's plain JavaScript. Both
// take the same signatures, canonical ones alone, and the plain one is the judge.

import { createRequire } from "node:module";
import secp256k1 from "secp256k1";
import { keccak256, nobleSenderSignatures, type SenderSignatures } from "../../sdk/index.ts";

export interface SignatureBackend extends Pick<SenderSignatures, "recover"> {
  /** Without it a signature costs about 25 times as much. */
  readonly isNative: boolean;
}

/** The fastest that this machine has. */
export function signatureBackend(): SignatureBackend {
  return hasBindings() ? nativeBackend : plainBackend;
}

const plainBackend: SignatureBackend = {
  isNative: false,
  recover: (digest, signature) => nobleSenderSignatures.recover(digest, signature),
};

const nativeBackend: SignatureBackend = {
  isNative: true,
  recover(digest, signature) {
    if (!isCanonical(signature)) return undefined;
    try {
      const rs = signature.subarray(0, 64);
      const publicKey = secp256k1.ecdsaRecover(rs, signature[64] ?? 0, digest, false);
      return keccak256(publicKey.subarray(1)).subarray(12);
    } catch {
      return undefined;
    }
  },
};

/** One spelling for each: s in the lower half of the group's order, and v the parity itself. */
function isCanonical(signature: Uint8Array): boolean {
  const parity = signature[64];
  if (signature.length !== 65 || (parity !== 0 && parity !== 1)) return false;
  for (const [i, most] of halfOrder.entries()) {
    const byte = signature[32 + i] ?? 0;
    if (byte !== most) return byte < most;
  }
  return true;
}

const halfOrder = Uint8Array.from(
  Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex"),
);

/** Where there are none the package falls back to slow JavaScript, and says nothing. */
function hasBindings(): boolean {
  try {
    createRequire(import.meta.url)("secp256k1/bindings.js");
    return true;
  } catch {
    return false;
  }
}
