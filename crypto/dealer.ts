import { assert, u64Bytes } from "../base/index.ts";
import { fromScalar, hashToScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";
import { domain } from "./sealing-key.ts";
import { evaluatePolynomial } from "./sharing.ts";

export interface DealtKey {
  readonly pk1: Uint8Array;
  readonly pk2: Uint8Array;
  /** By seat, from seat 1: `keyShare * g2`, 96 bytes, public. */
  readonly verificationKeys: readonly Uint8Array[];
  /** By seat, from seat 1: 32 bytes, secret. */
  readonly keyShares: readonly Uint8Array[];
}

/** The key of genesis, from one dealer who learns it: whoever holds the entropy can open everything sealed to it for as
 * long as the key is in use. For development and for a first epoch, until a ceremony among the validators replaces it.
 * Deterministic in the entropy, of which 32 secret random bytes are enough. */
export function dealKeyShares(
  group: SealingGroup,
  deal: { readonly seats: number; readonly threshold: number; readonly entropy: Uint8Array },
): DealtKey {
  const { seats, threshold, entropy } = deal;
  assert(entropy.length >= 32, "a key needs 32 bytes of entropy");
  assert(
    Number.isInteger(threshold) && Number.isInteger(seats) && 1 <= threshold && threshold <= seats,
    "a threshold is between one and the number of seats",
  );
  const coefficients = Array.from({ length: threshold }, (_, degree) =>
    hashToScalar(domain("deal"), u64Bytes(degree), entropy),
  );
  const secret = fromScalar(evaluatePolynomial(coefficients, 0n));
  const keyShares = Array.from({ length: seats }, (_, index) =>
    fromScalar(evaluatePolynomial(coefficients, BigInt(index + 1))),
  );
  return {
    pk1: group.multiplyG1(secret),
    pk2: group.multiplyG2(secret),
    verificationKeys: keyShares.map((keyShare) => group.multiplyG2(keyShare)),
    keyShares,
  };
}
