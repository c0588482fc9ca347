// A node with an empty disk among others that have forgotten the epochs it would have to go through.

import { expect, test, vi } from "vitest";
import { u64Bytes, utf8 } from "../../base/index.ts";
import { decodeEpochEnd, type EpochEnd, spaces } from "../../protocol/index.ts";
import { readOldest } from "../../sequencer/recovery.ts";
import { type ClusterNode, CoreCluster } from "./core-cluster.ts";

// Real cryptography takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const others = [0, 1, 2, 4];

test.each([
  { where: "in the last epoch", isInLast: true, heights: [10, 10, 230] },
  {
    where: "in the epoch before, for the last has only begun",
    isInLast: false,
    heights: [10, 230, 2],
  },
])(
  "a node with an empty disk joins two epochs later, from a state $where",
  async ({ isInLast, heights: [inFirst = 0, inSecond = 0, inThird = 0] }) => {
    const cluster = await CoreCluster.create(4, { spare: 1, epochTime: 1_000_000, behindMax: 64 });
    cluster.retention = 20;
    const traffic = new Traffic(cluster);
    await traffic.untilDelivered(0, 12);
    cluster.stop(3);
    await traffic.untilDelivered(0, 12 + inFirst);
    cluster.announce(cluster.committeeOf(1, [0, 1, 2, 4]));
    await traffic.until(() => others.every((index) => epochOf(cluster, index) === 1));
    await traffic.untilDelivered(0, deliveredBy(cluster, 0) + inSecond);
    // Soon after a height with a snapshot, so that the last epoch has none for a while.
    await traffic.until(() => deliveredBy(cluster, 0) % 64 < 4);
    cluster.announce(cluster.committeeOf(2, [4, 1, 2, 0]));
    await traffic.until(() => others.every((index) => epochOf(cluster, index) === 2));
    await traffic.untilDelivered(0, deliveredBy(cluster, 0) + inThird);
    const end = await endOf(cluster.nodes[0], 0);
    for (const index of others)
      expect(await readOldest(storeOf(cluster.nodes[index]))).toBeGreaterThan(
        end.certified.checkpoint.height,
      );

    cluster.wipe(3);
    await cluster.start(3);
    expect(epochOf(cluster, 3)).toBe(0);
    // It knows of all epochs by now, and has no state; a crash then costs it nothing but time.
    const isOnItsWay = (): boolean => cluster.nodes[3]?.core?.progress.syncing !== undefined;
    expect(await cluster.until(isOnItsWay, 20_000)).toBe(true);
    expect(cluster.nodes[3]?.core?.progress.epochsBehind).toBeGreaterThan(0);
    cluster.stop(3);
    expect((await endOf(cluster.nodes[3], 0)).committee.epoch).toBe(1);
    await cluster.start(3);
    expect(epochOf(cluster, 3)).toBe(0);
    expect(await cluster.until(() => epochOf(cluster, 3) === 2, 60_000)).toBe(true);
    const behind = cluster.nodes.map(({ core }) => core?.progress.epochsBehind);
    expect(behind).toEqual([0, 0, 0, 0, 0]);
    const synced = cluster.nodes[3]?.history.filter((line) => line.startsWith("synced")) ?? [];
    expect(synced).toHaveLength(1);
    const { height: closing } = (await endOf(cluster.nodes[0], 1)).certified.checkpoint;
    expect(Number(synced[0]?.split(" ").at(-1)) > closing).toBe(isInLast);
    await traffic.untilDelivered(3, deliveredBy(cluster, 0) + 10);

    for (const epoch of [0, 1]) {
      const { certified, committee } = await endOf(cluster.nodes[3], epoch);
      const theirs = await endOf(cluster.nodes[0], epoch);
      expect(certified.checkpoint).toEqual(theirs.certified.checkpoint);
      expect(committee).toEqual(theirs.committee);
    }
    const there = new Map(cluster.nodes[0]?.delivered.map((each) => [each.height, each.batches]));
    const here = cluster.nodes[3]?.delivered.filter(({ height }) => height > 12 + inFirst) ?? [];
    expect(here.some(({ batches }) => batches.length > 0)).toBe(true);
    for (const { height, batches } of here) expect(batches).toEqual(there.get(height));
    for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
  },
  120_000,
);

/** Submits to two members of every committee in turn. */
class Traffic {
  readonly #cluster: CoreCluster;
  #sent = 0;

  constructor(cluster: CoreCluster) {
    this.#cluster = cluster;
  }

  async until(isDone: () => boolean): Promise<void> {
    for (const end = this.#sent + 500; !isDone() && this.#sent < end;) {
      const ticket = this.#sent++;
      const transaction = await this.#cluster.seal(0, utf8(`order ${ticket}`), ticket);
      const { now } = this.#cluster;
      this.#cluster.step(1 + (ticket % 2), { type: "submit", now, ticket, transaction });
      await this.#cluster.until(isDone, 400);
    }
    expect(isDone()).toBe(true);
  }

  untilDelivered(index: number, height: number): Promise<void> {
    return this.until(() => deliveredBy(this.#cluster, index) >= height);
  }
}

const deliveredBy = (cluster: CoreCluster, index: number): number =>
  cluster.nodes[index]?.core?.progress.delivered ?? 0;

const epochOf = (cluster: CoreCluster, index: number): number | undefined =>
  cluster.nodes[index]?.core?.progress.epoch;

function storeOf(node: ClusterNode | undefined): ClusterNode["store"] {
  if (node === undefined) throw new Error("no such node");
  return node.store;
}

async function endOf(node: ClusterNode | undefined, epoch: number): Promise<EpochEnd> {
  const value = await storeOf(node).get(spaces.epoch, u64Bytes(epoch));
  const end = value === undefined ? undefined : decodeEpochEnd(value);
  if (end === undefined) throw new Error("the node keeps how each epoch ended");
  return end;
}
