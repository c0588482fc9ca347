import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** Blocks and the trees over their contents. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = nobleSha256.create();
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

/** Only what a contract rebuilds: signed digests and checkpoint leaves. 32 bytes. */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = keccak_256.create();
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
