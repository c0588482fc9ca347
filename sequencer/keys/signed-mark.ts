// A mark beside a validator's keystore: on which chains the key has been in use. Whoever loses or empties a data directory
// mostly keeps the key, and a key without the record of what it signed would sign again.

import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { CodedError, toHex } from "../../base/index.ts";
import { readSmallFile, syncFolder } from "../../keystore/index.ts";

/** One line for each chain. */
const markBytesMax = 65_536;

/** Fails with `MARK_UNREADABLE` when there is something that cannot be read: it may say yes. */
export async function hasSignedMark(keyPath: string, genesisHash: Uint8Array): Promise<boolean> {
  const path = markPath(keyPath);
  try {
    const lines = (await readSmallFile(path, markBytesMax)).split("\n");
    return lines.includes(toHex(genesisHash));
  } catch (cause) {
    if (isNotThere(cause)) return false;
    throw new CodedError("MARK_UNREADABLE", `cannot read ${path}: check its permissions`, {
      cause,
    });
  }
}

/** On disk when it returns. False when the folder of the key takes no file, as one that is mounted read-only. */
export async function leaveSignedMark(keyPath: string, genesisHash: Uint8Array): Promise<boolean> {
  const path = markPath(keyPath);
  try {
    const file = await open(path, "a", 0o600);
    try {
      await file.write(`${toHex(genesisHash)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path));
    return true;
  } catch {
    return false;
  }
}

function markPath(keyPath: string): string {
  return `${keyPath}.signed`;
}

function isNotThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
