import { createRequire } from "node:module";
import secp256k1 from "secp256k1";
import {
  addressOfUncompressed,
  joinSenderSignature,
  type SenderSignatures,
  splitSenderSignature,
} from "../../crypto/index.ts";

/** False where the package found no compiled module for this platform and fell back to JavaScript, which is thirty times
 * slower and says nothing. */
export const isNative: boolean = hasBindings();

/** Bitcoin Core's library, about 65 microseconds to recover. */
export const nativeSenderSignatures: SenderSignatures = {
  recover(digest, signature) {
    const split = splitSenderSignature(digest, signature);
    if (split === undefined) return undefined;
    try {
      return addressOfUncompressed(secp256k1.ecdsaRecover(split.rs, split.parity, digest, false));
    } catch {
      return undefined;
    }
  },
  sign(secretKey, digest) {
    const { signature, recid } = secp256k1.ecdsaSign(digest, secretKey);
    return joinSenderSignature(signature, recid);
  },
};

function hasBindings(): boolean {
  try {
    createRequire(import.meta.url)("secp256k1/bindings.js");
    return true;
  } catch {
    return false;
  }
}
