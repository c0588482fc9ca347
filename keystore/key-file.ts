// Keystores as files: written whole or not at all, readable by their owner alone, and never written over, because what
// they hold may exist nowhere else.

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { CodedError } from "../base/index.ts";
import { writeOnce } from "./durable-file.ts";
import { decryptKeystore, type Derivation, encryptKeystore, type SecretKey } from "./keystore.ts";
import { type PasswordSource, readPassword } from "./password.ts";
import { readSmallFile } from "./small-file.ts";

/** Real ones have less than one. */
const keystoreBytesMax = 65_536;

/** Throws what `decryptKeystore` and `readPassword` throw, `KEYSTORE_READ_FAILED`, and `KEYSTORE_TYPE_WRONG` when the file
 * holds another kind of key than asked for. */
export async function openKeyFile<Type extends SecretKey["type"]>(
  path: string,
  type: Type,
  password: PasswordSource,
): Promise<Extract<SecretKey, { readonly type: Type }>> {
  const key = await decryptKeystore(await readKeyFile(path), await readPassword(password));
  if (isOfType(key, type)) return key;
  throw new CodedError(
    "KEYSTORE_TYPE_WRONG",
    `${path} holds a ${key.type} key where a ${type} key is needed: check which file is which`,
    { details: { path, type: key.type } },
  );
}

/** Throws `KEYSTORE_EXISTS` when something stands at the path, and `KEYSTORE_WRITE_FAILED`. */
export async function writeKeyFile(
  path: string,
  key: SecretKey,
  password: PasswordSource,
  derivation?: Derivation,
): Promise<void> {
  const json = await encryptKeystore(key, await readPassword(password), derivation);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeOnce(path, json);
  } catch (cause) {
    if (isTaken(cause))
      throw new CodedError(
        "KEYSTORE_EXISTS",
        `${path} exists, and a key is never written over: move it away or choose another path`,
        { details: { path } },
      );
    throw new CodedError("KEYSTORE_WRITE_FAILED", `cannot write the keystore ${path}`, {
      cause,
      details: { path },
    });
  }
}

/** The JSON of a keystore file; throws `KEYSTORE_READ_FAILED`. */
export async function readKeyFile(path: string): Promise<string> {
  try {
    return await readSmallFile(path, keystoreBytesMax);
  } catch (cause) {
    throw new CodedError("KEYSTORE_READ_FAILED", `cannot read the keystore ${path}`, {
      cause,
      details: { path },
    });
  }
}

function isOfType<Type extends SecretKey["type"]>(
  key: SecretKey,
  type: Type,
): key is Extract<SecretKey, { readonly type: Type }> {
  return key.type === type;
}

/** The last step found something at the path. */
function isTaken(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return false;
  return error.code === "EEXIST" && error.syscall === "link";
}
