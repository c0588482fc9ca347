// Committees that make their own key, and hand it on: cores that say over the chain what the rounds need, with real
// cryptography and the true rounds.

import { expect, test, vi } from "vitest";
import { assert, toHex, utf8 } from "../../base/index.ts";
import { isMember } from "../../protocol/index.ts";
import { type ClusterNode, CoreCluster } from "./core-cluster.ts";

// Real cryptography takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const second = 1_000_000;

test("a committee without a key makes one over the chain, and seals from its second epoch on", async () => {
  const cluster = await CoreCluster.create(4, { isKeyless: true, dkgWindow: 8 });
  cluster.prepare(1, [0, 1, 2, 3]);
  expect(await cluster.until(() => areIn(cluster, 1, [0, 1, 2, 3]), 60_000)).toBe(true);
  const [first] = cluster.nodes;
  expect(first?.epoch.committee.sealing?.keyId).toBe(1);
  await submit(cluster, 0, "sealed to our own key");
  expect(await cluster.until(() => haveAll(cluster, ["sealed to our own key"]), 10_000)).toBe(true);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
});

test("the key is handed on to other members, and opens for them what was sealed before they sat", async () => {
  const options = { isKeyless: true, dkgWindow: 8, spare: 1, epochTime: 3 * second };
  const cluster = await CoreCluster.create(4, options);
  cluster.prepare(1, [0, 1, 2, 3]);
  expect(await cluster.until(() => areIn(cluster, 1, [0, 1, 2, 3]), 60_000)).toBe(true);
  const before = cluster.nodes[0]?.epoch.committee;
  const early = await cluster.seal(0, utf8("sealed in the first epoch"), 1_000);
  cluster.prepare(2, [4, 0, 1, 2]);
  expect(await cluster.until(() => areIn(cluster, 2, [4, 0, 1, 2]), 60_000)).toBe(true);
  const after = cluster.nodes[4]?.epoch.committee;
  expect(toHex(after?.sealing?.pk2 ?? new Uint8Array())).toBe(
    toHex(before?.sealing?.pk2 ?? new Uint8Array(1)),
  );
  expect(toHex(after?.members[1]?.verificationKey ?? new Uint8Array())).not.toBe(
    toHex(before?.members[0]?.verificationKey ?? new Uint8Array()),
  );
  cluster.step(4, { type: "submit", now: cluster.now, ticket: 1_000, transaction: early });
  await submit(cluster, 1, "sealed in the second");
  const texts = ["sealed in the first epoch", "sealed in the second"];
  expect(await cluster.until(() => haveAll(cluster, texts), 10_000)).toBe(true);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
});

test("a new key takes the place of the old one, under an overlap in which both are opened", async () => {
  const options = { isKeyless: true, dkgWindow: 8, epochTime: 3 * second };
  const cluster = await CoreCluster.create(4, { ...options, keyEpochs: 2, keyOverlap: 40 });
  const everyone = [0, 1, 2, 3];
  cluster.prepare(1, everyone);
  expect(await cluster.until(() => areIn(cluster, 1, everyone), 60_000)).toBe(true);
  const old = cluster.nodes[0]?.epoch.committee;
  const sealed = ["before", "within", "after"].map((when, i) =>
    cluster.seal(0, utf8(`sealed to the old key, given ${when}`), 1_000 + i),
  );
  const [before, within, after] = await Promise.all(sealed);
  assert(before !== undefined && within !== undefined && after !== undefined, "there are three");
  cluster.prepare(2, everyone);
  cluster.step(0, { type: "submit", now: cluster.now, ticket: 1_000, transaction: before });
  expect(await cluster.until(() => areIn(cluster, 2, everyone), 60_000)).toBe(true);
  const { sealing, retiring } = cluster.nodes[0]?.epoch.committee ?? {};
  expect([sealing?.keyId, retiring?.keyId]).toEqual([2, 1]);
  expect(retiring?.pk2).toEqual(old?.sealing?.pk2);
  expect(sealing?.pk2).not.toEqual(old?.sealing?.pk2);
  const until = retiring?.until ?? 0;

  // In one go, so that both keys meet in a block.
  cluster.step(1, { type: "submit", now: cluster.now, ticket: 1_001, transaction: within });
  await submit(cluster, 1, "sealed to the new key");
  const texts = [
    "sealed to the old key, given before",
    "sealed to the old key, given within",
    "sealed to the new key",
  ];
  expect(await cluster.until(() => haveAll(cluster, texts), 10_000)).toBe(true);
  expect(heightOf(cluster, 0)).toBeLessThan(until);
  for (const { ring } of cluster.nodes)
    expect([...ring.shares.keys()].filter((name) => name.startsWith("2 ")).sort()).toEqual([
      "2 1",
      "2 2",
    ]);

  expect(await cluster.until(() => deliveredOf(cluster) > until, 60_000)).toBe(true);
  cluster.step(2, { type: "submit", now: cluster.now, ticket: 1_002, transaction: after });
  await cluster.until(() => cluster.nodes[2]?.answers.has(1_002) === true, 2_000);
  expect(cluster.nodes[2]?.answers.get(1_002)).toEqual({ code: "KEY_RETIRED" });
  await submit(cluster, 2, "sealed to the new key, later");
  expect(
    await cluster.until(() => haveAll(cluster, ["sealed to the new key, later"]), 10_000),
  ).toBe(true);
  for (const { ring, faults, history } of cluster.nodes) {
    expect([...ring.shares.keys()].filter((name) => name.endsWith(" 1"))).toEqual([]);
    // What the shares have opened is on disk by the time that they go.
    expect(history[history.indexOf("retired 1") - 1]).toBe("sync");
    expect(faults).toEqual([]);
  }
});

