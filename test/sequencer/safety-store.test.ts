import { expect, test } from "vitest";
import { CodedError, type Store, u64Bytes, utf8, type Write } from "../../base/index.ts";
import { encodeSafety, safetyKey, type SafetyState } from "../../consensus/index.ts";
import {
  type Checkpoint,
  encodeCheckpoint,
  Epoch,
  Height,
  spaces,
  View,
} from "../../protocol/index.ts";
import { type Promises, readPromises } from "../../sequencer/promises.ts";
import { nextIncarnation } from "../../sequencer/recovery.ts";
import {
  claimSafety,
  exportPromises,
  importPromises,
  initSafety,
  joinStores,
} from "../../sequencer/safety-store.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";

const publicKey = new Uint8Array(48).fill(7);
const anotherKey = new Uint8Array(48).fill(8);
const blockKey = new Uint8Array(32).fill(3);
const block: Write = { space: spaces.block, key: blockKey, value: Uint8Array.of(1) };

function votesUpTo(view: number, fill = 1): SafetyState {
  return {
    epoch: Epoch(0),
    lastPrepare: View(view),
    prepareHash: new Uint8Array(32).fill(fill),
    lastCommit: View(view - 1),
    lastSkip: View(view - 2),
  };
}

function vote(view: number, fill?: number): Write {
  const value = encodeSafety(votesUpTo(view, fill));
  return { space: spaces.safety, key: safetyKey(Epoch(0)), value };
}

function checkpointAt(height: number, fill = 1): Checkpoint {
  const bytes = new Uint8Array(32).fill(fill);
  const [blockHash, rollupsRoot, next] = [bytes, bytes, new Uint8Array(32)];
  return { number: 1, epoch: Epoch(0), height: Height(height), blockHash, rollupsRoot, next };
}

function attest(height: number, fill?: number): Write {
  const value = encodeCheckpoint(checkpointAt(height, fill));
  return { space: spaces.attested, key: u64Bytes(height), value };
}

/** A disk of two stores, and what is written on them in which order. */
class Disk {
  main: Store = memoryStore();
  safety: Store = memoryStore();
  readonly log: string[] = [];
  /** Power is lost when so many more batches have been written. */
  batchesLeft = Infinity;

  async start(hasSigned = false, key = publicKey): Promise<Store> {
    this.batchesLeft = Infinity;
    await claimSafety({ main: this.main, safety: this.safety, publicKey: key }, hasSigned);
    return this.joined();
  }

  joined(): Store {
    return joinStores({ main: this.#watch("main"), safety: this.#watch("safety") });
  }

  #watch(name: "main" | "safety"): Store {
    const store = this[name];
    return {
      get: (space, key) => store.get(space, key),
      range: (space, options) => store.range(space, options),
      close: () => store.close(),
      write: async (batch, options) => {
        if (this.batchesLeft-- <= 0) throw new Error("power is lost");
        await store.write(batch, options);
        this.log.push(`${name} ${batch.map(({ space }) => space).join("")} ${options.sync}`);
      },
    };
  }
}

async function copyOf(store: Store): Promise<Store> {
  const copy = memoryStore();
  for (const space of Object.values(spaces))
    for (const { key, value } of await store.range(space))
      await copy.write([{ space, key, value }], { sync: true });
  return copy;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => "none",
    (reason: unknown) => reason,
  );
  return error instanceof CodedError ? error.code : String(error);
}

test("a vote and what it rests on go to the main store, and the vote then to the safety store", async () => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([block, vote(5)], { sync: true });
  expect(disk.log).toEqual(["main bs true", "safety s true"]);
  expect(await disk.safety.get(spaces.block, blockKey)).toBeUndefined();
  expect(await store.get(spaces.block, blockKey)).toEqual(block.value);
});

test("a vote alone carries down in the main store what was written unsynced before it", async () => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([block], { sync: false });
  await store.write([vote(5)], { sync: true });
  expect(disk.log).toEqual(["main b false", "main s true", "safety s true"]);
});

test("what binds no key does not trouble the safety store", async () => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([block], { sync: true });
  expect(disk.log).toEqual(["main b true"]);
});

test.each([
  ["before the main store has it", 0, 4],
  ["between the two stores", 1, 5],
  ["after the safety store has it", 2, 5],
])("a crash %s loses no vote that was sent", async (_, batches, prepared) => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([vote(4), attest(10)], { sync: true });
  disk.batchesLeft = batches;
  const isWritten = await store.write([block, vote(5), attest(20)], { sync: true }).then(
    () => true,
    () => false,
  );
  const { safety, attested } = await readPromises(await disk.start());
  expect(safety).toEqual([votesUpTo(prepared)]);
  expect(attested.at(-1)?.height).toBe(prepared === 5 ? 20 : 10);
  // Only a write that was done lets the vote out, and the block it is on is there.
  if (isWritten) expect(prepared).toBe(5);
  const held = await disk.main.get(spaces.block, blockKey);
  expect(held === undefined).toBe(prepared === 4);
});

test("a main store that is set back takes no vote back, and counts the starts on", async () => {
  const disk = new Disk();
  const first = await disk.start();
  expect(await nextIncarnation(first)).toBe(1);
  await first.write([vote(4), attest(10)], { sync: true });
  const backup = await copyOf(disk.main);
  await first.write([block, vote(9), attest(20)], { sync: true });
  disk.main = backup;
  const store = await disk.start();
  expect((await readPromises(store)).safety).toEqual([votesUpTo(9)]);
  expect((await readPromises(store)).attested).toEqual([checkpointAt(10), checkpointAt(20)]);
  expect(await store.get(spaces.block, blockKey)).toBeUndefined();
  expect(await nextIncarnation(store)).toBe(2);
});

