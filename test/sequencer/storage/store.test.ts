import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Store, toHex, u64Bytes, utf8, type Write } from "../../../base/index.ts";
import { memoryStore, openStore } from "../../../sequencer/storage/index.ts";
import { silentLogger } from "../silent-logger.ts";

const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function levelStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "conclave-store-"));
  folders.push(folder);
  return openStore(folder, { genesisHash: new Uint8Array(32), logger: silentLogger });
}

describe.each([
  ["on disk", levelStore],
  ["in memory", () => Promise.resolve(memoryStore())],
])("a store %s", (_, create) => {
  async function open(): Promise<Store> {
    const store = await create();
    stores.push(store);
    return store;
  }

  test("gives back what was written, and nothing for what was not", async () => {
    const store = await open();
    await store.write([put("b", "key", "value")], { sync: true });
    expect(await store.get("b", utf8("key"))).toEqual(utf8("value"));
    expect(await store.get("b", utf8("other"))).toBeUndefined();
    expect(await store.get("c", utf8("key"))).toBeUndefined();
  });

  test("forgets what was deleted, and the last write of a batch counts", async () => {
    const store = await open();
    await store.write([put("b", "a", "1"), put("b", "z", "2")], { sync: false });
    const remove = { space: "b", key: utf8("a"), value: undefined };
    await store.write([remove, put("b", "z", "3"), put("b", "z", "4")], { sync: false });
    expect(await store.get("b", utf8("a"))).toBeUndefined();
    expect(await store.get("b", utf8("z"))).toEqual(utf8("4"));
  });

  test("keeps empty keys and empty values apart from absent ones", async () => {
    const store = await open();
    await store.write([put("b", "", "")], { sync: false });
    expect(await store.get("b", utf8(""))).toEqual(new Uint8Array());
    expect(await store.range("b")).toEqual([{ key: new Uint8Array(), value: new Uint8Array() }]);
  });

  test("ranges run in key order within one space, from included, to excluded", async () => {
    const store = await open();
    const heights = [256, 1, 2, 255];
    await store.write(
      heights.map((height) => ({ space: "h", key: u64Bytes(height), value: utf8(`${height}`) })),
      { sync: false },
    );
    await store.write([put("g", "before", ""), put("i", "after", "")], { sync: false });
    expect(await values(store, {})).toEqual(["1", "2", "255", "256"]);
    expect(await values(store, { reverse: true, limit: 2 })).toEqual(["256", "255"]);
    expect(await values(store, { from: u64Bytes(2), to: u64Bytes(256) })).toEqual(["2", "255"]);
    expect(await values(store, { to: u64Bytes(256), reverse: true, limit: 1 })).toEqual(["255"]);
    expect(await values(store, { from: u64Bytes(3), limit: 1 })).toEqual(["255"]);
    expect(await values(store, { limit: 0 })).toEqual([]);
  });

  test("batches written at once are carried out in the order they were handed in", async () => {
    const store = await open();
    const written = Array.from({ length: 200 }, (_unused, i) =>
      store.write([put("b", "counter", `${i}`)], { sync: i % 7 === 0 }),
    );
    await Promise.all(written);
    expect(await store.get("b", utf8("counter"))).toEqual(utf8("199"));
  });

  test("is not changed by what its callers do to their bytes", async () => {
    const store = await open();
    const value = utf8("value");
    await store.write([{ space: "b", key: utf8("key"), value }], { sync: false });
    value.fill(0);
    (await store.get("b", utf8("key")))?.fill(0);
    expect(await store.get("b", utf8("key"))).toEqual(utf8("value"));
  });

  test("answers like a sorted map, whatever is written", async () => {
    const store = await open();
    const key = fc.uint8Array({ maxLength: 3 });
    const write = fc.record({ key, value: fc.option(fc.uint8Array(), { nil: undefined }) });
    const model = new Map<string, Uint8Array>();
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 20 }), key, key, async (writes, from, to) => {
        await store.write(
          writes.map((each) => ({ space: "b", ...each })),
          { sync: false },
        );
        for (const each of writes)
          if (each.value === undefined) model.delete(toHex(each.key));
          else model.set(toHex(each.key), each.value);
        const expected = [...model]
          .filter(([hex]) => toHex(from) <= hex && hex < toHex(to))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const found = await store.range("b", { from, to });
        expect(found.map((entry) => [toHex(entry.key), entry.value])).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

async function values(
  store: Store,
  options: { from?: Uint8Array; to?: Uint8Array; limit?: number; reverse?: boolean },
): Promise<string[]> {
  const entries = await store.range("h", options);
  return entries.map(({ value }) => new TextDecoder().decode(value));
}

function put(space: string, key: string, value: string): Write {
  return { space, key: utf8(key), value: utf8(value) };
}
