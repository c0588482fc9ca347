// The node as an operator starts it, killed at any point, and audited by somebody else.

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Height, toGenesisJson, transactionId } from "../../../protocol/index.ts";
import { genesisState } from "../../../rollup/engine/index.ts";
import { Executor, noProgress, toSpecJson } from "../../../rollup/node/index.ts";
import { inlineSigners } from "../../../rollup/signatures/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { hexJson } from "../../../sdk/index.ts";
import { type Api, createApi } from "../../../sequencer/api/index.ts";
import { at, genesis } from "../../sdk/chain.ts";
import { MemoryGateway } from "../../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../../sequencer/silent-logger.ts";
import { SeededRandom } from "../../sim/random.ts";
import { limit } from "../engine/world.ts";
import { type Line, type Program, startProgram } from "./program.ts";
import { domain, RollupChain, signed, spec } from "./specs.ts";
import { Traffic } from "./traffic.ts";

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let folder: string;
let apis: Api[];
let gateways: MemoryGateway[];
const chain = new RollupChain();
/** The root after each batch, by its number, as an executor here has them. */
const roots: string[] = [];
const programs: Program[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-node-"));
  await writeFile(join(folder, "genesis.json"), JSON.stringify(toGenesisJson(genesis)));
  await writeFile(join(folder, "spec.json"), JSON.stringify(toSpecJson(spec)));
  await chain.open();
  const traffic = new Traffic(7);
  for (let i = 0; i < 40; i++) await chain.add(...(i % 5 === 4 ? [] : traffic.block(chain.timeMs)));
  await recordRoots();
  gateways = [0, 1].map((validator) => new MemoryGateway(chain.chain, validator));
  const options = { host: "127.0.0.1", port: 0, logger: silentLogger };
  const metricsText = (): Promise<string> => Promise.resolve("");
  apis = await Promise.all(
    gateways.map((gateway) => createApi({ gateway, metricsText, ...options })),
  );
});

afterAll(async () => {
  for (const { process } of programs) process.kill("SIGKILL");
  await Promise.all(programs.map(({ exited }) => exited));
  await Promise.all(apis.map((api) => api.close()));
  await rm(folder, { recursive: true });
});

test("it says the root of every batch, stops at SIGTERM, and goes on where it was", async () => {
  const first = start("run", "--data", join(folder, "plain"));
  expect(await first.next()).toMatchObject({ type: "start", batches: 0, root: roots[0] });
  const seen = await blocksOf(first);
  expect(seen.map(({ root }) => root)).toEqual(roots.slice(1));
  first.process.kill("SIGTERM");
  const last = await first.until("final");
  expect(last).toMatchObject({ batches: roots.length - 1, root: roots.at(-1) });
  expect(await first.exited).toBe(0);

  const second = start("run", "--data", join(folder, "plain"));
  expect(await second.next()).toEqual({ ...last, type: "start" });
  second.process.kill("SIGTERM");
  expect(await second.exited).toBe(0);
});

test("killed at any point and started again, it comes to the same roots", async () => {
  const random = new SeededRandom(3);
  const data = join(folder, "killed");
  let batches = 0;
  for (let kill = 0; kill < 5; kill++) {
    const program = start("run", "--data", data);
    const begun = await program.until("start");
    // What it has once said is kept, whatever comes.
    expect(begun.batches).toBeGreaterThanOrEqual(batches);
    expect(begun.root).toBe(roots[begun.batches]);
    const goal = Math.min(roots.length - 1, begun.batches + random.between(1, 6));
    const line = await program.until("block", (each) => each.batches >= goal);
    expect(line.root).toBe(roots[line.batches]);
    ({ batches } = line);
    program.process.kill("SIGKILL");
    expect(await program.exited).toBeNull();
  }
  const program = start("run", "--data", data);
  const done = await program.until("block", (each) => each.batches === roots.length - 1);
  expect(done.root).toBe(roots.at(-1));
  program.process.kill("SIGTERM");
  expect(await program.exited).toBe(0);
});

