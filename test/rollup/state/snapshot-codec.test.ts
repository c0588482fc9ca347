import { expect, test } from "vitest";
import { Engine, type State, type Withdrawal } from "../../../rollup/engine/index.ts";
import {
  decodeSnapshot,
  encodeSnapshot,
  RootReplay,
  StateTrees,
} from "../../../rollup/state/index.ts";
import { toHex } from "../../../sdk/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { settings } from "../engine/campaign.ts";
import { copyOf } from "../engine/world.ts";
import { historyOf, owner } from "./history.ts";

/** With session keys, orders of every kind and withdrawals, a few batches before the end. */
function busyState(seed: number) {
  const history = historyOf({ seed, batches: 80, ...settings[seed % settings.length] });
  const replay = new RootReplay(owner.namespace, history.parameters);
  const withdrawals: Withdrawal[] = [];
  for (const { batch } of history.steps.slice(0, -5))
    withdrawals.push(...replay.apply(batch).outcome.withdrawals);
  return { state: replay.state, withdrawals, root: replay.root, rest: history.steps.slice(-5) };
}

test("what is read back has the same root and the same bytes, and an engine goes on from it", () => {
  let orders = 0;
  for (let seed = 1; seed <= settings.length; seed++) {
    const { state, withdrawals, root, rest } = busyState(seed);
    orders += state.orders.filter((each) => each !== undefined).length;
    const bytes = encodeSnapshot({ state, withdrawals });
    const read = decodeSnapshot(bytes);
    if (read === undefined) throw new Error("cannot be read");
    expect(toHex(encodeSnapshot(read))).toBe(toHex(bytes));
    expect(read.withdrawals).toEqual(withdrawals);
    expect(read.state.orders.length).toBe(state.orders.length);
    const trees = new StateTrees(owner.namespace, read.state, read.withdrawals);
    expect(trees.root).toEqual(root);
    const engine = new Engine(read.state);
    for (const step of rest) {
      const outcome = engine.apply(step.batch);
      trees.apply(outcome);
      expect(toHex(trees.root)).toBe(step.root);
      expect(outcome.events).toEqual(step.events);
    }
  }
  expect(orders).toBeGreaterThan(50);
});

test("no bytes make the reader throw, and what it reads from them is written as the same bytes", () => {
  const { state, withdrawals } = busyState(2);
  const bytes = encodeSnapshot({ state, withdrawals });
  const random = new SeededRandom(5);
  let read = 0;
  for (let round = 0; round < 1_500; round++) {
    const changed = bytes.slice(
      0,
      random.chance(0.1) ? random.between(0, bytes.length) : undefined,
    );
    for (let flips = random.between(1, 2); flips > 0 && changed.length > 0; flips--)
      changed[random.between(0, changed.length - 1)] = random.between(0, 255);
    const snapshot = decodeSnapshot(changed);
    if (snapshot === undefined) continue;
    read++;
    expect(toHex(encodeSnapshot(snapshot))).toBe(toHex(changed));
    // An engine can be built on whatever was read.
    new Engine(snapshot.state);
  }
  expect(read).toBeGreaterThan(300);
  expect(decodeSnapshot(new Uint8Array())).toBeUndefined();
  expect(decodeSnapshot(Uint8Array.of(...bytes, 0))).toBeUndefined();
});

const misfits: readonly (readonly [string, (state: State) => void])[] = [
  ["an order of no account", (state) => void (orderIn(state).account = 999)],
  ["an order in no market", (state) => void (orderIn(state).market = 999)],
  ["a position in no market", (state) => void (state.markets.pop(), state.orders.fill(undefined))],
  ["two markets of one id", (state) => void state.markets.push(...state.markets)],
  ["no accounts of the house", (state) => void (state.accounts.length = 1)],
  [
    "parameters that no market may have",
    (state) => void (state.markets[0]!.parameters = { ...state.markets[0]!.parameters, tiers: [] }),
  ],
  ["an order of no size", (state) => void (orderIn(state).lots = 0)],
];

function orderIn(state: State): { account: number; market: number; lots: number } {
  return state.orders.find((each) => each !== undefined) as never;
}

const { state: ordinary } = busyState(3);

test.each(misfits)("a state with %s is none", (_, spoil) => {
  const copy = copyOf(ordinary);
  expect(decodeSnapshot(encodeSnapshot({ state: copy, withdrawals: [] }))).toBeDefined();
  spoil(copy);
  expect(decodeSnapshot(encodeSnapshot({ state: copy, withdrawals: [] }))).toBeUndefined();
});
