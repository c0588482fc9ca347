import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toGenesisJson } from "../../../protocol/index.ts";
import { toSpecJson } from "../../../rollup/node/index.ts";
import { readNodeOptions } from "../../../rollup/node/options.ts";
import { genesis } from "../../sdk/chain.ts";
import { spec } from "./specs.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-node-options-"));
  write("genesis.json", toGenesisJson(genesis));
  write("spec.json", toSpecJson(spec));
  write("markets.json", [{ id: 7, name: "BTC-PERP", tickSize: "0.1" }]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("what is required is enough, and then it serves nobody and leaves L1 alone", () => {
  expect(read("run", "--data=d", "--threads=3")).toEqual({
    command: "run",
    genesis,
    spec,
    endpoints: ["http://a", "http://b"],
    threads: 3,
    json: false,
    data: "d",
    snapshot: undefined,
    snapshotEvery: undefined,
    api: undefined,
    settle: undefined,
  });
  const root = `0x${"ab".repeat(32)}`;
  expect(read("audit", "--batch=5", `--root=${root}`, "--node=http://n")).toMatchObject({
    command: "audit",
    batch: 5,
    root: new Uint8Array(32).fill(0xab),
    node: "http://n",
  });
});

test("it is told how to serve traders", () => {
  const markets = join(folder, "markets.json");
  expect(read("run", "--data=d", "--api-port=80", `--markets=${markets}`)).toMatchObject({
    api: {
      port: 80,
      host: "127.0.0.1",
      markets: [{ id: 7, name: "BTC-PERP", tickSize: "0.1" }],
      relayKey: undefined,
    },
  });
});

test("what is missing, unknown or out of range is refused by name", () => {
  write("broken.json", [{ id: 7, name: "BTC-PERP", tickSize: "0.1", note: 1 }]);
  write("unnamed.json", [{ id: 7, name: "", tickSize: "0.1" }]);
  for (const [name, ...args] of [
    ["--data"],
    ["--threads", "--data=d", "--threads=65"],
    ["--api-port", "--data=d", "--api-port=65536"],
    ["--markets", "--data=d", "--api-port=1", `--markets=${join(folder, "broken.json")}`],
    ["--markets", "--data=d", "--api-port=1", `--markets=${join(folder, "unnamed.json")}`],
    ["--walk", "--data=d", "--walk=1"],
  ] as const)
    expect(() => read("run", ...args)).toThrow(name);
  for (const option of ["--root=0x12", "--node=nowhere", "--batch=-1"])
    expect(() => read("audit", option)).toThrow(option.split("=")[0] ?? "");
  expect(() => readNodeOptions(["walk"])).toThrow("walk");
  expect(readNodeOptions([])).toBeUndefined();
  expect(readNodeOptions(["run", "--help"])).toBeUndefined();
});

function read(command: string, ...args: readonly string[]): unknown {
  return readNodeOptions([
    command,
    `--genesis=${join(folder, "genesis.json")}`,
    `--spec=${join(folder, "spec.json")}`,
    "--endpoints=http://a,http://b",
    ...args,
  ]);
}

function write(name: string, json: unknown): void {
  writeFileSync(join(folder, name), JSON.stringify(json));
}
