// Blocks that nobody can open, because more seats than f have lost their shares of the key: a quorum declares them void,
// and delivery goes on, with the same outcome for whoever had opened one all the same.

import { expect, test, vi } from "vitest";
import { toHex, utf8 } from "../../base/index.ts";
import {
  blockHash,
  decodePayload,
  type DeliveredPage,
  Height,
  limits,
  type Message,
  Namespace,
  quorum,
  spaces,
} from "../../protocol/index.ts";
import { toNetwork, type VerifiedBlock, verifyPage } from "../../sdk/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { voidPromiseKey } from "../../sequencer/voiding.ts";
import { type ClusterNode, CoreCluster } from "./core-cluster.ts";

// Real cryptography takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const voidAfter = 8_000_000;
const group = await createMclSealingGroup();

/** By height, what a node has delivered last of each transaction. */
function outcomes(node: ClusterNode): string[] {
  const byHeight = new Map(
    node.delivered.map(({ height, batches }) => [
      height,
      batches.flatMap(({ transactions }) =>
        transactions.map(({ id, payload }) =>
          [height, toHex(id).slice(0, 8), payload && new TextDecoder().decode(payload)].join(" "),
        ),
      ),
    ]),
  );
  return [...byHeight.values()].flat();
}

const voidsOf = (node: ClusterNode): number[] =>
  node.delivered.flatMap(({ height, voidedBy }) => (voidedBy === undefined ? [] : [height]));

let nonce = 0;
async function submit(cluster: CoreCluster, payload: string): Promise<void> {
  const transaction = await cluster.seal(0, utf8(payload), nonce);
  cluster.step(nonce % 4, { type: "submit", now: cluster.now, ticket: nonce++, transaction });
}

const haveDelivered = (cluster: CoreCluster, payload: string): boolean =>
  cluster.nodes.every((node) => outcomes(node).some((line) => line.endsWith(` ${payload}`)));

const haveVoided = (cluster: CoreCluster): boolean =>
  cluster.nodes.every((node) => voidsOf(node).length > 0);

async function begun(): Promise<CoreCluster> {
  const cluster = await CoreCluster.create(4, { voidAfter });
  // The rollups are subscribed by then.
  const hasBegun = (): boolean => cluster.nodes.every((node) => node.delivered.length >= 12);
  expect(await cluster.until(hasBegun, 20_000)).toBe(true);
  await submit(cluster, "before");
  expect(await cluster.until(() => haveDelivered(cluster, "before"), 20_000)).toBe(true);
  return cluster;
}

/** With its shares back the committee opens again, to the same on all nodes, and certifies all of it. */
async function expectToGoOn(cluster: CoreCluster): Promise<void> {
  cluster.withoutShares.clear();
  cluster.isLost = () => false;
  await submit(cluster, "after");
  expect(await cluster.until(() => haveDelivered(cluster, "after"), 60_000)).toBe(true);
  const [first, ...others] = cluster.nodes.map(outcomes);
  for (const other of others) expect(other).toEqual(first);
  const reached = Math.max(0, ...cluster.nodes.flatMap(voidsOf));
  const isCovered = ({ certified }: ClusterNode): boolean =>
    certified.some((each) => each.certified.checkpoint.height > reached);
  expect(await cluster.until(() => cluster.nodes.every(isCovered), 60_000)).toBe(true);
  const roots = cluster.nodes.map(({ certified }) =>
    certified
      .filter((each) => each.certified.checkpoint.height > reached)
      .map(({ certified: { checkpoint } }) => toHex(checkpoint.rollupsRoot))
      .at(0),
  );
  expect(new Set(roots).size).toBe(1);
}

const isOpening = ({ type }: Message): boolean => type === "shares" || type === "opened";

const faultsOf = (cluster: CoreCluster): string[] => cluster.nodes.flatMap(({ faults }) => faults);

async function pageOf(node: ClusterNode | undefined, from: number): Promise<DeliveredPage> {
  if (node === undefined) throw new Error("there is no such node");
  const page = await new Archive(node.store).page(Namespace(0), Height(from), 1);
  if (page === undefined) throw new Error("it has no page");
  return page;
}

