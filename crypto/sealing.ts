// Sealing, version 1: hashed ElGamal on BLS12-381 to the committee's key, with a Schnorr proof that the sender knows
// its own randomness. The proof makes chosen-ciphertext attacks pointless and binds the clear envelope (`aad`).
//
//   0x01 || u32 keyId || U (48) || e (32) || s (32) || body (message + 16)
//
// Here U = r*g1, the opening is K = sk*U = r*pk1, and whoever knows K can derive the key of the body.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { assert, concatBytes, equalBytes, Writer } from "../base/index.ts";
import { sha256 } from "./hash.ts";
import { Fr, fromScalar, hashToScalar, toScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";
import { domain, type SealingKey } from "./sealing-key.ts";

/** How much longer a ciphertext is than its message. */
export const sealOverheadBytes = 133;

const version = 1;
const keyIdAt = 1;
const pointAt = 5;
const challengeAt = pointAt + 48;
const responseAt = challengeAt + 32;
const bodyAt = responseAt + 32;

/** Encrypts. The caller pads the message to its size class first, and draws 32 random bytes for each ciphertext. */
export function seal(
  group: SealingGroup,
  key: SealingKey,
  plain: { readonly message: Uint8Array; readonly aad: Uint8Array; readonly seed: Uint8Array },
): Uint8Array {
  const { message, aad, seed } = plain;
  assert(seed.length === 32, "a seed has 32 bytes");
  // Hashed together with what is sealed, so that even a broken generator never repeats r for another message.
  const hedge = concatBytes(seed, key.context, sha256(aad), sha256(message));
  const r = hashToScalar(domain("r"), hedge);
  const k = hashToScalar(domain("k"), hedge);
  const { point, commitment, opening } = group.sealingPoints({
    secret: fromScalar(r),
    nonce: fromScalar(k),
    key: key.pk1,
  });
  const body = cipher(key, point, opening, aad).encrypt(message);
  const e = proofChallenge(key, { point, commitment, aad, body });
  const s = Fr.add(k, Fr.mul(e, r));
  const header = new Writer().u8(version).u32(key.keyId).finish();
  return concatBytes(header, point, fromScalar(e), fromScalar(s), body);
}

/** Which key it claims to be for; undefined when it is no ciphertext of this version. Says nothing about its validity. */
export function sealedKeyId(ciphertext: Uint8Array): number | undefined {
  if (ciphertext.length < sealOverheadBytes || ciphertext[0] !== version) return undefined;
  return new DataView(ciphertext.buffer, ciphertext.byteOffset).getUint32(keyIdAt);
}

/** U, 48 bytes: what decryption shares are made of. Only for a ciphertext that is valid. */
export function ephemeralPoint(ciphertext: Uint8Array): Uint8Array {
  assert(ciphertext.length >= sealOverheadBytes, "a ciphertext has a point");
  return ciphertext.slice(pointAt, challengeAt);
}

/** U under the id of its key, 52 bytes: names what is to be opened where there are two keys. */
export function keyedPoint(ciphertext: Uint8Array): Uint8Array {
  assert(ciphertext.length >= sealOverheadBytes, "a ciphertext has a point");
  return ciphertext.slice(keyIdAt, challengeAt);
}

/** The parts of what `keyedPoint` made. */
export function fromKeyedPoint(keyed: Uint8Array): {
  readonly keyId: number;
  /** 48 bytes. */
  readonly point: Uint8Array;
} {
  const keyId = new DataView(keyed.buffer, keyed.byteOffset).getUint32(0);
  return { keyId, point: keyed.slice(pointAt - keyIdAt) };
}

/** A pure function of bytes, to be remembered by the ciphertext's hash; about 0.5 ms natively. No ciphertext may be
 * ordered or opened before it: the check that U is in the subgroup is what protects the committee's secrets. */
export function isValidSeal(
  group: SealingGroup,
  key: SealingKey,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): boolean {
  if (sealedKeyId(ciphertext) !== key.keyId) return false;
  const point = ephemeralPoint(ciphertext);
  const challenge = ciphertext.subarray(challengeAt, responseAt);
  const response = ciphertext.subarray(responseAt, bodyAt);
  if (toScalar(challenge) === undefined || toScalar(response) === undefined) return false;
  const commitment = group.proofCommitment({ point, challenge, response });
  if (commitment === undefined) return false;
  const e = proofChallenge(key, { point, commitment, aad, body: ciphertext.subarray(bodyAt) });
  return equalBytes(challenge, fromScalar(e));
}

/** The message; undefined when it was not encrypted to this opening, which makes the transaction void. An opening that
 * was verified is unique, so every node comes to the same answer. */
export function unseal(
  key: SealingKey,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  opening: Uint8Array,
): Uint8Array | undefined {
  if (sealedKeyId(ciphertext) !== key.keyId) return undefined;
  try {
    return cipher(key, ephemeralPoint(ciphertext), opening, aad).decrypt(
      ciphertext.subarray(bodyAt),
    );
  } catch {
    return undefined;
  }
}

/** The nonce may be constant because the key is used once. */
function cipher(
  key: SealingKey,
  point: Uint8Array,
  opening: Uint8Array,
  aad: Uint8Array,
): ReturnType<typeof chacha20poly1305> {
  const info = concatBytes(key.context, point);
  const bodyKey = hkdf(nobleSha256, opening, domain("kem"), info, 32);
  return chacha20poly1305(bodyKey, new Uint8Array(12), aad);
}

function proofChallenge(
  key: SealingKey,
  proof: {
    readonly point: Uint8Array;
    readonly commitment: Uint8Array;
    readonly aad: Uint8Array;
    readonly body: Uint8Array;
  },
): bigint {
  const { point, commitment, aad, body } = proof;
  return hashToScalar(domain("pok"), key.context, point, commitment, sha256(aad), sha256(body));
}
