import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { snapshotBefore, snapshotFolder } from "../../../rollup/node/snapshots.ts";
import { RollupStore, RootReplay } from "../../../rollup/state/index.ts";
import { historyOf, owner, positionOf } from "../state/history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-snapshots-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Of batches 4 and 8, which stand at the heights 8 and 16. */
async function exportTwo(): Promise<void> {
  const { parameters, steps } = historyOf({ seed: 4, batches: 8 });
  const replay = new RootReplay(owner.namespace, parameters);
  const store = await RollupStore.open(join(folder, "state"), owner);
  for (const { batch } of steps) {
    const { outcome, root } = replay.apply(batch);
    const position = positionOf(batch.number);
    await store.commit({ state: replay.state, outcome, root, position });
    if (batch.number % 4 === 0) await store.exportSnapshot(snapshotFolder(folder));
  }
  await store.close();
}

async function left(): Promise<number[]> {
  return (await readdir(snapshotFolder(folder))).map((name) => Number.parseInt(name, 10));
}

test("a node goes back to its newest snapshot before a height, and later ones are gone", async () => {
  await exportTwo();
  expect(await snapshotBefore(folder, owner, 17)).toContain("8.snapshot");
  expect(await left()).toEqual([4, 8]);
  // The block itself is what is taken back.
  expect(await snapshotBefore(folder, owner, 16)).toContain("4.snapshot");
  expect(await left()).toEqual([4]);
  expect(await snapshotBefore(folder, owner, 8)).toBeUndefined();
  expect(await left()).toEqual([]);
});

test("what cannot be read, or is another rollup's, is no place to go back to", async () => {
  expect(await snapshotBefore(folder, owner, 99)).toBeUndefined();
  await exportTwo();
  const path = (await snapshotBefore(folder, owner, 99)) ?? "";
  await truncate(path, 500);
  expect(await snapshotBefore(folder, owner, 99)).toContain("4.snapshot");
  expect(await snapshotBefore(folder, { ...owner, namespace: 9 }, 99)).toBeUndefined();
});
