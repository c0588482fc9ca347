// Secret keys at rest, in the container of EIP-2335: the one that staking tools of Ethereum write and open. A validator's
// BLS key is an ordinary keystore, and may come from any such tool; a node's network key and its key share use the same
// container, and say in its description what they are.

import {
  create,
  decrypt,
  defaultPbkdfModule,
  defaultScryptModule,
  type IKeystore,
} from "@chainsafe/bls-keystore";
import { CodedError, equalBytes } from "../base/index.ts";
import { isSecretScalar, nobleBls, nobleNetworkSignatures } from "../crypto/index.ts";
import { describeKey, type KeyLabel, toKeyLabel } from "./key-label.ts";
import { parseKeystore } from "./parse-keystore.ts";

/** A secret of 32 bytes, and what it is for. */
export type SecretKey = ValidatorKey | NetworkKey | StoredKeyShare;

/** BLS: votes, certificates, checkpoints. */
export interface ValidatorKey {
  readonly type: "validator";
  readonly secret: Uint8Array;
}

/** Ed25519: messages between nodes. */
export interface NetworkKey {
  readonly type: "network";
  readonly secret: Uint8Array;
}

/** A seat's part of the committee's sealing key. */
export interface StoredKeyShare {
  readonly type: "keyShare";
  readonly keyId: number;
  /** From 1. */
  readonly seat: number;
  readonly secret: Uint8Array;
}

/** How the password becomes a key: scrypt takes a second of this thread and 256 MiB, pbkdf2 a fifth of a second. */
export type Derivation = "scrypt" | "pbkdf2";

/** The JSON of a keystore. */
export async function encryptKeystore(
  key: SecretKey,
  password: string,
  derivation: Derivation = "scrypt",
): Promise<string> {
  const label = labelOf(key);
  const { pubkey, ...keystore } = await create(
    password,
    key.secret,
    label.type === "validator" ? label.publicKey : new Uint8Array(),
    // No path: the key was drawn at random and not derived from another.
    "",
    describeKey(label),
    derivation === "scrypt" ? defaultScryptModule() : defaultPbkdfModule(),
  );
  // The container knows the public keys of BLS only, and may go without.
  return `${JSON.stringify(pubkey === "" ? keystore : { ...keystore, pubkey }, undefined, 2)}\n`;
}

/** What a keystore holds, without its password. Throws as `decryptKeystore` does. */
export function readKeyLabel(json: string): KeyLabel {
  return toKeyLabel(parseKeystore(json));
}

/** Throws `KEYSTORE_INVALID` for what is no keystore or asks for more memory or time than any should,
 * `KEYSTORE_VERSION_UNKNOWN`, `KEYSTORE_PASSWORD_WRONG`, and `KEYSTORE_MISMATCH` when the secret is none of its kind,
 * or does not belong to the public key beside it. */
export async function decryptKeystore(json: string, password: string): Promise<SecretKey> {
  const keystore = parseKeystore(json);
  const label = toKeyLabel(keystore);
  const secret = await decryptSecret(keystore, password);
  if (belongsTo(secret, label))
    return label.type === "keyShare" ? { ...label, secret } : { type: label.type, secret };
  throw new CodedError(
    "KEYSTORE_MISMATCH",
    "the secret in the keystore does not belong to its public key: restore the file from a backup",
  );
}

function belongsTo(secret: Uint8Array, label: KeyLabel): boolean {
  const isUsable = label.type === "network" ? secret.length === 32 : isSecretScalar(secret);
  if (!isUsable || label.type === "keyShare") return isUsable;
  return equalBytes(publicKeyOf(label.type, secret), label.publicKey);
}

function labelOf(key: SecretKey): KeyLabel {
  if (key.type === "keyShare") return { type: key.type, keyId: key.keyId, seat: key.seat };
  return { type: key.type, publicKey: publicKeyOf(key.type, key.secret) };
}

function publicKeyOf(type: "validator" | "network", secret: Uint8Array): Uint8Array {
  return type === "validator"
    ? nobleBls.publicKey(secret)
    : nobleNetworkSignatures.publicKey(secret);
}

async function decryptSecret(keystore: IKeystore, password: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await decrypt(keystore, password));
  } catch (cause) {
    if (cause instanceof Error && cause.message === "Invalid password")
      throw new CodedError(
        "KEYSTORE_PASSWORD_WRONG",
        "the password does not open the keystore: check which of your passwords belongs to it",
      );
    throw new CodedError("KEYSTORE_INVALID", "the keystore's encryption cannot be read", { cause });
  }
}
