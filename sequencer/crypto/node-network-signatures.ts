import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { assert, BoundedMap } from "../../base/index.ts";
import { isValidNetworkKey, type NetworkSignatures } from "../../crypto/index.ts";

/** Importing a key costs as much as a third of a verification, and the peers are few. */
const publicKeysMax = 1024;
const secretKeysMax = 8;

const publicKeys = new BoundedMap<string, KeyObject>(publicKeysMax);
const secretKeys = new BoundedMap<string, KeyObject>(secretKeysMax);

/** What precedes the 32 bytes in the two standard containers (RFC 8410). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** OpenSSL by way of Node, about 110 microseconds to verify. Public keys are validated when first seen. */
export const nodeNetworkSignatures: NetworkSignatures = {
  publicKey(secretKey) {
    const spki = createPublicKey(toPrivateKey(secretKey)).export({ format: "der", type: "spki" });
    return new Uint8Array(spki.subarray(spkiPrefix.length));
  },
  sign(secretKey, message) {
    return new Uint8Array(sign(null, message, toPrivateKey(secretKey)));
  },
  verify(publicKey, message, signature) {
    const key = toPublicKey(publicKey);
    return key !== undefined && verify(null, message, key, signature);
  },
};

function toPublicKey(bytes: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(bytes).toString("latin1");
  const known = publicKeys.get(name);
  // OpenSSL takes keys that are not canonical, and those of small order, for which many messages verify.
  if (known !== undefined || !isValidNetworkKey(bytes)) return known;
  const der = Buffer.concat([spkiPrefix, bytes]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  publicKeys.set(name, key);
  return key;
}

function toPrivateKey(secretKey: Uint8Array): KeyObject {
  assert(secretKey.length === 32, "a secret key has 32 bytes");
  const name = Buffer.from(secretKey).toString("latin1");
  const known = secretKeys.get(name);
  if (known !== undefined) return known;
  const der = Buffer.concat([pkcs8Prefix, secretKey]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  secretKeys.set(name, key);
  return key;
}
