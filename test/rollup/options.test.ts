import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOptions } from "../../rollup/options.ts";
import { toGenesisJson } from "../../sdk/index.ts";
import { genesis } from "../sdk/chain.ts";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-options-"));
  file = join(folder, "genesis.json");
  writeFileSync(file, JSON.stringify(toGenesisJson(genesis)));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("what is required is enough", () => {
  expect(readOptions(required())).toEqual({
    namespace: 3,
    endpoints: ["http://a", "http://b"],
    genesis,
    settlement: new Uint8Array(20),
    from: 1,
    cursor: undefined,
    json: false,
  });
  const settlement = `0x${"ab".repeat(20)}`;
  expect(
    readOptions([...required(), "--from=9", "--json", "--cursor=c", `--settlement=${settlement}`]),
  ).toMatchObject({ from: 9, json: true, cursor: "c", settlement: new Uint8Array(20).fill(0xab) });
});

test("what is missing, unknown or out of range is refused by name", () => {
  for (const name of ["--namespace", "--endpoints", "--genesis"])
    expect(() => readOptions(required().filter((each) => !each.startsWith(name)))).toThrow(name);
  for (const option of [
    "--namespace=4294967296",
    "--namespace=1.5",
    "--from=x",
    "--from=",
    "--settlement=0x12",
    "--speed=9",
    `--genesis=${join("nowhere", "genesis.json")}`,
    "stray",
  ])
    expect(() => readOptions([...required(), option]), option).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
});

test("a genesis that is not strict JSON of one is refused as such", () => {
  writeFileSync(join(folder, "bad.json"), JSON.stringify({ ...toGenesisJson(genesis), more: 1 }));
  expect(() => readOptions([...required(), `--genesis=${join(folder, "bad.json")}`])).toThrow(
    expect.objectContaining({ code: "BAD_GENESIS" }),
  );
});

function required(): string[] {
  return ["--namespace=3", "--endpoints=http://a,http://b", `--genesis=${file}`];
}
