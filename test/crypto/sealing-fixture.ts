// The committed vectors as bytes, and both back-ends: what every test of sealing starts from.

import { assert, fromHex } from "../../base/index.ts";
import {
  nobleSealingGroup,
  type SealingGroup,
  type SealingKey,
  sha256,
  toSealingKey,
} from "../../crypto/index.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import vectors from "../vectors/sealing.json" with { type: "json" };

export { vectors };

export const mclSealingGroup: SealingGroup = await createMclSealingGroup();

export const groups: readonly (readonly [string, SealingGroup])[] = [
  ["noble", nobleSealingGroup],
  ["mcl", mclSealingGroup],
];

export function bytes(hex: string): Uint8Array {
  const decoded = fromHex(hex);
  assert(decoded !== undefined, "a vector is hex");
  return decoded;
}

export const keySource: {
  readonly chainId: number;
  readonly keyId: number;
  readonly pk1: Uint8Array;
  readonly pk2: Uint8Array;
} = {
  chainId: vectors.chainId,
  keyId: vectors.keyId,
  pk1: bytes(vectors.pk1),
  pk2: bytes(vectors.pk2),
};

export const key: SealingKey = requireKey();
export const verificationKeys: readonly Uint8Array[] = vectors.verificationKeys.map(bytes);
export const keyShares: readonly Uint8Array[] = vectors.keyShares.map(bytes);

/** Pseudorandom bytes, the same in every run. */
export function randomness(length: number, seed = 0): Uint8Array {
  const stream = new Uint8Array(Math.ceil(length / 32) * 32);
  for (let at = 0; at < stream.length; at += 32)
    stream.set(sha256(Uint8Array.of(seed, at >> 13, (at >> 5) & 0xff)), at);
  return stream.subarray(0, length);
}

function requireKey(): SealingKey {
  const found = toSealingKey(mclSealingGroup, keySource);
  assert(found !== undefined, "the key of the vectors is valid");
  return found;
}
