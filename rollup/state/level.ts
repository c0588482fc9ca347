// A LevelDB whose failures have codes, and which writes one batch at a time: two under way could overtake one another.

import { ClassicLevel } from "classic-level";
import { assert, CodedError } from "../../sdk/index.ts";

/** Without a value the record is deleted. */
export interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

type Database = ClassicLevel<Uint8Array, Uint8Array>;

export class Level {
  readonly #database: Database;
  #isWriting = false;
  #failure: CodedError | undefined;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** In the folder `path`, which is made if need be. Fails with LOCKED or OPEN_FAILED. */
  static async open(path: string): Promise<Level> {
    const options = { keyEncoding: "view", valueEncoding: "view" } as const;
    const database: Database = new ClassicLevel(path, options);
    try {
      await database.open();
    } catch (cause) {
      throw openError(path, cause);
    }
    return new Level(database);
  }

  /** As it is at this moment, for as long as the work takes; what is written meanwhile is not seen. */
  async frozen<T>(work: (records: Records) => Promise<T>): Promise<T> {
    const snapshot = this.#database.snapshot();
    try {
      return await work(new Records(this.#database, snapshot));
    } finally {
      await snapshot.close();
    }
  }
  /** All of it or nothing. After a failure nothing is written any more: what follows would build on what is missing. */
  async write(batch: readonly Write[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    assert(!this.#isWriting, "one batch is written at a time");
    this.#isWriting = true;
    const operations = batch.map(({ key, value }) =>
      value === undefined
        ? ({ type: "del", key } as const)
        : ({ type: "put", key, value } as const),
    );
    try {
      // Not synced: what a power cut takes are the last batches, and those are delivered again.
      await this.#database.batch(operations, { sync: false });
    } catch (cause) {
      const message = "the store cannot write: check the disk";
      this.#failure = new CodedError("WRITE_FAILED", message, { cause });
      throw this.#failure;
    } finally {
      this.#isWriting = false;
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

const entriesPerRead = 1_000;

/** What a database held at one moment. */
export class Records {
  readonly #database: Database;
  readonly #snapshot: ReturnType<Database["snapshot"]>;

  constructor(database: Database, snapshot: ReturnType<Database["snapshot"]>) {
    this.#database = database;
    this.#snapshot = snapshot;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const value = await reading(this.#database.get(key, { snapshot: this.#snapshot }));
    return value === undefined ? undefined : plain(value);
  }

  /** All whose keys begin with the byte, by key. */
  async *withPrefix(prefix: number): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    const iterator = this.#database.iterator({
      gte: Uint8Array.of(prefix),
      lt: Uint8Array.of(prefix + 1),
      snapshot: this.#snapshot,
    });
    try {
      for (;;) {
        const entries = await reading(iterator.nextv(entriesPerRead));
        if (entries.length === 0) return;
        for (const [key, value] of entries) yield [plain(key), plain(value)];
      }
    } finally {
      await iterator.close();
    }
  }
}

async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    throw new CodedError("READ_FAILED", "the store cannot read: check the disk", { cause });
  }
}

function openError(path: string, cause: unknown): CodedError {
  const details = { path };
  return isLocked(cause)
    ? new CodedError("LOCKED", `the store at ${path} is in use: stop the other process`, {
        cause,
        details,
      })
    : new CodedError("OPEN_FAILED", `cannot open the store at ${path}: check folder and disk`, {
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
