// Disks that forget: a whole committee prunes for as long as it runs, and whoever needs the past is served or told.

import { beforeAll, expect, test } from "vitest";
import { type Store, toHex, utf8 } from "../../base/index.ts";
import {
  decodeTransaction,
  Height,
  Namespace,
  spaces,
  transactionId,
} from "../../protocol/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { loadRecovery, readOldest } from "../../sequencer/recovery.ts";
import { CoreCluster } from "./core-cluster.ts";

const retention = 70;
const heights = 300;
/** Checkpoints come every 16 heights, and two snapshots are kept. */
const keptMax = Math.max(retention, 2 * 64 + 64) + 16;

let cluster: CoreCluster;
const ids: string[] = [];
const delivered = (index: number): number => cluster.nodes[index]?.core?.progress.delivered ?? 0;
const storeOf = (index: number): Store => {
  const store = cluster.nodes[index]?.store;
  if (store === undefined) throw new Error("every node has a store");
  return store;
};

beforeAll(async () => {
  cluster = await CoreCluster.create(4, { behindMax: 100 });
  cluster.retention = retention;
  await cluster.until(() => delivered(0) >= 12, 20_000);
  for (let sent = 0; delivered(0) < heights; sent++) {
    const transaction = await cluster.seal(sent % 2, utf8(`order ${sent}`), sent);
    ids.push(toHex(transactionId(transaction)));
    cluster.step(sent % 4, { type: "submit", now: cluster.now, ticket: sent, transaction });
    await cluster.until(() => false, 500);
  }
}, 120_000);

test("every node keeps what it has to, and little more", async () => {
  for (const { index } of cluster.nodes) {
    const oldest = await readOldest(storeOf(index));
    expect(oldest).toBeGreaterThan(delivered(index) - keptMax);
    expect(oldest).toBeLessThanOrEqual(delivered(index) - retention + 1);
    for (const space of [spaces.ordered, spaces.opening]) {
      const records = await storeOf(index).range(space);
      expect(records.length).toBeLessThanOrEqual(keptMax);
      expect(BigInt(`0x${toHex(records[0]?.key ?? new Uint8Array(1))}`)).toBe(BigInt(oldest));
    }
    const snapshots = await storeOf(index).range(spaces.snapshot);
    const chunks = await storeOf(index).range(spaces.snapshotChunk);
    expect([snapshots.length, chunks.length]).toEqual([2, 2]);
    // Abandoned blocks, and certificates of the views between, are found by going round.
    const blocks = await storeOf(index).range(spaces.block);
    expect(blocks.length).toBeLessThanOrEqual(2 * keptMax);
    const certificates = await storeOf(index).range(spaces.certificate);
    expect(certificates.length).toBeLessThanOrEqual(4 * keptMax);
  }
});

test("transactions of blocks that are gone are gone, and all others are here", async () => {
  const archive = new Archive(storeOf(0));
  const oldest = await readOldest(storeOf(0));
  const kept = new Set<string>();
  for (let height = oldest; height <= delivered(0); height++) {
    const block = await archive.final(Height(height));
    expect(block).toBeDefined();
    for (const id of block?.record.groups.flatMap((group) => group.ids) ?? []) {
      expect(await archive.transaction(id)).toBeDefined();
      kept.add(toHex(id));
    }
  }
  const stored = await storeOf(0).range(spaces.transaction);
  const ordered = stored.filter(({ value }) => decodeTransaction(value) !== undefined);
  const waiting = ids.slice(-4);
  for (const { key } of ordered) expect([...kept, ...waiting]).toContain(toHex(key));
  expect(kept.size).toBeLessThan(ids.length);
});

test("pages begin where the disk does", async () => {
  const archive = new Archive(storeOf(1));
  const oldest = await readOldest(storeOf(1));
  const page = await archive.page(Namespace(0), oldest, 8);
  expect(page?.blocks[0]?.header.height).toBe(oldest);
  expect(await archive.page(Namespace(0), Height(oldest - 1), 8)).toBeUndefined();
});

test("a node that pruned comes back from its disk, and one whose disk is new from the others' snapshot", async () => {
  const before = delivered(2);
  cluster.stop(2);
  const recovery = await loadRecovery(storeOf(2), cluster.genesis);
  expect(recovery.snapshot?.state.height).toBe(before - (before % 64));
  await cluster.start(2);
  cluster.wipe(3);
  await cluster.start(3);
  const goal = before + 80;
  const isThere = (): boolean => delivered(2) >= goal && delivered(3) >= goal;
  expect(await cluster.until(isThere, 120_000)).toBe(true);
  expect(await readOldest(storeOf(3))).toBeGreaterThan(256);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
}, 60_000);
