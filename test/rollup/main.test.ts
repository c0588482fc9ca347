// The follower as an operator starts it: a process, told to stop by a signal, and started again.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { toGenesisJson } from "../../protocol/index.ts";
import { encodeActions, signActions } from "../../rollup/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { Chain, genesis, sealed } from "../sdk/chain.ts";
import { MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";
import { plainList, traderKey } from "./lists.ts";

const domain = { chainId: genesis.chainId, settlement: new Uint8Array(20), rollupId: 0 };

let folder: string;
let genesisFile: string;
let chain: Chain;
let gateway: MemoryGateway;
let api: Api;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-rollup-"));
  genesisFile = join(folder, "genesis.json");
  await writeFile(genesisFile, JSON.stringify(toGenesisJson(genesis)));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  chain = new Chain();
  gateway = new MemoryGateway(chain);
  api = await createApi({
    gateway,
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    metricsText: () => Promise.resolve(""),
  });
  return () => api.close();
});

test("it reports each batch, stops at SIGTERM with a final line, and resumes where it was", async () => {
  const cursor = join(folder, "cursor.json");
  await addList(1);
  await addList(2);
  const first = follow("--cursor", cursor);
  expect(await first.next()).toMatchObject({ type: "block", height: 1, lists: 1 });
  expect(await first.next()).toMatchObject({ type: "block", height: 2, lists: 2 });
  await addList(3);
  gateway.announce();
  const third = await first.next();
  expect(third).toMatchObject({ type: "block", height: 3, lists: 3, actions: 3 });
  first.process.kill("SIGTERM");
  expect(await first.next()).toEqual({ ...(third as object), type: "final" });
  expect(await first.exited).toBe(0);

  // The same nonce again, in another transaction: the process that resumes still knows it.
  await addList(3);
  const second = follow("--cursor", cursor);
  expect(await second.next()).toMatchObject({ height: 4, batches: 4, lists: 3, NONCE_USED: 1 });
  second.process.kill("SIGTERM");
  expect(await second.exited).toBe(0);
});

test("two followers of which one came late have the same totals, also through a lying endpoint", async () => {
  const liar = new MemoryGateway(chain);
  const page = liar.page.bind(liar);
  liar.page = async (...args) => {
    const honest = await page(...args);
    return honest && { ...honest, certificate: { ...honest.certificate, kind: "prepare" } };
  };
  const lying = await createApi({
    gateway: liar,
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    metricsText: () => Promise.resolve(""),
  });
  const early = follow();
  for (const nonce of [1, 2]) {
    await addList(nonce);
    gateway.announce();
  }
  const late = follow("--endpoints", `${lying.url},${api.url}`);
  expect(await late.next()).toMatchObject({
    type: "fault",
    code: "WRONG_CERTIFICATE",
    isLie: true,
  });
  const summaries = await Promise.all(
    [early, late].map(async (each) => {
      await each.next();
      return each.next();
    }),
  );
  expect(summaries[0]).toMatchObject({ height: 2, lists: 2 });
  expect(summaries[0]).toEqual(summaries[1]);
  for (const { process } of [early, late]) process.kill("SIGTERM");
  expect(await Promise.all([early.exited, late.exited])).toEqual([0, 0]);
  await lying.close();
});

test("an option that is wrong ends it with the usage, and a damaged cursor with its code", async () => {
  const cursor = join(folder, "damaged.json");
  await writeFile(cursor, "{}");
  const [first, second] = [follow("--from=-1"), follow("--cursor", cursor)];
  expect(await Promise.all([first.exited, second.exited])).toEqual([2, 1]);
  expect(await first.errors).toContain("node rollup/main.ts");
  expect(await second.errors).toContain("BAD_CURSOR");
});

async function addList(nonce: number): Promise<void> {
  const payload = encodeActions(signActions(domain, plainList({ nonce }), traderKey));
  chain.add({ transactions: [await sealed(payload)] });
}

interface Running {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly errors: Promise<string>;
  /** The next line that it prints. */
  next(): Promise<unknown>;
}

/** Later options win over earlier ones. */
function follow(...args: string[]): Running {
  const child = spawn(
    process.execPath,
    [
      "rollup/main.ts",
      "--json",
      "--namespace=0",
      `--endpoints=${api.url}`,
      `--genesis=${genesisFile}`,
      ...args,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<number | null>((resolve) => void child.once("close", resolve));
  let text = "";
  child.stderr.on("data", (data: Buffer) => void (text += data.toString()));
  return {
    process: child,
    exited,
    errors: exited.then(() => text),
    async next() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`it has ended: ${await exited} ${text}`);
      return JSON.parse(value);
    },
  };
}
