// Moving a validator: the record of what its key signed leaves one data directory and enters another. Both stores are
// opened as a node opens them, so that none of this happens while one runs.

import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError, equalBytes, type Store } from "../base/index.ts";
import { type Genesis, genesisHash } from "../protocol/index.ts";
import type { NodeConfig } from "./config.ts";
import type { Promises } from "./promises.ts";
import { fromSafetyJson, toSafetyJson } from "./safety-json.ts";
import { exportPromises, importPromises, initSafety, type SafetyParts } from "./safety-store.ts";

/** What these commands need of the world. */
export interface SafetyPorts {
  readonly genesis: Genesis;
  readonly config: Pick<NodeConfig, "dataDirectory" | "keys">;
  /** For this chain, by this process alone. */
  openStore(path: string, genesisHash: Uint8Array): Promise<Store>;
  /** Of the validator's keystore: its public key, for which no password is needed. */
  publicKey(keyPath: string): Promise<Uint8Array>;
  /** Says beside the keystore that the key is in use on this chain. */
  leaveMark(keyPath: string, genesisHash: Uint8Array): Promise<boolean>;
}

/** Writes the file, which must not exist. Fails as the stores do, and with `FILE_EXISTS` and `FILE_UNWRITABLE`. */
export async function exportSafety(ports: SafetyPorts, out: string): Promise<Promises> {
  const hash = genesisHash(ports.genesis);
  const publicKey = await ports.publicKey(ports.config.keys.validator);
  const safety = await ports.openStore(join(ports.config.dataDirectory, "safety"), hash);
  try {
    const promises = await exportPromises(safety, publicKey);
    const file = toSafetyJson({ genesisHash: hash, publicKey, promises });
    await writeNew(out, `${JSON.stringify(file, undefined, 2)}\n`);
    return promises;
  } finally {
    await safety.close();
  }
}

/** Merges a file into the safety store, by maximum. Fails with `SAFETY_FILE_INVALID`, `WRONG_GENESIS` and `WRONG_KEY` when
 * it is none, or another chain's or key's; answers what the key is bound by now. */
export async function importSafety(ports: SafetyPorts, path: string): Promise<Promises> {
  const file = fromSafetyJson(await readJson(path));
  if (!equalBytes(file.genesisHash, genesisHash(ports.genesis)))
    throw new CodedError("WRONG_GENESIS", `${path} is about another chain than the genesis file`);
  if (!equalBytes(file.publicKey, await ports.publicKey(ports.config.keys.validator)))
    throw new CodedError("WRONG_KEY", `${path} is about another key than \`keys.validator\``);
  return withStores(ports, (parts) => importPromises(parts, file.promises));
}

/** For a key that has never signed on this chain, whatever the main store or a mark says. */
export function startSafety(ports: SafetyPorts): Promise<Promises> {
  return withStores(ports, initSafety);
}

async function withStores(
  ports: SafetyPorts,
  work: (parts: SafetyParts) => Promise<Promises>,
): Promise<Promises> {
  const { config, genesis } = ports;
  const hash = genesisHash(genesis);
  const publicKey = await ports.publicKey(config.keys.validator);
  const opened: Store[] = [];
  const openIn = async (folder: string): Promise<Store> => {
    const store = await ports.openStore(join(config.dataDirectory, folder), hash);
    opened.push(store);
    return store;
  };
  try {
    const safety = await openIn("safety");
    const main = await openIn("store");
    const promises = await work({ main, safety, publicKey });
    await ports.leaveMark(config.keys.validator, hash);
    return promises;
  } finally {
    for (const store of opened) await store.close();
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new CodedError("FILE_UNREADABLE", `${path} ${why}`, { cause });
  }
}

/** On disk when it returns: the machine it was made on may be thrown away next. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw isThere
      ? new CodedError("FILE_EXISTS", `${path} exists, and is not written over`)
      : new CodedError("FILE_UNWRITABLE", `cannot write ${path}`, { cause });
  }
}
