import { utf8 } from "../../base/index.ts";
import type { SealedTransaction } from "../../protocol/index.ts";
import { CoreCluster } from "../integration/core-cluster.ts";
import type { Figure } from "./harness.ts";

const seats = 4;
const transactions = 400;

/**
 * A committee of whole cores in one process, with real cryptography and simulated time: what a view and a transaction
 * cost in CPU, all nodes together, when nothing is lost and nobody is late.
 */
export async function benchConsensus(seed: number): Promise<Figure[]> {
  const cluster = await CoreCluster.create(seats);
  const height = (): number => cluster.nodes[0]?.core?.progress.delivered ?? 0;
  await cluster.until(() => height() >= 20, 60_000);
  const idle = await cpuOf(async () => {
    const before = height();
    await cluster.until(() => height() >= before + 40, 60_000);
    return height() - before;
  });
  const sealed: SealedTransaction[] = [];
  for (let i = 0; i < transactions; i++)
    sealed.push(await cluster.seal(i % 2, utf8(`order ${seed} ${i}`), i));
  const delivered = (): number =>
    (cluster.nodes[0]?.delivered ?? [])
      .flatMap(({ batches }) => batches)
      .reduce((sum, batch) => sum + batch.transactions.length, 0);
  const busy = await cpuOf(async () => {
    for (const [i, transaction] of sealed.entries()) {
      const at = i % seats;
      cluster.step(at, { type: "submit", now: cluster.now, ticket: i, transaction });
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

/** CPU milliseconds of this process for each of what the work did. */
async function cpuOf(work: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}
