// The trees hash without waiting. The fast hasher has to be compiled first, so it is made once, at start-up, and passed in.

import { createKeccak } from "hash-wasm";
import { equalBytes, keccak256 } from "../../sdk/index.ts";

/** The Keccak-256 of some bytes, in 32 bytes of the caller's own. */
export type Keccak = (bytes: Uint8Array) => Uint8Array;

/** Compiled where the machine can do that, and `keccak256` where it cannot: they differ in speed alone. */
export async function fastKeccak(): Promise<Keccak> {
  try {
    const hasher = await createKeccak(256);
    const keccak: Keccak = (bytes) => hasher.init().update(bytes).digest("binary");
    // A root that only this machine has is worse than a slow one.
    return equalBytes(keccak(probe), keccak256(probe)) ? keccak : keccak256;
  } catch {
    return keccak256;
  }
}

/** More than a block of the hash. */
const probe = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
