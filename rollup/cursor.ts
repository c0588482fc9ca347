// The file from which a follower resumes. It is replaced whole, so that a crash leaves the one before.

import { open, readFile, rename } from "node:fs/promises";
import { CodedError, hexJson, type JsonRecord, strictJson } from "../sdk/index.ts";

/** What a cursor belongs to: another network's or namespace's is refused. */
export interface CursorOwner {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly namespace: number;
}

const version = 1;

/** The state, or undefined when there is no such file. Throws `CodedError` BAD_CURSOR. */
export async function loadCursor(path: string, owner: CursorOwner): Promise<unknown> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const strict = strictJson("BAD_CURSOR");
  const cursor = strict.record(parse(text), path, ["version", "genesis", "namespace", "state"]);
  const belongs =
    cursor["version"] === version &&
    cursor["genesis"] === hexJson(owner.genesisHash) &&
    cursor["namespace"] === owner.namespace;
  if (!belongs) throw strict.wrong(path, "the cursor of this namespace on this network");
  return cursor["state"];
}

export async function saveCursor(
  path: string,
  owner: CursorOwner,
  state: JsonRecord,
): Promise<void> {
  const genesis = hexJson(owner.genesisHash);
  const text = JSON.stringify({ version, genesis, namespace: owner.namespace, state });
  const next = `${path}.next`;
  const file = await open(next, "w");
  try {
    await file.writeFile(text);
    // Before the rename: a name that survives a power cut must not lead to an empty file.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CodedError("BAD_CURSOR", `cannot read ${path}`, { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
