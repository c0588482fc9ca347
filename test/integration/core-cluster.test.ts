import { expect, test, vi } from "vitest";
import { toHex, utf8 } from "../../base/index.ts";
import { transactionId } from "../../protocol/index.ts";
import { readOldest } from "../../sequencer/recovery.ts";
import { type ClusterNode, CoreCluster } from "./core-cluster.ts";

// Real cryptography takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const payloadsOf = (node: ClusterNode | undefined): string[] =>
  (node?.delivered ?? []).flatMap(({ batches }) =>
    batches.flatMap(({ namespace, transactions }) =>
      transactions.map(
        ({ payload }) =>
          `${namespace}: ${payload === undefined ? "void" : new TextDecoder().decode(payload)}`,
      ),
    ),
  );

test("sealed transactions are ordered, opened and certified alike by all, and no share leaves early", async () => {
  const cluster = await CoreCluster.create(4);
  expect(await cluster.until(() => heights(cluster) >= 12, 20_000)).toBe(true);
  const sent: string[] = [];
  for (let i = 0; i < 20; i++) {
    const transaction = await cluster.seal(i % 2, utf8(`order ${i}`), i);
    sent.push(toHex(transactionId(transaction)));
    cluster.step(i % 4, { type: "submit", now: cluster.now, ticket: i, transaction });
    await cluster.until(() => false, 20);
  }
  const all = (): boolean => cluster.nodes.every((node) => payloadsOf(node).length >= 20);
  expect(await cluster.until(all, 20_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(payloadsOf);
  expect([...(first ?? [])].sort()).toEqual(
    Array.from({ length: 20 }, (_, i) => `${i % 2}: order ${i}`).sort(),
  );
  for (const other of others) expect(other).toEqual(first);
  expect(
    await cluster.until(() => cluster.nodes.every(({ certified }) => certified.length > 0), 20_000),
  ).toBe(true);
  for (const { history, faults } of cluster.nodes) {
    expect(faults).toEqual([]);
    for (const [at, line] of history.entries())
      if (line.startsWith("share "))
        expect(history.slice(0, at)).toContain(line.replace("share", "final"));
    expect(history.some((line) => line.startsWith("share "))).toBe(true);
  }
});

test("ten validators open in slices, and one that was away for a while opens what it missed", async () => {
  const cluster = await CoreCluster.create(10);
  const away = 9;
  expect(await cluster.until(() => heights(cluster) >= 12, 20_000)).toBe(true);
  cluster.stop(away);
  const count = 24;
  for (let i = 0; i < count; i++) {
    const transaction = await cluster.seal(0, utf8(`order ${i}`), i);
    cluster.step(i % away, { type: "submit", now: cluster.now, ticket: i, transaction });
  }
  const present = cluster.nodes.filter(({ index }) => index !== away);
  const areOpen = (nodes: readonly ClusterNode[]): boolean =>
    nodes.every((node) => payloadsOf(node).length >= count);
  expect(await cluster.until(() => areOpen(present), 20_000)).toBe(true);
  await cluster.start(away);
  expect(await cluster.until(() => areOpen(cluster.nodes), 20_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(payloadsOf);
  for (const other of others) expect(other).toEqual(first);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
});

test("a node that was killed comes back from its disk, catches up and delivers everything once", async () => {
  const cluster = await CoreCluster.create(4);
  expect(await cluster.until(() => heights(cluster) >= 12, 20_000)).toBe(true);
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent++) {
      const transaction = await cluster.seal(0, utf8(`order ${sent}`), sent);
      const at = sent % 3;
      cluster.step(at, { type: "submit", now: cluster.now, ticket: sent, transaction });
      await cluster.until(() => false, 20);
    }
  };
  await send(10);
  await cluster.until(() => false, 500);
  cluster.stop(3);
  await send(10);
  await cluster.until(() => false, 3_000);
  await cluster.start(3);
  await send(5);
  const all = (): boolean => cluster.nodes.every((node) => new Set(payloadsOf(node)).size >= 25);
  expect(await cluster.until(all, 30_000)).toBe(true);
  const heightsOf = cluster.nodes[3]?.delivered.map(({ height }) => height) ?? [];
  // What was delivered again after the restart is what was not yet counted in a snapshot; its content is the same.
  const last = new Map(cluster.nodes[3]?.delivered.map((each) => [each.height, each]));
  const other = new Map(cluster.nodes[0]?.delivered.map((each) => [each.height, each]));
  expect(heightsOf.length).toBeGreaterThan(0);
  for (const [height, { batches }] of last) expect(batches).toEqual(other.get(height)?.batches);
});

test("all nodes at once come back from their snapshots, and go on where they were", async () => {
  const cluster = await CoreCluster.create(4);
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent++) {
      const transaction = await cluster.seal(sent % 2, utf8(`order ${sent}`), sent);
      cluster.step(sent % 4, { type: "submit", now: cluster.now, ticket: sent, transaction });
      await cluster.until(() => false, 50);
    }
  };
  expect(await cluster.until(() => heights(cluster) >= 12, 20_000)).toBe(true);
  await send(6);
  // Past the first snapshot, which is taken at height 64.
  expect(await cluster.until(() => heights(cluster) >= 68, 120_000)).toBe(true);
  await send(6);
  // Some of these are on their way, some final and some opened when the power fails.
  for (const { index } of cluster.nodes) cluster.stop(index);
  for (const { index } of cluster.nodes) await cluster.start(index);
  await send(6);
  const survivors = (node: ClusterNode): boolean =>
    new Set(payloadsOf(node)).size >= 18 && node.core?.progress.delivered === heights(cluster);
  expect(await cluster.until(() => cluster.nodes.every(survivors), 60_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(contentOf);
  for (const other of others) expect(other).toEqual(first);
  // One more checkpoint by all of them shows that their totals are still one.
  const certified = (): number[] => cluster.nodes.map((node) => node.certified.length);
  const before = certified();
  const isFurther = (): boolean => certified().every((count, i) => count > (before[i] ?? 0));
  expect(await cluster.until(isFurther, 60_000)).toBe(true);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
  for (const { core } of cluster.nodes) {
    const gauges = core?.gauges ?? [];
    expect(gauges.length).toBeGreaterThan(0);
    expect(new Set(gauges.map(({ name }) => name)).size).toBe(gauges.length);
    expect(gauges.filter(({ size, max }) => size > max)).toEqual([]);
  }
});

test("a validator whose disk is new begins from a state that the others name, and takes part again", async () => {
  const cluster = await CoreCluster.create(4, { behindMax: 64 });
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent++) {
      const transaction = await cluster.seal(sent % 2, utf8(`order ${sent}`), sent);
      cluster.step(1 + (sent % 2), { type: "submit", now: cluster.now, ticket: sent, transaction });
      await cluster.until(() => false, 50);
    }
  };
  expect(await cluster.until(() => heights(cluster) >= 12, 20_000)).toBe(true);
  await send(6);
  expect(await cluster.until(() => heights(cluster) >= 134, 200_000)).toBe(true);
  cluster.wipe(3);
  await cluster.start(3);
  const node = (): ClusterNode | undefined => cluster.nodes[3];
  const isSynced = (): boolean => node()?.history.some((line) => line === "synced 128") === true;
  expect(await cluster.until(isSynced, 20_000)).toBe(true);
  // Only with it is there a quorum now: it votes, and it opens what was sealed when it was away and since.
  cluster.stop(0);
  await send(6);
  const isThere = (): boolean => payloadsOf(node()).filter((line) => !isOld(line)).length >= 6;
  expect(await cluster.until(isThere, 60_000)).toBe(true);
  const { progress } = node()?.core ?? {};
  const store = node()?.store;
  if (store !== undefined) expect(await readOldest(store)).toBe(129);
  expect(progress?.syncing).toBeUndefined();
  const other = new Map(cluster.nodes[1]?.delivered.map((each) => [each.height, each.batches]));
  for (const { height, batches } of node()?.delivered.filter(({ height: at }) => at > 128) ?? [])
    expect(batches).toEqual(other.get(height));
  const certified = (index: number): number => cluster.nodes[index]?.certified.length ?? 0;
  const before = certified(3);
  expect(await cluster.until(() => certified(3) > before, 60_000)).toBe(true);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
});

const isOld = (line: string): boolean => Number(line.split(" ").at(-1)) < 6;

/** What was delivered, by height; after a restart a height may be delivered again, with the same content. */
function contentOf(node: ClusterNode): string[] {
  const byHeight = new Map<number, string>();
  for (const { height, batches } of node.delivered) {
    const content = batches
      .flatMap(({ transactions }) => transactions.map(({ id }) => toHex(id)))
      .join();
    expect(byHeight.get(height) ?? content).toBe(content);
    if (content !== "") byHeight.set(height, content);
  }
  return [...byHeight]
    .sort(([a], [b]) => a - b)
    .map(([height, content]) => `${height}: ${content}`);
}

function heights(cluster: CoreCluster): number {
  return Math.min(...cluster.nodes.map(({ core }) => core?.progress.delivered ?? 0));
}
