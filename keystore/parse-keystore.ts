import { type IKeystore, isValidKeystore } from "@chainsafe/bls-keystore";
import { CodedError } from "../base/index.ts";

/** Four times what the tools use: a file is not to take the machine down. */
const scryptBytesMax = 2 ** 30;
const pbkdf2IterationsMax = 2 ** 24;

/** A keystore of version 4 whose key can be derived within bounds; throws `KEYSTORE_INVALID` or
 * `KEYSTORE_VERSION_UNKNOWN`. */
export function parseKeystore(json: string): IKeystore {
  const value = parseJson(json);
  const version = versionOf(value);
  if (version !== undefined && version !== 4)
    throw new CodedError(
      "KEYSTORE_VERSION_UNKNOWN",
      "only keystores of version 4 (EIP-2335) can be opened: convert the file first",
      { details: { version } },
    );
  if (!isKeystore(value))
    throw new CodedError("KEYSTORE_INVALID", "the file is not a keystore of EIP-2335");
  if (!hasAffordableDerivation(value))
    throw new CodedError(
      "KEYSTORE_INVALID",
      "the keystore asks for more memory or time than any should: encrypt the key anew",
    );
  return value;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new CodedError("KEYSTORE_INVALID", "the file is not JSON", { cause });
  }
}

function versionOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !("version" in value)) return undefined;
  return typeof value.version === "number" ? value.version : undefined;
}

function isKeystore(value: unknown): value is IKeystore {
  return isValidKeystore(value);
}

function hasAffordableDerivation({ crypto: { kdf } }: IKeystore): boolean {
  // Half of the derived key encrypts and the other half authenticates.
  if (kdf.params.dklen !== 32) return false;
  if (kdf.function === "pbkdf2") return 1 <= kdf.params.c && kdf.params.c <= pbkdf2IterationsMax;
  const { n, r, p } = kdf.params;
  return (
    n > 1 && Number.isInteger(Math.log2(n)) && r > 0 && p > 0 && 128 * n * r * p <= scryptBytesMax
  );
}
