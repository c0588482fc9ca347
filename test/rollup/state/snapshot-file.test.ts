import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  Engine,
  type EngineBatch,
  type RollupParameters,
  type Withdrawal,
} from "../../../rollup/engine/index.ts";
import {
  encodeSnapshot,
  loadSnapshot,
  RollupStore,
  RootReplay,
} from "../../../rollup/state/index.ts";
import { toHex } from "../../../sdk/index.ts";
import { historyOf, owner, positionOf } from "./history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-snapshot-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** With a store behind it. */
async function startReplay(path: string, parameters: RollupParameters) {
  const store = await RollupStore.open(path, owner);
  const replay = new RootReplay(owner.namespace, parameters);
  const withdrawals: Withdrawal[] = [];
  const run = async (batch: EngineBatch): Promise<void> => {
    const { outcome, root } = replay.apply(batch);
    withdrawals.push(...outcome.withdrawals);
    const position = positionOf(batch.number);
    await store.commit({ state: replay.state, outcome, root, position });
  };
  return { store, replay, withdrawals, run };
}

test("a new store goes on from a snapshot with the roots of a node that was there from the beginning", async () => {
  const { parameters, steps } = historyOf({ seed: 5, batches: 60 });
  const first = await startReplay(join(folder, "first"), parameters);
  const snapshots = join(folder, "snapshots");
  const paths: string[] = [];
  for (const { batch } of steps) {
    await first.run(batch);
    if (batch.number % 15 !== 0 || batch.number > 45) continue;
    const path = await first.store.exportSnapshot(snapshots);
    paths.push(path ?? "");
    const { state } = first.replay;
    const body = encodeSnapshot({ state, withdrawals: first.withdrawals });
    expect(toHex(await readFile(path ?? ""))).toContain(toHex(body));
  }
  await first.store.close();
  // The older ones make room.
  expect((await readdir(snapshots)).map((name) => Number.parseInt(name, 10))).toEqual([30, 45]);

  const { state, trees, position, withdrawals: before } = await loadSnapshot(paths[2] ?? "", owner);
  expect(position).toEqual(positionOf(45));
  const store = await RollupStore.open(join(folder, "second"), owner);
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
  expect((await store.load())?.withdrawals).toEqual(first.withdrawals);
  await store.close();
});

test("a snapshot is of one moment, although batches are written while it is read", async () => {
  const { parameters, steps } = historyOf({ seed: 7, batches: 40 });
  const { store, run } = await startReplay(join(folder, "store"), parameters);
  expect(await store.exportSnapshot(folder)).toBeUndefined();
  for (const { batch } of steps.slice(0, 20)) await run(batch);
  const exported = store.exportSnapshot(folder);
  for (const { batch } of steps.slice(20)) await run(batch);
  const { state, trees } = await loadSnapshot((await exported) ?? "", owner);
  expect(state.globals.batch).toBe(20);
  expect(toHex(trees.root)).toBe(steps[19]?.root);
  await store.close();
});

test("what is no snapshot, another rollup's, or changed in any byte is refused", async () => {
  const { parameters, steps } = historyOf({ seed: 6, batches: 4 });
  const { store, run } = await startReplay(join(folder, "store"), parameters);
  for (const { batch } of steps) await run(batch);
  const path = (await store.exportSnapshot(folder)) ?? "";
  await store.close();
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
  expect(toHex((await loadSnapshot(path, owner)).trees.root)).toBe(steps[3]?.root);
});
