import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine, genesisState, type State } from "../../../rollup/engine/index.ts";
import { RollupStore, RootReplay, type Stored, StateTrees } from "../../../rollup/state/index.ts";
import { toHex } from "../../../sdk/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { settings } from "../engine/campaign.ts";
import { type History, historyOf, owner, positionOf } from "./history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-rollup-store-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A node as far as its state goes: an engine, its trees, and the store behind them. */
class Node {
  readonly #store: RollupStore;
  readonly #engine: Engine;
  readonly #trees: StateTrees;

  private constructor(store: RollupStore, state: State, trees: StateTrees) {
    this.#store = store;
    this.#engine = new Engine(state);
    this.#trees = trees;
  }

  static async start({ parameters }: History): Promise<Node> {
    const store = await RollupStore.open(folder, owner);
    const stored = await store.load();
    if (stored !== undefined) return new Node(store, stored.state, stored.trees);
    const state = genesisState(parameters);
    return new Node(store, state, new StateTrees(owner.namespace, state, []));
  }

  async run({ batch, root, events }: History["steps"][number]): Promise<void> {
    const outcome = this.#engine.apply(batch);
    this.#trees.apply(outcome);
    expect(toHex(this.#trees.root)).toBe(root);
    expect(outcome.events).toEqual(events);
    const position = positionOf(batch.number);
    const { state } = this.#engine;
    await this.#store.commit({ state, outcome, root: this.#trees.root, position });
  }

  stop(): Promise<void> {
    return this.#store.close();
  }
}

async function loaded(): Promise<Stored | undefined> {
  const store = await RollupStore.open(folder, owner);
  try {
    return await store.load();
  } finally {
    await store.close();
  }
}

/** With some batches in the store. */
async function filled(batches = 40): Promise<History> {
  const history = historyOf({ seed: 3, batches });
  const node = await Node.start(history);
  for (const step of history.steps) await node.run(step);
  await node.stop();
  return history;
}

test("a node that is stopped and started anywhere has the roots and events of one that never was", async () => {
  let restarts = 0;
  for (const [at, setting] of settings.entries()) {
    const random = new SeededRandom(at);
    const history = historyOf({ ...setting, seed: 81 + at, batches: 50 });
    let node = await Node.start(history);
    for (const step of history.steps) {
      await node.run(step);
      if (!random.chance(0.3)) continue;
      await node.stop();
      node = await Node.start(history);
      restarts++;
    }
    await node.stop();
    await rm(folder, { recursive: true });
  }
  expect(restarts).toBeGreaterThan(70);
  await RollupStore.open(folder, owner).then((store) => store.close());
});

test("what was written is found: state, withdrawals, free slots and the place in the chain", async () => {
  const { steps, parameters } = await filled();
  const replay = new RootReplay(owner.namespace, parameters);
  const withdrawals = steps.flatMap(({ batch }) => replay.apply(batch).outcome.withdrawals);
  const stored = await loaded();
  expect(stored?.position).toEqual(positionOf(40));
  expect(stored?.withdrawals).toEqual(withdrawals);
  expect(withdrawals.length).toBeGreaterThan(0);
  expect(stored?.state.orders.length).toBe(replay.state.orders.length);
  expect(stored?.state.orders.includes(undefined)).toBe(true);
  expect(stored?.trees.root).toEqual(replay.root);
  expect(stored?.trees.outbox.count).toBe(withdrawals.length);
});

test("an empty store has nothing to load, and a place without a batch is kept once there is a state", async () => {
  const store = await RollupStore.open(folder, owner);
  expect(await store.load()).toBeUndefined();
  await store.move(positionOf(1));
  expect(await store.load()).toBeUndefined();
  await store.close();
  await filled(2);
  const again = await RollupStore.open(folder, owner);
  const closing = { ...positionOf(9), anchor: { ...positionOf(9).anchor, isClosing: true } };
  await again.move(closing);
  await again.close();
  const stored = await loaded();
  expect(stored?.position).toEqual(closing);
  expect(stored?.state.globals.batch).toBe(2);
});

test("a store that is another rollup's, or is open, is refused", async () => {
  const store = await RollupStore.open(folder, owner);
  await expect(RollupStore.open(folder, owner)).rejects.toMatchObject({ code: "LOCKED" });
  await store.close();
  for (const other of [
    { ...owner, namespace: 8 },
    { ...owner, specHash: new Uint8Array(32) },
    { ...owner, genesisHash: new Uint8Array(32) },
  ])
    await expect(RollupStore.open(folder, other)).rejects.toMatchObject({ code: "WRONG_STORE" });
  await (await RollupStore.open(folder, owner)).close();
});

test("batches out of turn are a mistake, and after a failed write there is no other", async () => {
  const history = await filled(3);
  const store = await RollupStore.open(folder, owner);
  const stored = await store.load();
  if (stored === undefined) throw new Error("nothing was stored");
  const { state, trees, position } = stored;
  const none = { dirty: { accounts: [], orders: [], markets: [] }, withdrawals: [] };
  const commit = { state, outcome: none, root: trees.root, position };
  await expect(store.commit(commit)).rejects.toThrow("in turn");
  state.globals.batch += 1;
  await store.close();
  await expect(store.commit(commit)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  await expect(store.commit(commit)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  expect((await loaded())?.state.globals.batch).toBe(history.steps.length);
});

type Spoil = (database: ClassicLevel<Uint8Array, Uint8Array>) => Promise<void>;

const damages: readonly (readonly [string, Spoil])[] = [
  ["a missing account", async (database) => database.del(await firstKey(database, "a"))],
  ["a missing withdrawal", async (database) => database.del(await firstKey(database, "w"))],
  ["a missing order", async (database) => database.del(await firstKey(database, "o"))],
  ["an account of another owner", (database) => flipped(database, "a", 5)],
  ["another amount withdrawn", (database) => flipped(database, "w", 39)],
  ["an order that cannot be read", (database) => flipped(database, "o", 16)],
  ["a head that cannot be read", (database) => flipped(database, "h", 0)],
  ["another root in its head", (database) => flipped(database, "h", 330)],
];

async function firstKey(database: ClassicLevel<Uint8Array, Uint8Array>, kind: string) {
  const [key] = await database.keys({ gte: Buffer.from(kind), limit: 1 }).all();
  return key as Uint8Array;
}

async function flipped(database: Parameters<Spoil>[0], kind: string, at: number): Promise<void> {
  const key = await firstKey(database, kind);
  const value = Uint8Array.from((await database.get(key)) as Uint8Array);
  value[at] = (value[at] as number) ^ 0xff;
  await database.put(key, value);
}

test.each(damages)("a store with %s is found damaged", async (_, spoil) => {
  await filled();
  const options = { keyEncoding: "view", valueEncoding: "view" } as const;
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, options);
  await database.open();
  await spoil(database);
  await database.close();
  await expect(loaded()).rejects.toMatchObject({ code: "BAD_STORE" });
});

test("a process that is killed at any moment leaves the state after one whole batch, and no earlier than it said", async () => {
  const seed = 91;
  const batches = 150;
  const history = historyOf({ seed, batches });
  const random = new SeededRandom(1);
  let found = 0;
  for (let kill = 0; kill < 3; kill++) {
    const said = await killedAfter(random.between(1, 30), { seed, batches });
    const stored = await loaded();
    found = stored?.state.globals.batch ?? 0;
    expect(found).toBeGreaterThanOrEqual(said);
    expect(toHex(stored?.trees.root ?? new Uint8Array())).toBe(history.steps[found - 1]?.root);
    expect(stored?.position).toEqual(positionOf(found));
  }
  // It went on from where it was each time.
  expect(found).toBeGreaterThan(20);
});

/** Starts a process that goes on from the store, kills it once it said that it wrote so many batches, and returns the last said. */
async function killedAfter(
  lines: number,
  { seed, batches }: { readonly seed: number; readonly batches: number },
): Promise<number> {
  const program = fileURLToPath(new URL("store-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, folder, `${seed}`, `${batches}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let said = 0;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    if (++count === lines) child.kill("SIGKILL");
  }
  expect((await exited)[1]).toBe("SIGKILL");
  return said;
}