test("what cannot be opened is declared void by a quorum, and delivery goes on alike on all nodes", async () => {
  const cluster = await begun();
  for (const index of [1, 2]) cluster.withoutShares.add(index);
  await submit(cluster, "lost");
  expect(await cluster.until(() => haveVoided(cluster), 60_000)).toBe(true);
  await expectToGoOn(cluster);
  expect(haveDelivered(cluster, "lost")).toBe(false);
  expect(faultsOf(cluster)).toEqual([]);

  // Whoever voted for it had said so to its disk.
  const keep = ({ store }: ClusterNode): Promise<Uint8Array | undefined> =>
    store.get(spaces.signer, voidPromiseKey);
  const promises = (await Promise.all(cluster.nodes.map(keep))).filter(
    (each) => each !== undefined,
  );
  expect(promises.length).toBeGreaterThanOrEqual(quorum(4));

  // A follower takes nobody's word for it.
  const [voided = 0] = cluster.nodes.flatMap(voidsOf);
  const page = await pageOf(cluster.nodes[0], voided);
  expect(page.voids.length).toBe(1);
  const network = toNetwork(cluster.genesis, group);
  const from = Height(voided);
  const verify = (each: DeliveredPage): VerifiedBlock[] =>
    verifyPage(each, { network, namespace: Namespace(0), from, parent: undefined }, { group });
  expect(verify(page)[0]?.transactions.map(({ payload }) => payload)).toEqual([undefined]);
  expect(() => verify({ ...page, voids: [] })).toThrow("openings are not those");
  const [word] = page.voids;
  const headers = word?.headers.map((header) => ({ ...header, height: Height(header.height + 1) }));
  const forged = word && headers && { ...word, headers };
  expect(() => verify({ ...page, voids: forged === undefined ? [] : [forged] })).toThrow(
    "does not certify",
  );
});

test("whoever opened it alone goes back, and on with what the quorum declared", async () => {
  const cluster = await begun();
  cluster.withoutShares.add(1);
  cluster.isLost = (from, message) => from === 0 && isOpening(message);
  await submit(cluster, "told to one");
  const loner = cluster.nodes[0];
  const hasOpened = (): boolean =>
    outcomes(loner as ClusterNode).some((line) => line.endsWith(" told to one"));
  expect(await cluster.until(hasOpened, 20_000)).toBe(true);
  expect(await cluster.until(() => haveVoided(cluster), 60_000)).toBe(true);
  expect(cluster.nodes[0]?.history.some((line) => line.startsWith("rewound"))).toBe(true);
  await expectToGoOn(cluster);
  // What it had signed in between is not what the others sign, and it signs no second time.
  const others = faultsOf(cluster).filter((fault) => !fault.endsWith("WRONG_CHECKPOINT"));
  expect(others).toEqual([]);
});

test.each([
  { when: "as it runs", crashes: false },
  { when: "over a crash as well", crashes: true },
])(
  "whoever votes for a void block holds back what it learns to open, until that is decided: $when",
  async ({ crashes }) => {
    const cluster = await begun();
    cluster.withoutShares.add(1);
    const voters = new Set<number>();
    const naming = new Set<string>();
    let named: Height | undefined;
    cluster.isLost = (from, message) => {
      if (message.type === "propose") {
        const voided = decodePayload(message.header.payload)?.voided;
        if (voided === undefined) return named !== undefined;
        named = voided;
        naming.add(toHex(blockHash(message.header)));
        voters.add(from);
        return false;
      }
      if (named === undefined) return from === 0 && isOpening(message);
      // From here on openings alone come through, also those of the one that has them.
      if (message.type === "vote" && message.kind === "prepare" && naming.has(toHex(message.hash)))
        voters.add(from);
      return !isOpening(message) && message.type !== "pull-openings";
    };
    await submit(cluster, "undecided");
    expect(await cluster.until(() => voters.size >= quorum(4), 60_000)).toBe(true);
    expect(voters.has(0)).toBe(false);
    if (crashes)
      for (const voter of voters) {
        cluster.stop(voter);
        await cluster.start(voter);
      }
    await cluster.until(() => false, 5_000);
    const reached = cluster.nodes.map(({ delivered }) => delivered.at(-1)?.height ?? 0);
    for (const voter of voters) expect(reached[voter]).toBe((named ?? 0) - 1);
    expect(reached[0]).toBeGreaterThanOrEqual(named ?? Infinity);
    await expectToGoOn(cluster);
  },
);

test("while a quorum can open, nothing is declared void, however late", async () => {
  const cluster = await begun();
  for (const index of [1, 2]) cluster.withoutShares.add(index);
  await submit(cluster, "late");
  const { unopenedTimeMax } = limits;
  expect(await cluster.until(() => false, unopenedTimeMax / 1_000)).toBe(false);
  cluster.withoutShares.clear();
  for (const index of [1, 2]) {
    cluster.stop(index);
    await cluster.start(index);
  }
  expect(await cluster.until(() => haveDelivered(cluster, "late"), 20_000)).toBe(true);
  expect(cluster.nodes.flatMap(voidsOf)).toEqual([]);
});