test("a main store that is gone altogether takes no vote back", async () => {
  const disk = new Disk();
  await (await disk.start()).write([vote(9)], { sync: true });
  disk.main = memoryStore();
  expect((await readPromises(await disk.start(true))).safety).toEqual([votesUpTo(9)]);
});

test("a safety store that is set back is made whole by what the main store knows", async () => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([vote(4)], { sync: true });
  const backup = await copyOf(disk.safety);
  await store.write([vote(9), attest(20)], { sync: true });
  disk.safety = backup;
  const { safety, attested } = await readPromises(await disk.start());
  expect([safety, attested]).toEqual([[votesUpTo(9)], [checkpointAt(20)]]);
});

test("a key that has signed does not start without its safety store, until it is told", async () => {
  const disk = new Disk();
  await (await disk.start()).write([vote(4)], { sync: true });
  disk.safety = memoryStore();
  expect(await codeOf(disk.start())).toBe("SAFETY_MISSING");
  expect(await codeOf(exportPromises(disk.safety, publicKey))).toBe("SAFETY_MISSING");
  const parts = { main: disk.main, safety: disk.safety, publicKey };
  expect((await initSafety(parts)).safety).toEqual([votesUpTo(4)]);
  expect(await codeOf(initSafety(parts))).toBe("SAFETY_EXISTS");
  expect(await codeOf(disk.start())).toBe("none");
});

test("a mark beside the key forbids to start with an empty data directory", async () => {
  expect(await codeOf(new Disk().start(true))).toBe("SAFETY_MISSING");
  expect(await codeOf(new Disk().start(false))).toBe("none");
});

test("a safety store of another key is refused", async () => {
  const disk = new Disk();
  await disk.start();
  expect(await codeOf(disk.start(false, anotherKey))).toBe("SAFETY_OF_ANOTHER_KEY");
  expect(await codeOf(exportPromises(disk.safety, anotherKey))).toBe("SAFETY_OF_ANOTHER_KEY");
});

test("a main store that was copied from another validator brings none of its promises", async () => {
  const disk = new Disk();
  const store = await disk.start();
  await store.write([block, vote(9), attest(20)], { sync: true });
  const copy = new Disk();
  copy.main = await copyOf(disk.main);
  const other = await copy.start(false, anotherKey);
  expect(await readPromises(other)).toEqual({ incarnation: 0, safety: [], attested: [] });
  expect(await other.get(spaces.block, blockKey)).toEqual(block.value);
  expect(await copy.main.range(spaces.attested)).toEqual([]);
});

test.each([Infinity, 0, 1])(
  "promises that stood in the main store move to the safety store, with a crash after %s batches",
  async (batches) => {
    const disk = new Disk();
    const counted = { space: spaces.meta, key: utf8("incarnation"), value: u64Bytes(6) };
    await disk.main.write([block, vote(9), attest(20), counted], { sync: true });
    let left = batches;
    const dying = (store: Store): Store => ({
      ...store,
      write: async (batch, options) => {
        if (left-- <= 0) throw new Error("power is lost");
        await store.write(batch, options);
      },
    });
    const { main, safety } = disk;
    await claimSafety({ main: dying(main), safety: dying(safety), publicKey }, false).catch(
      () => undefined,
    );
    const moved: Promises = {
      incarnation: 6,
      safety: [votesUpTo(9)],
      attested: [checkpointAt(20)],
    };
    expect(await readPromises(await disk.start())).toEqual(moved);
    expect(await readPromises(disk.safety)).toEqual(moved);
    expect(await main.get(spaces.meta, utf8("incarnation"))).toBeUndefined();
    // Once: a main store as it was before does not count as the first start of the key again.
    disk.safety = memoryStore();
    expect(await codeOf(disk.start())).toBe("SAFETY_MISSING");
  },
);

test("what is imported raises marks and never lowers them", async () => {
  const disk = new Disk();
  await (await disk.start()).write([vote(5), attest(10)], { sync: true });
  const parts = { main: disk.main, safety: disk.safety, publicKey };
  const lower: Promises = { incarnation: 0, safety: [votesUpTo(3)], attested: [] };
  expect((await importPromises(parts, lower)).safety).toEqual([votesUpTo(5)]);
  const higher: Promises = {
    incarnation: 9,
    safety: [{ ...votesUpTo(4), lastSkip: View(8) }],
    attested: [checkpointAt(30)],
  };
  expect(await importPromises(parts, higher)).toEqual({
    incarnation: 9,
    safety: [{ ...votesUpTo(5), lastSkip: View(8) }],
    attested: [checkpointAt(10), checkpointAt(30)],
  });
});

test("records that no honest key can have are told apart from those of one", async () => {
  const disk = new Disk();
  await (await disk.start()).write([vote(5, 1), attest(10, 1)], { sync: true });
  const parts = { main: disk.main, safety: disk.safety, publicKey };
  const twice: Promises = { incarnation: 1, safety: [votesUpTo(5, 2)], attested: [] };
  expect(await codeOf(importPromises(parts, twice))).toBe("SAFETY_CONTRADICTION");
  const fork: Promises = { incarnation: 1, safety: [], attested: [checkpointAt(10, 2)] };
  expect(await codeOf(importPromises(parts, fork))).toBe("SAFETY_CONTRADICTION");
});

test("a damaged record stops the key", async () => {
  const disk = new Disk();
  await (await disk.start()).write([vote(5)], { sync: true });
  const key = safetyKey(Epoch(0));
  const write = { space: spaces.safety, key, value: Uint8Array.of(1) };
  await disk.safety.write([write], { sync: true });
  expect(await codeOf(disk.start())).toBe("SAFETY_DAMAGED");
});