test("a member that is down, and one that restarts in every window, do not keep the others from a key", async () => {
  const cluster = await CoreCluster.create(4, { isKeyless: true, dkgWindow: 8 });
  cluster.prepare(1, [0, 1, 2, 3]);
  expect(await cluster.until(() => heightOf(cluster, 0) >= 2, 20_000)).toBe(true);
  cluster.stop(3);
  for (let restart = 0; restart < 5; restart++) {
    const height = heightOf(cluster, 0);
    await cluster.until(() => heightOf(cluster, 0) >= height + 7, 20_000);
    if (epochOf(cluster.nodes[0]) === 1) break;
    cluster.stop(2);
    await cluster.start(2);
  }
  expect(await cluster.until(() => areIn(cluster, 1, [0, 1, 2]), 120_000)).toBe(true);
  await cluster.start(3);
  expect(await cluster.until(() => areIn(cluster, 1, [0, 1, 2, 3]), 60_000)).toBe(true);
  await submit(cluster, 3, "from who was away");
  expect(await cluster.until(() => haveAll(cluster, ["from who was away"]), 10_000)).toBe(true);
  // Its share was shown to all while it was away, and it has worked it out before it left the old epoch behind.
  expect(cluster.nodes[3]?.history.filter((what) => what.startsWith("share"))).not.toEqual([]);
});

async function submit(cluster: CoreCluster, at: number, text: string): Promise<void> {
  const ticket = 100 + at;
  const transaction = await cluster.seal(0, utf8(text), ticket);
  cluster.step(at, { type: "submit", now: cluster.now, ticket, transaction });
  await cluster.until(() => cluster.nodes[at]?.answers.has(ticket) === true, 2_000);
  expect(cluster.nodes[at]?.answers.get(ticket)).toHaveProperty("receipt");
}

function areIn(cluster: CoreCluster, epoch: number, indices: readonly number[]): boolean {
  return indices.every((index) => {
    const node = cluster.nodes[index];
    return epochOf(node) === epoch && node !== undefined && isSeated(node);
  });
}

function epochOf(node: ClusterNode | undefined): number | undefined {
  return node?.core?.progress.epoch;
}

function heightOf(cluster: CoreCluster, index: number): number {
  return cluster.nodes[index]?.core?.progress.executed ?? 0;
}

function deliveredOf(cluster: CoreCluster): number {
  return Math.min(...cluster.nodes.map(({ core }) => core?.progress.delivered ?? 0));
}

function isSeated({ epoch }: ClusterNode): boolean {
  return isMember(epoch.committee, epoch.place);
}

function haveAll(cluster: CoreCluster, texts: readonly string[]): boolean {
  return cluster.nodes.every((node) => {
    const payloads = node.delivered.flatMap(({ batches }) =>
      batches.flatMap(({ transactions }) =>
        transactions.map(({ payload }) => payload && new TextDecoder().decode(payload)),
      ),
    );
    return texts.every((text) => payloads.includes(text));
  });
}
