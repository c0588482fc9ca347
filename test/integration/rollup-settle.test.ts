// A node that looks after its rollup on L1, over the RPC that it would have: it proposes roots by itself, and says of those of
// others whether they are right.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Wallet } from "ethers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settle, type SettledSource } from "../../rollup/node/settle.ts";
import { bytes, call, Chain, defined, send } from "../contracts/support/chain.ts";
import { market } from "../rollup/engine/world.ts";
import { bond, VaultStage } from "./vault-stage.ts";

const secret = `0x${"37".repeat(32)}`;
const price = [[market, 600_000] as const];

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let stage: VaultStage;
let folder: string;
let server: Server;
let url: string;

beforeEach(async () => {
  stage = await VaultStage.open(await Chain.open());
  folder = await mkdtemp(join(tmpdir(), "conclave-settle-"));
  await writeFile(join(folder, "key"), `${secret}\n`);
  server = serve(stage);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  };
}, 120_000);

let stop: AbortController;
beforeEach(() => void (stop = new AbortController()));
afterEach(() => stop.abort());

test("it proposes the root of what is settled, with its own bond, and finds it right", async () => {
  const address = new Wallet(secret).address;
  const signer = defined((await stage.chain.ethers.getSigners())[0]);
  await (await signer.sendTransaction({ to: address, value: 10n ** 18n })).wait();
  await send(stage.chain.token, "mint", address, bond);
  const { said, finished } = await start({ proposeEverySeconds: 1 });
  await stage.deposit(0, 1_000);
  await stage.run(price);
  await stage.settle();
  await said("right", 1);
  stop.abort();
  await finished;
  const { root, batch, proposer } = await call<Record<string, unknown>>(
    stage.vault,
    "proposalAt",
    1,
  );
  expect([bytes(String(root)), batch, proposer]).toEqual([
    defined(stage.rollup.last).root,
    1n,
    address,
  ]);
});

test("it says of another's proposal that it is right, and needs no money for that", async () => {
  const { said, finished } = await start({ proposeEverySeconds: undefined });
  await stage.run(price);
  await stage.settle();
  const { proposer } = await stage.proposer();
  await proposer.round();
  await said("right", 1);
  stop.abort();
  await finished;
});

test("an L1 of another chain, one that is not there, and a file without a key are refused", async () => {
  await expect(start({ chainId: 1 })).rejects.toMatchObject({ code: "WRONG_CHAIN" });
  await expect(start({ l1: "http://127.0.0.1:1" })).rejects.toMatchObject({ code: "L1_FAILED" });
  await writeFile(join(folder, "key"), "0x12");
  await expect(start({})).rejects.toMatchObject({ code: "BAD_KEY" });
});

/** `said` resolves when a proposal was said to be so. */
async function start({
  proposeEverySeconds,
  chainId = stage.chain.chainId,
  l1 = url,
}: {
  readonly proposeEverySeconds?: number | undefined;
  readonly chainId?: number;
  readonly l1?: string;
}): Promise<{
  readonly said: (event: string, index: number) => Promise<void>;
  readonly finished: Promise<void>;
}> {
  const { rollup } = stage;
  const source: SettledSource = {
    get state() {
      return rollup.state;
    },
    get last() {
      return rollup.last;
    },
    trees: rollup.trees,
    subscribe: (listener) => rollup.subscribe(listener),
    // Nothing is in dispute here.
    signatureOf: () => undefined,
  };
  const waiting = new Map<string, () => void>();
  const vault = bytes(await stage.vault.getAddress());
  const { finished } = await settle(
    source,
    { l1, key: join(folder, "key"), proposeEverySeconds },
    {
      spec: { chainId, rollupId: 0, vault },
      signal: stop.signal,
      roundMs: 100,
      report: (_, { event, index }) => waiting.get(`${String(event)} ${String(index)}`)?.(),
    },
  );
  return {
    finished,
    said: (event, index) =>
      new Promise((resolve) => void waiting.set(`${event} ${index}`, resolve)),
  };
}

/** The chain of this process, as an L1 that is asked over HTTP. */
function serve({ chain }: VaultStage): Server {
  const answer = async ({ id, method, params }: Call): Promise<object> => {
    try {
      const result: unknown = await chain.ethers.provider.send(method, params);
      return { jsonrpc: "2.0", id, result };
    } catch (error) {
      const { message, data } = error as { readonly message: string; readonly data?: unknown };
      return { jsonrpc: "2.0", id, error: { code: 3, message, data } };
    }
  };
  return createServer((request, response) => {
    void text(request).then(async (body) => {
      const calls = JSON.parse(body) as Call | Call[];
      const answers = Array.isArray(calls)
        ? await Promise.all(calls.map(answer))
        : await answer(calls);
      response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
    });
  });
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}
