// Nodes of the rollup that follow a network over real sockets, of which one endpoint lies: whoever they ask, and however often
// they were stopped, they have the same root after every batch.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RollupNode } from "../../rollup/node/rollup-node.ts";
import { toHex } from "../../sdk/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { RollupChain, spec } from "../rollup/node/specs.ts";
import { Traffic } from "../rollup/node/traffic.ts";
import { at, genesis } from "../sdk/chain.ts";
import { MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";

const rollup = new RollupChain();
const gateways = [0, 1].map((validator) => new MemoryGateway(rollup.chain, validator));
const traffic = new Traffic(11);
let folder: string;
let apis: Api[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-nodes-"));
  await rollup.open();
  for (let i = 0; i < 12; i++) await rollup.add(...traffic.block(rollup.timeMs));
  apis = await Promise.all(
    gateways.map((gateway) =>
      createApi({
        gateway,
        host: "127.0.0.1",
        port: 0,
        logger: silentLogger,
        metricsText: () => Promise.resolve(""),
      }),
    ),
  );
  const liar = at(gateways, 0);
  const page = liar.page.bind(liar);
  liar.page = async (namespace, from, limit) => {
    const honest = await page(namespace, from, limit);
    // It leaves out the first transaction of every block.
    const blocks = honest?.blocks.map((block) => ({
      ...block,
      transactions: block.transactions.slice(1),
    }));
    return honest && blocks && { ...honest, blocks };
  };
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()));
  await rm(folder, { recursive: true });
});

test("two nodes have the same root after every batch, of which one was stopped and asked a liar first", async () => {
  const urls = apis.map(({ url }) => url);
  const whole = await follow({ endpoints: urls.slice(1), folder: undefined }, 14);
  expect(whole.lies).toEqual([]);

  const kept = join(folder, "kept");
  const first = await follow({ endpoints: urls, folder: kept }, 6);
  expect(first.lies.length).toBeGreaterThan(0);
  const second = await follow({ endpoints: urls, folder: kept }, 14);
  expect([...first.roots, ...second.roots]).toEqual(whole.roots);
  expect(new Set(whole.roots).size).toBe(14);
});

test("what is sequenced while it follows is executed at once", async () => {
  const node = await open({ endpoints: [at(apis, 1).url], folder: undefined });
  const stop = new AbortController();
  const heard: number[] = [];
  node.executor.subscribe(({ batch }) => {
    heard.push(batch.number);
    if (heard.length === 15) stop.abort();
    if (heard.length === 14)
      void rollup.add(...traffic.block(rollup.timeMs)).then(() => at(gateways, 1).announce());
  });
  await drain(node.run({ signal: stop.signal, onFault: () => {} }));
  expect(heard).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
});

test("a genesis of another chain is refused", async () => {
  await expect(
    open({ endpoints: [], folder: undefined, spec: { ...spec, chainId: 1 } }),
  ).rejects.toMatchObject({ code: "WRONG_CHAIN" });
});

type Choice = Partial<Parameters<typeof RollupNode.open>[0]> &
  Pick<Parameters<typeof RollupNode.open>[0], "endpoints" | "folder">;

function open(choice: Choice): Promise<RollupNode> {
  return RollupNode.open({ genesis, spec, threads: 0, ...choice });
}

/** The roots up to a batch, from where the folder is, and who lied meanwhile. */
async function follow(
  choice: Choice,
  goal: number,
): Promise<{ readonly roots: string[]; readonly lies: string[] }> {
  const node = await open(choice);
  const roots: string[] = [];
  const lies: string[] = [];
  const signal = new AbortController().signal;
  const onFault = ({ code, isLie }: { readonly code: string; readonly isLie: boolean }): void => {
    if (isLie) lies.push(code);
  };
  for await (const { executed } of node.run({ signal, onFault })) {
    if (executed !== undefined) roots.push(toHex(executed.root));
    if (node.executor.state.globals.batch === goal) break;
  }
  return { roots, lies };
}

async function drain(blocks: AsyncIterable<unknown>): Promise<void> {
  for await (const block of blocks) expect(block).toBeDefined();
}
