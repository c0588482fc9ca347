// A committee that changes: cores through the ends of epochs, with real cryptography.

import { expect, test, vi } from "vitest";
import { toHex, u64Bytes, utf8 } from "../../base/index.ts";
import {
  decodeEpochEnd,
  isEndOf,
  isMember,
  settlementDomain,
  spaces,
} from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { type ClusterNode, CoreCluster } from "./core-cluster.ts";

// Real cryptography takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const second = 1_000_000;

test("a seat changes hands at an epoch boundary, and nothing is lost or delivered twice", async () => {
  const cluster = await CoreCluster.create(4, { spare: 1, epochTime: 3 * second });
  const traffic = new Traffic(cluster);
  expect(await cluster.until(() => (cluster.nodes[0]?.delivered.length ?? 0) >= 12, 20_000)).toBe(
    true,
  );
  await traffic.run(1_000);
  // Node 4 follows without a seat until it takes that of node 3.
  expect(payloadsOf(cluster.nodes[4])).toEqual(payloadsOf(cluster.nodes[0]));
  cluster.announce(cluster.committeeOf(1, [0, 1, 2, 4]));
  await traffic.run(4_000);
  expect(epochsOf(cluster)).toEqual([1, 1, 1, 1, 1]);
  cluster.announce(cluster.committeeOf(2, [4, 3, 0, 1]));
  await traffic.run(4_000);
  expect(epochsOf(cluster)).toEqual([2, 2, 2, 2, 2]);
  expect(await cluster.until(() => traffic.isDelivered(), 10_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(payloadsOf);
  for (const other of others) expect(other).toEqual(first);
  expect(first?.length).toBe(new Set(first).size);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
  await expectChainOfCommittees(cluster);
});

test("a node that slept through two changes of the committee is shown how each epoch ended, and catches up", async () => {
  const cluster = await CoreCluster.create(4, { spare: 1, epochTime: 2 * second });
  const traffic = new Traffic(cluster);
  expect(await cluster.until(() => (cluster.nodes[0]?.delivered.length ?? 0) >= 12, 20_000)).toBe(
    true,
  );
  await traffic.run(500);
  cluster.stop(2);
  cluster.announce(cluster.committeeOf(1, [0, 1, 2, 4]));
  await traffic.run(4_000);
  cluster.announce(cluster.committeeOf(2, [4, 1, 2, 0]));
  await traffic.run(4_000);
  expect(epochsOf(cluster)).toEqual([2, 2, undefined, 2, 2]);
  await cluster.start(2);
  const isBack = (): boolean => cluster.nodes[2]?.core?.progress.epoch === 2;
  expect(await cluster.until(isBack, 20_000)).toBe(true);
  await traffic.run(500);
  expect(await cluster.until(() => traffic.isDelivered(), 10_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(payloadsOf);
  for (const other of others) expect(other).toEqual(first);
  for (const { faults } of cluster.nodes) expect(faults).toEqual([]);
  await expectChainOfCommittees(cluster);
});

/** Submits to the members of the epoch in turn, and counts what was answered with a receipt. */
class Traffic {
  readonly #cluster: CoreCluster;
  #sent = 0;
  readonly #expected: string[] = [];

  constructor(cluster: CoreCluster) {
    this.#cluster = cluster;
  }

  async run(milliseconds: number): Promise<void> {
    for (const end = this.#cluster.now + milliseconds * 1_000; this.#cluster.now < end;) {
      const nonce = this.#sent++;
      const payload = `order ${nonce}`;
      const transaction = await this.#cluster.seal(0, utf8(payload), nonce);
      const members = this.#cluster.nodes.filter(isSeated);
      const node = members[nonce % members.length];
      if (node !== undefined) {
        const event = {
          type: "submit",
          now: this.#cluster.now,
          ticket: nonce,
          transaction,
        } as const;
        this.#cluster.step(node.index, event);
        await this.#cluster.until(() => node.answers.has(nonce), 100);
        const answer = node.answers.get(nonce);
        if (typeof answer === "object" && answer !== null && "receipt" in answer)
          this.#expected.push(payload);
      }
      await this.#cluster.until(() => false, 40);
    }
    expect(this.#expected.length).toBeGreaterThan(0);
  }

  isDelivered(): boolean {
    return this.#cluster.nodes.every((node) => {
      const delivered = new Set(payloadsOf(node));
      return this.#expected.every((payload) => delivered.has(payload));
    });
  }
}

function isSeated({ epoch, core }: ClusterNode): boolean {
  return core !== undefined && isMember(epoch.committee, epoch.place);
}

const epochsOf = (cluster: CoreCluster): (number | undefined)[] =>
  cluster.nodes.map(({ core }) => core?.progress.epoch);

/** By height, because a restart may deliver a height again. */
function payloadsOf(node: ClusterNode | undefined): string[] {
  const byHeight = new Map(node?.delivered.map(({ height, batches }) => [height, batches]));
  return [...byHeight.values()].flatMap((batches) =>
    batches.flatMap(({ transactions }) =>
      transactions.map(({ payload }) =>
        payload === undefined ? "void" : new TextDecoder().decode(payload),
      ),
    ),
  );
}

/** From genesis on, each committee has signed who follows it, and all nodes keep the same proof of the same block. */
async function expectChainOfCommittees(cluster: CoreCluster): Promise<void> {
  const { chainId, contracts, committee: first } = cluster.genesis;
  const domain = settlementDomain({ chainId, hub: contracts.hub });
  let committee = first;
  for (const epoch of [0, 1]) {
    const closings = new Set<string>();
    for (const { store } of cluster.nodes) {
      const end = decodeEpochEnd(
        (await store.get(spaces.epoch, u64Bytes(epoch))) ?? new Uint8Array(),
      );
      if (end === undefined) throw new Error("every node keeps how an epoch ended");
      closings.add(toHex(end.certified.checkpoint.blockHash));
      const { members } = committee;
      const rule = {
        domain,
        verifyAggregate: (signers: readonly number[], digest: Uint8Array, signature: Uint8Array) =>
          blstBls.verifyAggregate(
            signers.flatMap((signer) => members[signer]?.publicKey ?? []),
            digest,
            signature,
          ),
      };
      expect(isEndOf(committee, end, rule)).toBe(true);
    }
    expect(closings.size).toBe(1);
    const end = decodeEpochEnd(
      (await cluster.nodes[0]?.store.get(spaces.epoch, u64Bytes(epoch))) ?? new Uint8Array(),
    );
    committee = end?.committee ?? committee;
  }
}
