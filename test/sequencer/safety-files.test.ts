import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import { Epoch, genesisHash, Height, View } from "../../protocol/index.ts";
import { nothingPromised, type Promises } from "../../sequencer/promises.ts";
import {
  exportSafety,
  importSafety,
  type SafetyPorts,
  startSafety,
} from "../../sequencer/safety-files.ts";
import { fromSafetyJson } from "../../sequencer/safety-json.ts";
import { importPromises } from "../../sequencer/safety-store.ts";
import { openStore } from "../../sequencer/storage/index.ts";
import { genesis } from "../protocol/examples.ts";
import { silentLogger } from "./silent-logger.ts";

const publicKey = new Uint8Array(48).fill(7);
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const promises: Promises = {
  incarnation: 3,
  safety: [
    {
      epoch: Epoch(0),
      lastPrepare: View(9),
      prepareHash: fill(1),
      lastCommit: View(8),
      lastSkip: View(7),
    },
    {
      epoch: Epoch(1),
      lastPrepare: View(2),
      prepareHash: fill(2),
      lastCommit: View(1),
      lastSkip: View(0),
    },
  ],
  attested: [
    {
      number: 4,
      epoch: Epoch(0),
      height: Height(40),
      blockHash: fill(3),
      rollupsRoot: fill(4),
      next: fill(5),
    },
  ],
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-safety-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function machine(name: string, key = publicKey): SafetyPorts & { readonly marks: string[] } {
  const marks: string[] = [];
  return {
    marks,
    genesis,
    config: {
      dataDirectory: join(folder, name),
      keys: { validator: "v", network: "n", keyShare: "k", password: { file: "p" } },
    },
    openStore: (path, hash) => openStore(path, { genesisHash: hash, logger: silentLogger }),
    publicKey: () => Promise.resolve(key),
    leaveMark: (path) => Promise.resolve(marks.push(path) > 0),
  };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => "none",
    (reason: unknown) => reason,
  );
  return error instanceof CodedError ? error.code : String(error);
}

/** A machine whose validator has signed. */
async function worn(name: string): Promise<SafetyPorts> {
  const ports = machine(name);
  const hash = genesisHash(genesis);
  const safety = await ports.openStore(join(folder, name, "safety"), hash);
  const main = await ports.openStore(join(folder, name, "store"), hash);
  await importPromises({ main, safety, publicKey }, promises);
  await safety.close();
  await main.close();
  return ports;
}

test("what is exported on one machine binds the key on another", async () => {
  const file = join(folder, "safety.json");
  expect(await exportSafety(await worn("old"), file)).toEqual(promises);
  const fresh = machine("new");
  expect(await importSafety(fresh, file)).toEqual(promises);
  expect(fresh.marks).toEqual(["v"]);
  const again = join(folder, "again.json");
  await exportSafety(fresh, again);
  expect(readFileSync(again, "utf8")).toBe(readFileSync(file, "utf8"));
});

test("an import on a machine that knows more lowers nothing", async () => {
  const file = join(folder, "safety.json");
  await exportSafety(await worn("old"), file);
  const lower = JSON.parse(readFileSync(file, "utf8")) as {
    data: { incarnation: number; epochs: { lastCommit: number; lastSkip: number }[] };
  };
  const [first] = lower.data.epochs;
  lower.data.incarnation = 1;
  Object.assign(first ?? {}, { lastCommit: 1, lastSkip: 8 });
  writeFileSync(file, JSON.stringify(lower));
  const merged = await importSafety(machine("old"), file);
  expect(merged.incarnation).toBe(3);
  expect(merged.safety[0]).toMatchObject({ lastCommit: 8, lastSkip: 8 });
});

test("a file is not written over, and a machine without a record exports none", async () => {
  const file = join(folder, "safety.json");
  const old = await worn("old");
  await exportSafety(old, file);
  expect(await codeOf(exportSafety(old, file))).toBe("FILE_EXISTS");
  expect(await codeOf(exportSafety(machine("new"), join(folder, "x")))).toBe("SAFETY_MISSING");
});

test("none of it works while a node has the stores", async () => {
  const old = await worn("old");
  const file = join(folder, "safety.json");
  await exportSafety(old, file);
  const held = await old.openStore(join(folder, "old", "safety"), genesisHash(genesis));
  expect(await codeOf(exportSafety(old, join(folder, "x")))).toBe("LOCKED");
  expect(await codeOf(importSafety(old, file))).toBe("LOCKED");
  expect(await codeOf(startSafety(old))).toBe("LOCKED");
  await held.close();
});

test("a file of another chain or key is refused", async () => {
  const file = join(folder, "safety.json");
  await exportSafety(await worn("old"), file);
  const elsewhere = { ...machine("new"), genesis: { ...genesis, chainId: 99 } };
  expect(await codeOf(importSafety(elsewhere, file))).toBe("WRONG_GENESIS");
  const other = machine("new", new Uint8Array(48).fill(8));
  expect(await codeOf(importSafety(other, file))).toBe("WRONG_KEY");
});

test("a key that has never signed gets a record on the operator's word, once", async () => {
  const ports = machine("new");
  expect(await startSafety(ports)).toEqual(nothingPromised);
  expect(await codeOf(startSafety(ports))).toBe("SAFETY_EXISTS");
});

test.each<[string, (file: Json) => void]>([
  ["metadata.interchangeFormat", (file) => (file.metadata["interchangeFormat"] = "x")],
  ["metadata.interchangeVersion", (file) => (file.metadata["interchangeVersion"] = 2)],
  ["metadata.genesisHash", (file) => (file.metadata["genesisHash"] = "0x00")],
  ["metadata", (file) => (file.metadata["more"] = 1)],
  ["data.incarnation", (file) => (file.data["incarnation"] = -1)],
  ["data.epochs[1].epoch", ({ data }) => Object.assign(data.epochs[1] ?? {}, { epoch: 0 })],
  ["data.epochs[0]", ({ data }) => delete data.epochs[0]?.["lastSkip"]],
  [
    "data.epochs[0].lastCheckpoint.hash",
    ({ data }) => Object.assign(data.epochs[0]?.["lastCheckpoint"] as object, { height: 41 }),
  ],
])("a file in which %s is wrong is refused, and says so", async (field, spoil) => {
  const path = join(folder, "safety.json");
  await exportSafety(await worn("old"), path);
  const file = JSON.parse(readFileSync(path, "utf8")) as Json;
  spoil(file);
  expect(() => fromSafetyJson(file)).toThrow(field);
});

interface Json {
  metadata: Record<string, unknown>;
  data: { epochs: Record<string, unknown>[] } & Record<string, unknown>;
}
