import {
  aggregateSerializedSignatures,
  fastAggregateVerify,
  PublicKey,
  SecretKey,
  Signature,
  verify,
} from "@chainsafe/blst";
import { assert, BoundedMap } from "../../base/index.ts";
import type { Bls } from "../../crypto/index.ts";

/** Committees of several epochs, and their candidates. */
const publicKeysMax = 4096;

// The library checks nothing by itself: neither that a point is in the subgroup, nor the class of what it is given.
const validatedKeys = new BoundedMap<string, PublicKey>(publicKeysMax);

/** Compiled, about 1.1 ms to verify whatever the number of signers. Public keys are validated when first seen and then
 * remembered. Synchronous: a call keeps its thread. */
export const blstBls: Bls = {
  publicKey(secretKey) {
    return toSecretKey(secretKey).toPublicKey().toBytes();
  },
  sign(secretKey, message) {
    return toSecretKey(secretKey).sign(message).toBytes();
  },
  verify(publicKey, message, signature) {
    const key = toPublicKey(publicKey);
    const point = toSignature(signature);
    return key !== undefined && point !== undefined && verify(message, key, point);
  },
  aggregateSignatures(signatures) {
    if (signatures.length === 0 || !signatures.every(isCompressedPoint)) return undefined;
    return attempt(() => {
      // To ask it of each would take two thirds of a certificate's time in a committee of 64.
      const sum = aggregateSerializedSignatures([...signatures], false);
      sum.sigValidate(true);
      return sum.toBytes();
    });
  },
  verifyAggregate(publicKeys, message, signature) {
    const keys = publicKeys.map(toPublicKey).filter((key) => key !== undefined);
    const point = toSignature(signature);
    if (keys.length === 0 || keys.length < publicKeys.length || point === undefined) return false;
    return fastAggregateVerify(message, keys, point);
  },
  isValidPublicKey(publicKey) {
    return toPublicKey(publicKey) !== undefined;
  },
};

function toSecretKey(bytes: Uint8Array): SecretKey {
  const secretKey = attempt(() => SecretKey.fromBytes(bytes));
  assert(secretKey !== undefined, "a secret is a scalar other than zero");
  return secretKey;
}

function toPublicKey(bytes: Uint8Array): PublicKey | undefined {
  if (bytes.length !== 48) return undefined;
  const name = Buffer.from(bytes).toString("latin1");
  const known = validatedKeys.get(name);
  if (known !== undefined) return known;
  const key = attempt(() => PublicKey.fromBytes(bytes, true));
  if (key !== undefined) validatedKeys.set(name, key);
  return key;
}

function toSignature(bytes: Uint8Array): Signature | undefined {
  return isCompressedSignature(bytes) ? attempt(() => Signature.fromBytes(bytes, true)) : undefined;
}

/** The library also reads the uncompressed form, which does not travel here. */
function isCompressedSignature(bytes: Uint8Array): boolean {
  return bytes.length === 96;
}

/** One that is not the identity, which has a flag of its own. */
function isCompressedPoint(bytes: Uint8Array): boolean {
  return isCompressedSignature(bytes) && ((bytes[0] ?? 0) & 0x40) === 0;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
