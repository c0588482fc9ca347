// The store on disk: one LevelDB. A record's key is the letter of its space and then its own bytes, so that a
// space is one contiguous, ordered range, and a batch over several spaces is still one atomic write.

import { ClassicLevel } from "classic-level";
import {
  CodedError,
  concatBytes,
  equalBytes,
  type Logger,
  type Store,
  toHex,
  utf8,
  type Write,
} from "../../base/index.ts";
import { spaces } from "../../protocol/index.ts";
import { spaceByte } from "./space.ts";
import { WriteQueue } from "./write-queue.ts";

/** Raised whenever records change their meaning; there is no migration between versions before 1.0. */
const schemaVersion = 2;

const schemaKey = utf8("schema");
const genesisKey = utf8("genesis");

type Database = ClassicLevel<Uint8Array, Uint8Array>;

/**
 * Opens the store in the folder `path`, which is made if need be. Fails with a `CodedError`: `LOCKED` when another
 * process has it open, `WRONG_GENESIS` and `WRONG_SCHEMA` when it is not this chain's or this version's, and
 * `OPEN_FAILED`. Later, `READ_FAILED` and `WRITE_FAILED` mean that the disk is not to be trusted: stop the node.
 */
export async function openStore(
  path: string,
  options: { readonly genesisHash: Uint8Array; readonly logger: Logger },
): Promise<Store> {
  const { genesisHash, logger } = options;
  const database: Database = new ClassicLevel(path, { keyEncoding: "view", valueEncoding: "view" });
  try {
    await database.open();
  } catch (cause) {
    throw openError(path, cause);
  }
  const store = toStore(database);
  try {
    await claim(store, path, genesisHash);
  } catch (error) {
    await database.close();
    throw error;
  }
  logger.info("store opened", { path, schema: schemaVersion });
  return store;
}

function toStore(database: Database): Store {
  const queue = new WriteQueue(async (batch, sync) => {
    const operations = batch.map(({ space, key, value }) =>
      value === undefined
        ? ({ type: "del", key: fullKey(space, key) } as const)
        : ({ type: "put", key: fullKey(space, key), value } as const),
    );
    try {
      await database.batch(operations, { sync });
    } catch (cause) {
      throw new CodedError("WRITE_FAILED", "the store cannot write: check the disk", { cause });
    }
  });
  return {
    async get(space, key) {
      const value = await reading(database.get(fullKey(space, key)));
      return value === undefined ? undefined : plain(value);
    },
    async range(space, { from, to, limit = Infinity, reverse = false } = {}) {
      const entries = database.iterator({
        gte: from === undefined ? firstKey(space) : fullKey(space, from),
        lt: to === undefined ? endKey(space) : fullKey(space, to),
        limit,
        reverse,
      });
      const found = await reading(entries.all());
      return found.map(([key, value]) => ({ key: plain(key).slice(1), value: plain(value) }));
    },
    async write(batch, { sync }) {
      await queue.write(batch, sync);
    },
    async close() {
      await queue.drained();
      await database.close();
    },
  };
}

/** Marks a new store as this chain's, and refuses one that belongs to another. */
async function claim(store: Store, path: string, genesisHash: Uint8Array): Promise<void> {
  const schema = await store.get(spaces.meta, schemaKey);
  const genesis = await store.get(spaces.meta, genesisKey);
  if (schema === undefined && genesis === undefined) {
    const meta: Write[] = [
      { space: spaces.meta, key: schemaKey, value: Uint8Array.of(schemaVersion) },
      { space: spaces.meta, key: genesisKey, value: genesisHash },
    ];
    await store.write(meta, { sync: true });
    return;
  }
  if (schema === undefined || !equalBytes(schema, Uint8Array.of(schemaVersion)))
    throw new CodedError(
      "WRONG_SCHEMA",
      `the store at ${path} was written by another version: use that version, or a new folder`,
      { details: { path, found: schema?.[0], expected: schemaVersion } },
    );
  if (genesis === undefined || !equalBytes(genesis, genesisHash))
    throw new CodedError(
      "WRONG_GENESIS",
      `the store at ${path} belongs to another chain: check the genesis file, or use a new folder`,
      {
        details: { path, found: toHex(genesis ?? new Uint8Array()), expected: toHex(genesisHash) },
      },
    );
}

function openError(path: string, cause: unknown): CodedError {
  const details = { path };
  if (isLocked(cause))
    return new CodedError("LOCKED", `the store at ${path} is in use: stop the other process`, {
      cause,
      details,
    });
  return new CodedError("OPEN_FAILED", `cannot open the store at ${path}: check folder and disk`, {
    cause,
    details,
  });
}

/** LevelDB's own code stands one cause further down. */
function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "LEVEL_LOCKED") || isLocked(error.cause);
}

/** The database hands out `Buffer`s, whose `slice` does not copy: what looks like bytes would be shared memory. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    throw new CodedError("READ_FAILED", "the store cannot read: check the disk", { cause });
  }
}

function fullKey(space: string, key: Uint8Array): Uint8Array {
  return concatBytes(firstKey(space), key);
}

function firstKey(space: string): Uint8Array {
  return Uint8Array.of(spaceByte(space));
}

/** The first key that is beyond the space. */
function endKey(space: string): Uint8Array {
  return Uint8Array.of(spaceByte(space) + 1);
}
