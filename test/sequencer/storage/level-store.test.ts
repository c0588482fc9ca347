import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Store, u64Bytes, utf8 } from "../../../base/index.ts";
import { spaces } from "../../../protocol/index.ts";
import { openStore } from "../../../sequencer/storage/index.ts";
import { silentLogger } from "../silent-logger.ts";

const genesisHash = new Uint8Array(32).fill(7);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-store-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function open(genesis: Uint8Array = genesisHash, path: string = folder): Promise<Store> {
  return openStore(path, { genesisHash: genesis, logger: silentLogger });
}

test("what was written is there after closing and opening again", async () => {
  const first = await open();
  void first.write([{ space: "b", key: utf8("key"), value: utf8("value") }], { sync: false });
  await first.close();
  const second = await open();
  expect(await second.get("b", utf8("key"))).toEqual(utf8("value"));
  await second.close();
});

test("a store that another has open is refused as locked", async () => {
  const holder = await open();
  await expect(open()).rejects.toMatchObject({ name: "CodedError", code: "LOCKED" });
  await holder.close();
});

test("another chain's store is refused, and may still be opened by its own", async () => {
  await (await open()).close();
  await expect(open(new Uint8Array(32))).rejects.toMatchObject({ code: "WRONG_GENESIS" });
  await (await open()).close();
});

test("a store of another schema version is refused", async () => {
  const store = await open();
  const schema = { space: spaces.meta, key: utf8("schema"), value: Uint8Array.of(0) };
  await store.write([schema], { sync: true });
  await store.close();
  await expect(open()).rejects.toMatchObject({ code: "WRONG_SCHEMA" });
});

test("a path that is no folder cannot be opened", async () => {
  const path = join(folder, "file");
  await writeFile(path, "");
  await expect(open(genesisHash, path)).rejects.toMatchObject({ code: "OPEN_FAILED" });
});

test("a write after the store is gone fails with a code, and so does a read", async () => {
  const store = await open();
  await store.close();
  const write = { space: "b", key: utf8("key"), value: utf8("value") };
  await expect(store.write([write], { sync: true })).rejects.toMatchObject({
    code: "WRITE_FAILED",
  });
  await expect(store.get("b", utf8("key"))).rejects.toMatchObject({ code: "READ_FAILED" });
});

test("after kill -9 every acknowledged batch is there, and each batch whole or not at all", async () => {
  for (let round = 0; round < 3; round++) {
    const writer = startWriter();
    let acknowledged = 0;
    for await (const line of createInterface(writer.stdout)) {
      acknowledged = Number(line);
      if (acknowledged % 100 === 50) break;
    }
    writer.kill("SIGKILL");
    await once(writer, "exit");

    const store = await open();
    const left = await store.range("b");
    const right = await store.range("c");
    await store.close();
    expect(acknowledged).toBeGreaterThan(0);
    expect(left.length).toBeGreaterThanOrEqual(acknowledged);
    expect(left.map(({ key }) => key)).toEqual(right.map(({ key }) => key));
    expect(left.at(-1)?.key).toEqual(u64Bytes(left.length));
  }
});

function startWriter(): ChildProcessByStdio<null, Readable, null> {
  const script = new URL("./endless-writer.ts", import.meta.url);
  return spawn(process.execPath, [script.pathname, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
