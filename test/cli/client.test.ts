// The client's commands as processes, against nodes whose interface is the real one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { toHex, utf8 } from "../../base/index.ts";
import { genesisHash, toGenesisJson } from "../../protocol/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { at, Chain, genesis, sealed } from "../sdk/chain.ts";
import { keptLie, MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";

// Each command is a process, and a busy machine takes seconds to start one.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let chain: Chain;
let gateways: MemoryGateway[];
let apis: Api[];
let children: ChildProcess[];
let network: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-client-"));
  writeFileSync(join(folder, "genesis.json"), JSON.stringify(toGenesisJson(genesis)));
  writeFileSync(join(folder, "key"), `0x${"17".repeat(32)}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  chain = new Chain();
  children = [];
  gateways = [0, 1].map((validator) => new MemoryGateway(chain, validator));
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
  network = `--node ${apis.map(({ url }) => url).join(" ")} --genesis ${folder}/genesis.json`;
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(apis.map((api) => api.close()));
});

test("what is submitted is sealed, and is followed back by everyone who has the genesis", async () => {
  const submit = `submit ${network} --namespace 3 --payload buy --key file:${folder}/key --json`;
  // Through the whole program once; the other tests start its part.
  const submitted = await end(["sequencer/main.ts", ...submit.split(" ")]);
  expect(submitted).toMatchObject({ code: 0, err: "" });
  const { id, validators } = JSON.parse(submitted.out) as { id: string; validators: number[] };
  expect(new Set(validators)).toEqual(new Set([0, 1]));

  const { submitted: transactions } = at(gateways, 0);
  expect(toHex(at(transactions, 0).body)).not.toContain(toHex(utf8("buy")));
  expect(at(transactions, 0).envelope.expiry).toBe(1_000);
  chain.add({ transactions });
  const followed = await conclave(`follow ${network} --namespace 3 --blocks 1 --json`);
  expect(followed).toMatchObject({ code: 0 });
  expect(JSON.parse(followed.out)).toMatchObject({
    height: 1,
    transactions: [{ id, class: "normal", payload: `0x${toHex(utf8("buy"))}` }],
  });

  const status = await conclave(`status ${network} --transaction ${id} --json`);
  expect(JSON.parse(status.out)).toMatchObject({ id, state: "received" });
});

test("following goes on as blocks become final, and ends without complaint when it is interrupted", async () => {
  chain.add({ transactions: [await sealed("first")] });
  const child = start(partOf(`follow ${network} --namespace 0`));
  let lines = "";
  child.stdout?.on("data", (chunk: Buffer) => (lines += chunk.toString()));
  await until(() => lines.includes(toHex(utf8("first"))));
  chain.add({ transactions: [await sealed("second")] });
  for (const gateway of gateways) gateway.announce();
  await until(() => lines.includes(toHex(utf8("second"))));
  child.kill("SIGINT");
  expect((await once(child, "close"))[0]).toBe(0);
});

test("the hash of the genesis is enough, and another hash is another network", async () => {
  chain.add();
  const node = `--node ${at(apis, 0).url}`;
  const hash = toHex(genesisHash(genesis));
  const rest = "--namespace 0 --blocks 1 --json";
  expect(await conclave(`follow ${node} --genesis-hash 0x${hash} ${rest}`)).toMatchObject({
    code: 0,
  });
  const wrong = await conclave(`follow ${node} --genesis-hash 0x${"00".repeat(32)} ${rest}`);
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.err)).toMatchObject({ error: { code: "WRONG_GENESIS" } });
});

test("without a genesis nothing is believed", async () => {
  const { code, err } = await conclave(`follow --node ${at(apis, 0).url} --namespace 0`);
  expect(code).toBe(1);
  expect(err).toContain("GENESIS_MISSING");
});

test("nodes are shown by their own word, and one that does not answer is a failure", async () => {
  const well = await conclave(`status --node ${at(apis, 1).url} --json`);
  expect(well.code).toBe(0);
  expect(JSON.parse(well.out)).toMatchObject({ node: at(apis, 1).url, validator: 1, final: 0 });
  const half = await conclave(`status --node ${at(apis, 1).url},http://127.0.0.1:9 --json`);
  expect(half.code).toBe(1);
  expect(JSON.parse(half.out)).toMatchObject({ validator: 1 });
  expect(JSON.parse(half.err)).toMatchObject({ error: { code: "NODE_UNREACHABLE" } });
});

test("evidence of all nodes is shown once each, and exported with the calls that convict", async () => {
  at(gateways, 0).kept.push(...Array.from({ length: 20 }, (_, view) => keptLie(view)));
  at(gateways, 1).kept.push(keptLie(3), keptLie(70));
  const nodes = `--node ${apis.map(({ url }) => url).join(" ")}`;
  const listed = await conclave(`evidence list ${nodes} --json`);
  expect(listed).toMatchObject({ code: 0, err: "" });
  const pieces = listed.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { slot: number; call: unknown });
  expect(pieces.map(({ slot }) => slot)).toEqual([...Array.from({ length: 20 }).keys(), 70]);
  const file = join(folder, "evidence.json");
  const exported = await conclave(`evidence export ${nodes} --out ${file}`);
  expect(exported).toMatchObject({ code: 0, out: "" });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(pieces);
  expect(pieces[0]).toMatchObject({ validator: 1, call: keptLie(0).call });
  const again = await conclave(`evidence export ${nodes} --out ${file}`);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("FILE_NOT_WRITTEN");
  const shown = await conclave(`evidence list ${nodes}`);
  expect(shown.out).toContain("commit and skip");
});

test("too few receipts fail with each node's reason", async () => {
  const few = `--node ${at(apis, 0).url} http://127.0.0.1:9 --genesis ${folder}/genesis.json`;
  const { code, err } = await conclave(
    `submit ${few} --namespace 0 --payload 0x01 --key file:${folder}/key --json`,
  );
  expect(code).toBe(1);
  expect(JSON.parse(err)).toMatchObject({ error: { code: "TOO_FEW_RECEIPTS" } });
});

test.each([
  ["submit --namespace 0 --payload 0x1 --key env:KEY", "whole bytes of hex"],
  ["submit --namespace 0 --payload x --key 0x1717", "file:PATH or env:NAME"],
  ["follow", "--namespace"],
  ["evidence", "what"],
  ["evidence judge", "list, export"],
  ["status --transaction 12", "64 hex digits"],
])("%s is misuse", async (line, complaint) => {
  const { code, err } = await conclave(line);
  expect(code).toBe(2);
  expect(err).toContain(complaint);
});

test("a key that is not there is named, and not shown", async () => {
  const line = `submit ${network} --namespace 0 --payload x --key env:NO_SUCH_KEY`;
  const { code, err } = await conclave(line);
  expect(code).toBe(1);
  expect(err).toContain("BAD_KEY");
});

interface End {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args);
  children.push(child);
  return child;
}

function conclave(line: string): Promise<End> {
  return end(partOf(line));
}

function partOf(line: string): readonly string[] {
  const [command, ...rest] = line.split(" ");
  return [`cli/${command}.ts`, ...rest];
}

async function end(args: readonly string[]): Promise<End> {
  const child = start(args);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