test("a node that is given a snapshot begins there, and comes to the roots of those who began at genesis", async () => {
  const done = (each: Line): boolean => each.batches === roots.length - 1;
  const data = join(folder, "exporting");
  const first = start("run", "--data", data, "--snapshot-every=10");
  await first.until("block", done);
  first.process.kill("SIGTERM");
  expect(await first.exited).toBe(0);
  const [file] = await readdir(join(data, "snapshots"));
  const batches = Number.parseInt(file ?? "", 10);
  expect(batches % 10).toBe(0);

  const snapshot = join(data, "snapshots", file ?? "");
  const second = start("run", "--data", join(folder, "given"), "--snapshot", snapshot);
  expect(await second.next()).toMatchObject({ type: "start", batches, root: roots[batches] });
  expect(await second.until("block", done)).toMatchObject({ root: roots.at(-1) });
  second.process.kill("SIGKILL");
  await second.exited;
  // Its own state counts from then on.
  const third = start("run", "--data", join(folder, "given"), "--snapshot", snapshot);
  expect(await third.next()).toMatchObject({ batches: roots.length - 1, root: roots.at(-1) });
  third.process.kill("SIGTERM");
  expect(await third.exited).toBe(0);
});

test("an audit recomputes the root of any batch, and fails when another is claimed", async () => {
  const [all, early] = [
    start("audit"),
    start("audit", "--batch", "7", "--root", roots[7] ?? "", "--account", "2"),
  ];
  expect(await all.until("audit")).toMatchObject({
    batches: roots.length - 1,
    root: roots.at(-1),
  });
  expect(await early.until("audit")).toMatchObject({ batches: 7, root: roots[7] });
  const { account, root } = await early.until("proof");
  expect({ account, root }).toMatchObject({ account: { index: 2 }, root: roots[7] });
  expect(await Promise.all([all.exited, early.exited])).toEqual([0, 0]);
  const [wrong, beyond] = [
    start("audit", "--batch", "7", "--root", roots[8] ?? ""),
    start("audit", "--batch", "9999", "--account", "2"),
  ];
  expect(await Promise.all([wrong.exited, beyond.exited])).toEqual([1, 1]);
  expect(await wrong.errors).toContain("ROOT_DIFFERS");
  expect(await beyond.errors).toContain("NO_SUCH_BATCH");
});

test("what is asked wrongly ends with the usage, and another rollup's folder is refused", async () => {
  const other = join(folder, "other.json");
  await writeFile(other, JSON.stringify({ ...toSpecJson(spec), rollupId: 1 }));
  const help = startProgram("rollup/node/main.ts", "--help");
  const unknown = start("walk");
  const missing = start("run");
  const foreign = start("run", "--spec", other, "--data", join(folder, "plain"));
  const unsound = start("run", "--spec", join(folder, "genesis.json"), "--data", folder);
  const all = [help, unknown, missing, foreign, unsound];
  expect(await Promise.all(all.map(({ exited }) => exited))).toEqual([0, 2, 2, 1, 1]);
  expect(await missing.errors).toContain("--data");
  expect(await foreign.errors).toContain("WRONG_STORE");
  expect(await unsound.errors).toContain("BAD_SPEC");
});

