// Snapshots of the rollup's state, from which a node goes on without having executed what came before: one that it was given
// to begin with, and its own when it has to go back.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../../sdk/index.ts";
import {
  type Keccak,
  loadSnapshot,
  type RollupStore,
  snapshotsIn,
  type StoreOwner,
} from "../state/index.ts";
import type { Start } from "./executor.ts";

/** Of what a node keeps, the part with its own. */
export function snapshotFolder(folder: string): string {
  return join(folder, "snapshots");
}

/** What a node begins with that has no state yet; an empty store then has it as well. Throws `CodedError` BAD_SNAPSHOT. */
export async function startFrom(
  path: string,
  world: {
    readonly owner: StoreOwner;
    readonly keccak: Keccak;
    readonly store: RollupStore | undefined;
  },
): Promise<Start> {
  const { owner, keccak, store } = world;
  const { state, trees, position, withdrawals } = await loadSnapshot(path, owner, keccak);
  const outcome = { dirty: { accounts: [], orders: [], markets: [] }, withdrawals };
  await store?.commit({ state, outcome, root: trees.root, position });
  return { state, trees, progress: position };
}

/**
 * The newest of a node's own that lies before a height; undefined when there is none. Those that do not are removed: they
 * hold what was taken back.
 */
export async function snapshotBefore(
  folder: string,
  owner: StoreOwner,
  height: number,
): Promise<string | undefined> {
  for (const path of await snapshotsIn(snapshotFolder(folder))) {
    if (await liesBefore(path, owner, height)) return path;
    await rm(path);
  }
  return undefined;
}

async function liesBefore(path: string, owner: StoreOwner, height: number): Promise<boolean> {
  try {
    const { position } = await loadSnapshot(path, owner);
    return position.anchor.height < height;
  } catch (error) {
    if (error instanceof CodedError && error.code === "BAD_SNAPSHOT") return false;
    throw error;
  }
}
