// The public key under which clients seal: one secret in both groups, so that anyone can check an opening by pairing.

import { concatBytes, utf8, Writer } from "../base/index.ts";
import { sha256 } from "./hash.ts";
import { fromScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";

/** Frozen: every hash of the scheme begins with it. */
const sealingTag = "CONCLAVE-SEAL-V1";

export interface SealingKey {
  readonly keyId: number;
  /** The secret times g1, 48 bytes. */
  readonly pk1: Uint8Array;
  /** The secret times g2, 96 bytes. */
  readonly pk2: Uint8Array;
  /** 32 bytes that bind a ciphertext to this chain and key. */
  readonly context: Uint8Array;
}

/** Undefined unless both are points other than the identity with the same secret: two pairings, once per key. */
export function toSealingKey(
  group: SealingGroup,
  source: {
    readonly chainId: number;
    readonly keyId: number;
    readonly pk1: Uint8Array;
    readonly pk2: Uint8Array;
  },
): SealingKey | undefined {
  const { chainId, keyId, pk1, pk2 } = source;
  if (!isUnsigned(chainId, Number.MAX_SAFE_INTEGER) || !isUnsigned(keyId, 0xffff_ffff))
    return undefined;
  if (!holdOneSecret(group, pk1, pk2)) return undefined;
  const numbers = new Writer().u64(chainId).u32(keyId).finish();
  const context = sha256(domain("key"), numbers, pk1, pk2);
  return { keyId, pk1, pk2, context };
}

/** Whether 48 bytes of G1 and 96 of G2 are points other than the identity with the same secret: two pairings. */
export function holdOneSecret(group: SealingGroup, inG1: Uint8Array, inG2: Uint8Array): boolean {
  const base = group.multiplyG1(fromScalar(1n));
  const claim = { factor: inG2, points: [base], multiples: [inG1], weights: [unitWeight] };
  return inG1.length === 48 && group.areMultiples(claim);
}

/** The first bytes of whatever this scheme hashes for the purpose. */
export function domain(
  purpose:
    | "key"
    | "r"
    | "k"
    | "kem"
    | "pok"
    | "deal"
    | "dkg/coefficient"
    | "dkg/ephemeral"
    | "dkg/box"
    | "dkg/recipients",
): Uint8Array {
  return utf8(`${sealingTag}/${purpose}`);
}

// One pair needs no weights against cancelling out.
const unitWeight = concatBytes(new Uint8Array(15), Uint8Array.of(1));

function isUnsigned(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && 0 <= value && value <= max;
}