test("traders are served, and a list that the node is given is sealed, sequenced and executed", async () => {
  const program = start("run", "--data", join(folder, "served"), "--api-port=0");
  const { url } = (await program.until("api")) as { readonly url?: string } & Line;
  await program.until("block", (each) => each.batches === roots.length - 1);
  const status = await (await fetch(`${url}/v1/status`)).json();
  expect(status).toMatchObject({ batch: roots.length - 1, root: roots.at(-1) });
  const audited = start("audit", "--batch", String(roots.length - 1), "--node", String(url));
  expect(await audited.exited).toBe(0);
  const lost = start("audit", "--batch", "1", "--node", "http://127.0.0.1:1");
  expect(await lost.exited).toBe(1);
  expect(await lost.errors).toContain("NODE_UNREACHABLE");

  const list = signed(1, { nonce: 9_999, actions: [limit(true, 599_000, 5)] });
  const headers = { "content-type": "application/octet-stream" };
  const body = new Uint8Array(list);
  const answer = await fetch(`${url}/v1/actions`, { method: "POST", headers, body });
  expect(answer.status).toBe(202);
  const { digest, id } = (await answer.json()) as { readonly digest: string; readonly id: string };
  const [transaction] = at(gateways, 0).submitted;
  if (transaction === undefined) throw new Error("nothing was submitted");
  expect(hexJson(transactionId(transaction))).toBe(id);
  chain.chain.add({ transactions: [transaction] });
  for (const gateway of gateways) gateway.announce();
  await program.until("block", (each) => each.batches === roots.length);
  const known = await (await fetch(`${url}/v1/actions/${digest}`)).json();
  expect(known).toMatchObject({ state: "executed", batch: roots.length, account: 3 });
  program.process.kill("SIGTERM");
  expect(await program.exited).toBe(0);
});

test("when a batch that was executed is declared void after all, it begins again without it", async () => {
  const rollup = await new RollupChain().open();
  await rollup.add(signed(0, { actions: [limit(true, 599_000, 5)] }));
  const options = { host: "127.0.0.1", port: 0, logger: silentLogger };
  const gateway = new MemoryGateway(rollup.chain);
  const metricsText = (): Promise<string> => Promise.resolve("");
  const server = await createApi({ gateway, metricsText, ...options });
  apis.push(server);
  const run = ["--data", join(folder, "voided"), "--endpoints", server.url];
  const program = start("run", ...run);
  const executed = await program.until("block", ({ batches }) => batches === 3);
  expect(executed).toMatchObject({ lists: 1 });
  rollup.chain.add({ voided: Height(3) });
  await rollup.add(signed(0, { actions: [limit(true, 599_000, 6)] }));
  gateway.announce();
  expect(await program.until("rewound")).toMatchObject({ height: 3 });
  const again = await program.until("block", ({ batches }) => batches === 4);
  expect(again).toMatchObject({ height: 5, transactions: 3, lists: 1 });
  const audited = start("audit", "--endpoints", server.url, "--batch", "4", "--root", again.root);
  expect(await audited.exited).toBe(0);
  program.process.kill("SIGTERM");
  expect(await program.exited).toBe(0);
});

/** Later options win over earlier ones. */
function start(command: string, ...args: readonly string[]): Program {
  const program = startProgram(
    "rollup/node/main.ts",
    command,
    "--json",
    "--threads=1",
    `--genesis=${join(folder, "genesis.json")}`,
    `--spec=${join(folder, "spec.json")}`,
    `--endpoints=${apis.map(({ url }) => url).join()}`,
    ...args,
  );
  programs.push(program);
  return program;
}

/** One line for each batch; others are of blocks without one. */
async function blocksOf(program: Program): Promise<Line[]> {
  const lines: Line[] = [];
  while (lines.length < roots.length - 1) {
    const line = await program.until("block");
    if (line.batches > (lines.at(-1)?.batches ?? 0)) lines.push(line);
  }
  return lines;
}

async function recordRoots(): Promise<void> {
  const state = genesisState(spec.parameters);
  const trees = new StateTrees(spec.rollupId, state, []);
  const executor = new Executor(
    { state, trees, progress: noProgress },
    {
      spec,
      signers: inlineSigners(domain),
      store: { commit: () => Promise.resolve(), move: () => Promise.resolve() },
    },
  );
  roots.push(hexJson(executor.root));
  for (const block of chain.blocks()) {
    const executed = await executor.apply(block);
    if (executed !== undefined) roots.push(hexJson(executed.root));
  }
}
