// Committees of whole cores in one process, with real cryptography and simulated time, when nothing is lost and nobody
// is late: what a view and a transaction cost in CPU, and how many message delays a transaction takes.

import { assert, toHex, utf8 } from "../../base/index.ts";
import { type SealedTransaction, transactionId } from "../../protocol/index.ts";
import { CoreCluster } from "../integration/core-cluster.ts";
import { SeededRandom } from "../sim/random.ts";
import { cpuOf, type Figure, percentileOf } from "./harness.ts";

const seats = 4;

/** CPU of one node for a block without transactions, and for each transaction in a busy network. */
export async function benchCores(seed: number): Promise<Figure[]> {
  const transactions = 400;
  const cluster = await CoreCluster.create(seats);
  const height = (): number => cluster.nodes[0]?.core?.progress.delivered ?? 0;
  await cluster.until(() => height() >= 20, 60_000);
  const idle = await cpuOf(async () => {
    const before = height();
    await cluster.until(() => height() >= before + 40, 60_000);
    return height() - before;
  });
  const sealed = await sealMany(cluster, transactions, seed);
  const delivered = (): number => deliveredBy(cluster, 0).length;
  const busy = await cpuOf(async () => {
    for (const [i, transaction] of sealed.entries()) {
      cluster.step(i % seats, { type: "submit", now: cluster.now, ticket: i, transaction });
      if (i % 4 === 3) await cluster.until(() => false, 20);
    }
    await cluster.until(() => delivered() >= transactions, 60_000);
    return delivered();
  });
  const prefix = `core/n${seats}`;
  return [
    { name: `${prefix}/empty-block/cpu-ms-per-node`, value: idle / seats, unit: "ms" },
    { name: `${prefix}/transaction/cpu-ms-per-node`, value: busy / seats, unit: "ms" },
  ];
}

/** One way, µs. Much more than lanes wait for company, and than the steps of this cluster's time. */
const linkDelay = 100_000;

/** Message delays from a client that sends to all validators until its transaction is final, and until it can be read. */
export async function benchDelays(seed: number): Promise<Figure[]> {
  const transactions = 60;
  const cluster = await CoreCluster.create(seats);
  cluster.linkDelay = linkDelay;
  const random = new SeededRandom(seed);
  const height = (): number => cluster.nodes[0]?.core?.progress.delivered ?? 0;
  assert(await cluster.until(() => height() >= 10, 60_000), "a quiet network goes on");
  const sealed = await sealMany(cluster, transactions, seed);
  const sentAt = new Map<string, number>();
  const finalAt = new Map<number, number>();
  const readAt = new Map<string, { readonly at: number; readonly height: number }>();
  const look = (): false => {
    for (const line of cluster.nodes[0]?.history ?? []) {
      const final = Number(/^final (\d+)$/.exec(line)?.[1]);
      if (!finalAt.has(final)) finalAt.set(final, cluster.now);
    }
    for (const { id, height } of deliveredBy(cluster, 0))
      if (!readAt.has(id)) readAt.set(id, { at: cluster.now, height });
    return false;
  };
  for (const [ticket, transaction] of sealed.entries()) {
    await cluster.until(look, random.between(5, 40) * 10);
    sentAt.set(toHex(transactionId(transaction)), cluster.now - linkDelay);
    for (let at = 0; at < seats; at++)
      cluster.step(at, { type: "submit", now: cluster.now, ticket, transaction });
  }
  await cluster.until(() => look() || readAt.size >= transactions, 60_000);
  assert(readAt.size === transactions, "all that was sent is delivered");
  const toDelays = (values: readonly number[]): number => percentileOf(values, 0.5) / linkDelay;
  const ways = [...sentAt].map(([id, sent]) => {
    const read = readAt.get(id);
    const final = finalAt.get(read?.height ?? 0);
    assert(read !== undefined && final !== undefined, "what can be read was final before");
    return { final: final - sent, read: read.at - sent };
  });
  const prefix = `core/n${seats}/submit`;
  const unit = "message delays";
  return [
    { name: `${prefix}-to-final/p50-delays`, value: toDelays(ways.map((w) => w.final)), unit },
    { name: `${prefix}-to-plaintext/p50-delays`, value: toDelays(ways.map((w) => w.read)), unit },
  ];
}

async function sealMany(
  cluster: CoreCluster,
  count: number,
  seed: number,
): Promise<SealedTransaction[]> {
  const sealed: SealedTransaction[] = [];
  for (let i = 0; i < count; i++)
    sealed.push(await cluster.seal(i % 2, utf8(`order ${seed} ${i}`), i));
  return sealed;
}

function deliveredBy(
  cluster: CoreCluster,
  index: number,
): { readonly id: string; readonly height: number }[] {
  return (cluster.nodes[index]?.delivered ?? [])
    .flatMap(({ batches }) => batches)
    .flatMap(({ height, transactions }) =>
      transactions.map(({ id }) => ({ id: toHex(id), height })),
    );
}
