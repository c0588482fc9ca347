// A snapshot as a file that others can be given: with whose it is, where to go on from it, and the root that it must have.

import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CodedError, concatBytes, decode, encode, equalBytes, keccak256 } from "../../sdk/index.ts";
import {
  encodeOwner,
  type Head,
  ownerBytes,
  readPosition,
  type StoreOwner,
  writePosition,
} from "./head.ts";
import type { Keccak } from "./keccak.ts";
import { decodeSnapshot } from "./snapshot-codec.ts";
import { StateTrees } from "./state-trees.ts";
import type { Stored } from "./store.ts";

const bodyBytesMax = 0xffff_ffff;
/** Of a folder, the newest so many are left. */
const filesKept = 2;
const suffix = ".snapshot";

/** Writes `<batch>.snapshot` in the folder, whole or not at all, and removes older ones; returns its path. */
export async function writeSnapshotFile(
  folder: string,
  owner: StoreOwner,
  { globals, root, position }: Pick<Head, "globals" | "root" | "position">,
  body: readonly Uint8Array[],
): Promise<string> {
  const bytes = concatBytes(
    encode(position, (writer) =>
      writePosition(writer.fixed(encodeOwner(owner), ownerBytes).fixed(root, 32), position),
    ),
    encode(
      body.reduce((sum, { length }) => sum + length, 0),
      (writer, length) => writer.u32(length),
    ),
    ...body,
  );
  // As many digits as a batch can have: by name is by age.
  const path = join(folder, `${globals.batch.toString().padStart(16, "0")}${suffix}`);
  try {
    await mkdir(folder, { recursive: true });
    const next = `${path}.next`;
    const file = await open(next, "w");
    try {
      await file.writeFile(bytes);
      // Before the rename: a name that survives a power cut must not lead to an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
    for (const old of (await snapshotsIn(folder)).slice(filesKept)) await rm(old);
  } catch (cause) {
    throw new CodedError("WRITE_FAILED", `cannot write a snapshot in ${folder}`, { cause });
  }
  return path;
}

/** The paths of those in the folder, the newest first; none if there is no folder. */
export async function snapshotsIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
    return names
      .sort()
      .reverse()
      .map((name) => join(folder, name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new CodedError("READ_FAILED", `cannot read the folder ${folder}`, { cause });
  }
}

/**
 * What an empty store takes as its first commit. Fails with BAD_SNAPSHOT when it cannot be read, is another rollup's, or has
 * another root than it says. Whether that root is the rollup's, its contract on L1 knows.
 */
export async function loadSnapshot(
  path: string,
  owner: StoreOwner,
  keccak: Keccak = keccak256,
): Promise<Stored> {
  const bad = (what: string, cause?: unknown): CodedError =>
    new CodedError("BAD_SNAPSHOT", `${path} ${what}`, { cause, details: { path } });
  let bytes: Uint8Array;
  try {
    // A copy: the slices of a `Buffer` are no copies, and what is read would hold on to the whole file.
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw bad("cannot be read", cause);
  }
  const file = decode(bytes, (reader) => ({
    owner: reader.fixed(ownerBytes),
    root: reader.fixed(32),
    position: readPosition(reader),
    body: reader.bytes(bodyBytesMax),
  }));
  const isOurs = file !== undefined && equalBytes(file.owner, encodeOwner(owner));
  if (!isOurs) throw bad("is no snapshot of this rollup");
  const snapshot = decodeSnapshot(file.body);
  if (snapshot === undefined) throw bad("holds no state");
  const { state, withdrawals } = snapshot;
  const trees = new StateTrees(owner.namespace, state, withdrawals, keccak);
  if (!equalBytes(trees.root, file.root)) throw bad("has another root than it says");
  return { state, withdrawals, trees, position: file.position };
}
