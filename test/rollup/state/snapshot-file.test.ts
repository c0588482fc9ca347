import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine, type Withdrawal } from "../../../rollup/engine/index.ts";
import {
  loadSnapshot,
  RollupStore,
  RootReplay,
  saveSnapshot,
} from "../../../rollup/state/index.ts";
import { toHex } from "../../../sdk/index.ts";
import { historyOf, owner, positionOf } from "./history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-snapshot-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a new store goes on from a snapshot with the roots of a node that was there from the beginning", async () => {
  const { parameters, steps } = historyOf({ seed: 5, batches: 60 });
  const replay = new RootReplay(owner.namespace, parameters);
  const withdrawals: Withdrawal[] = [];
  const snapshots = join(folder, "snapshots");
  const paths: string[] = [];
  for (const { batch } of steps) {
    withdrawals.push(...replay.apply(batch).outcome.withdrawals);
    if (batch.number % 15 !== 0 || batch.number > 45) continue;
    const { state, root } = replay;
    const position = positionOf(batch.number);
    paths.push(await saveSnapshot(snapshots, owner, { state, withdrawals, root, position }));
  }
  // The older ones make room.
  expect((await readdir(snapshots)).map((name) => Number.parseInt(name, 10))).toEqual([30, 45]);

  const { state, trees, position, withdrawals: before } = await loadSnapshot(paths[2] ?? "", owner);
  expect(position).toEqual(positionOf(45));
  const store = await RollupStore.open(join(folder, "store"), owner);
  const none = { accounts: [], orders: [], markets: [] };
  const outcome = { dirty: none, withdrawals: before };
  await store.commit({ state, outcome, root: trees.root, position });
  const stored = await store.load();
  if (stored === undefined) throw new Error("nothing was stored");
  const engine = new Engine(stored.state);
  for (const { batch, root } of steps.slice(45)) {
    const after = engine.apply(batch);
    stored.trees.apply(after);
    expect(toHex(stored.trees.root)).toBe(root);
    const place = positionOf(batch.number);
    const made = { state: stored.state, outcome: after, root: stored.trees.root, position: place };
    await store.commit(made);
  }
  expect((await store.load())?.withdrawals).toEqual(withdrawals);
  await store.close();
});

test("what is no snapshot, another rollup's, or changed in any byte is refused", async () => {
  const { parameters, steps } = historyOf({ seed: 6, batches: 4 });
  const replay = new RootReplay(owner.namespace, parameters);
  for (const { batch } of steps) replay.apply(batch);
  const { state, root } = replay;
  const position = positionOf(4);
  const path = await saveSnapshot(folder, owner, { state, withdrawals: [], root, position });
  const refused = { code: "BAD_SNAPSHOT" };
  await expect(loadSnapshot(join(folder, "none"), owner)).rejects.toMatchObject(refused);
  await expect(loadSnapshot(path, { ...owner, namespace: 8 })).rejects.toMatchObject(refused);
  const bytes = await readFile(path);
  // Behind the root and the place, which nothing in the file could vouch for.
  for (let at = bytes.length - 1; at > 800; at -= 97) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    await writeFile(path, changed);
    await expect(loadSnapshot(path, owner)).rejects.toMatchObject(refused);
  }
  await writeFile(path, bytes);
  expect((await loadSnapshot(path, owner)).trees.root).toEqual(root);
});
