// Posters that are killed like processes are: what they had sent is neither repeated nor in the way of what comes after; and
// how long the next one takes to step in.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { certify, eventually, failoverMs, root, type TestL1, World } from "./settlement-l1.ts";

vi.setConfig({ testTimeout: 90_000 });

const world = new World();
/** Transactions of each validator before the test: it has approved and registered. */
const before = 2;
const poster = devAccount(1).address;
const children = new Set<ChildProcess>();

beforeAll(() => world.build(), 300_000);

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  await world.clean();
});

afterAll(() => world.destroy());

test("a poster that is killed between sending and inclusion does not pay twice when it is back", async () => {
  const l1 = await world.start();
  const child = start(l1);
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  await kill(child);
  start(l1);
  // Time enough to look, and to send again if it would.
  await new Promise((resolve) => setTimeout(resolve, 20 * failoverMs));
  expect(await l1.pendingOf(0)).toBe(before + 1);
  await l1.mineUntil(async () => (await l1.batches(0)) === 1 && (await l1.batches(1)) === 1);
  await l1.mine(4);
  expect((await l1.latest()).count).toBe(1);
  expect(await failed(l1)).toEqual([]);
});

test("what a killed poster left behind at too low a fee is outbid at its nonce, and not waited for", async () => {
  const l1 = await world.start();
  const child = start(l1);
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  await kill(child);
  const expensive = async (): Promise<void> => {
    await l1.ask("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
    await l1.mine();
  };
  for (let i = 0; i < 4; i++) await expensive();
  expect((await l1.latest()).number).toBe(0);
  expect(await l1.transactionsOf(0)).toBe(before);
  start(l1);
  await eventually(async () => {
    await expensive();
    return (await l1.latest()).number === 1;
  });
  expect((await l1.latest()).count).toBe(1);
  expect(await failed(l1)).toEqual([]);
});

test("for a poster that is dead the next one is included within its turn and a few blocks", async ({
  annotate,
}) => {
  const l1 = await world.start();
  const next = l1.validator(1);
  await l1.mineUntil(() => next.state !== undefined);
  const from = { at: performance.now(), block: await l1.provider.getBlockNumber() };
  next.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.latest()).number === 1);
  const tookMs = performance.now() - from.at;
  const blocks = (await l1.provider.getBlockNumber()) - from.block;
  await annotate(`failover: ${Math.round(tookMs)} ms, ${blocks} blocks, turn of ${failoverMs} ms`);
  expect(tookMs).toBeGreaterThanOrEqual(failoverMs);
  expect(tookMs).toBeLessThan(20 * failoverMs);
});

function start(l1: TestL1): ChildProcess {
  const order = { url: l1.url, deployment: world.deployment, index: 0, number: 1 };
  const args = [join(root, "test", "integration", "poster-process.ts"), JSON.stringify(order)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: "ignore" });
  children.add(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "close");
}

/** Transactions of the poster that were included to no effect. */
async function failed(l1: TestL1): Promise<string[]> {
  const hashes: string[] = [];
  for (let number = await l1.provider.getBlockNumber(); number > 0; number--) {
    const block = await l1.provider.getBlock(number, true);
    for (const { from, hash } of block?.prefetchedTransactions ?? []) {
      const receipt = from === poster ? await l1.provider.getTransactionReceipt(hash) : null;
      if (receipt?.status === 0) hashes.push(hash);
    }
  }
  return hashes;
}
