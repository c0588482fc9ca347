import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toGenesisJson } from "../../../protocol/index.ts";
import { toSpecJson } from "../../../rollup/node/index.ts";
import { readSettlementOptions } from "../../../rollup/settlement/index.ts";
import { genesis } from "../../sdk/chain.ts";
import { spec } from "../node/specs.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "settlement-"));
  writeFileSync(join(folder, "genesis.json"), JSON.stringify(toGenesisJson(genesis)));
  writeFileSync(join(folder, "spec.json"), JSON.stringify(toSpecJson(spec)));
  writeFileSync(join(folder, "key"), `0x${"07".repeat(32)}\n`);
  writeFileSync(join(folder, "short"), "0x07");
});

afterAll(() => rmSync(folder, { recursive: true }));

function args(change: Readonly<Record<string, string>> = {}): string[] {
  const given = {
    genesis: join(folder, "genesis.json"),
    spec: join(folder, "spec.json"),
    endpoints: "http://a,http://b",
    l1: "http://127.0.0.1:8545",
    key: join(folder, "key"),
    ...change,
  };
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
}

test("what is given is read, and the rest is ten minutes", () => {
  expect(readSettlementOptions(args({ every: "5" }))).toMatchObject({
    spec,
    endpoints: ["http://a", "http://b"],
    key: new Uint8Array(32).fill(7),
    everySeconds: 5,
    idleSeconds: 600,
    isGuardian: false,
    json: false,
  });
  expect(readSettlementOptions([...args(), "--guardian"])).toMatchObject({ isGuardian: true });
  expect(readSettlementOptions(["--help"])).toBeUndefined();
});

test.each([
  ["--l1", { l1: "nowhere" }],
  ["--every", { every: "soon" }],
  ["--key", { key: "/nowhere/key" }],
  ["--spec", { spec: "/nowhere/spec.json" }],
  ["--unknown", { unknown: "1" }],
])("%s is named when it is wrong", (name, change) => {
  expect(() => readSettlementOptions(args(change))).toThrow(name);
});

test("a key that is none is refused without a word of what it is", () => {
  expect(() => readSettlementOptions(args({ key: join(folder, "short") }))).toThrow(
    "--key must be a file of 32 bytes of hex",
  );
});
