import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../crypto/index.ts";
import { compareBytes } from "../../base/index.ts";
import {
  genesisOrderState,
  nextEpochOrderState,
  type OrderState,
} from "../../mempool/order-state.ts";
import { limits, Micros } from "../../protocol/index.ts";
import { type History, histories, idOf, keyOfName, play, readBlock, toLane } from "./lanes.ts";

const genesis = (seats: number): { hash: Uint8Array; state: OrderState } => ({
  hash: new Uint8Array(32),
  state: genesisOrderState(seats),
});

const emittedBy = (history: History): string[] =>
  play(history, genesis(history.seats)).flatMap(({ emitted }) => emitted);

const runs = { numRuns: 300 };

test("what every honest validator received first is emitted first, whatever liars stamp and blocks read", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const order = emittedBy(history);
      for (const [x, ofX] of history.received.entries())
        for (const [z, ofZ] of history.received.entries()) {
          const placeOfZ = order.indexOf(keyOfName(z));
          if (placeOfZ < 0 || Math.max(...ofX) >= Math.min(...ofZ)) continue;
          const placeOfX = order.indexOf(keyOfName(x));
          expect(placeOfX >= 0 && placeOfX < placeOfZ).toBe(true);
        }
    }),
    runs,
  );
});

test("where an epoch begins, time goes on and the order of what was received holds", () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 1_500 }), (history, closedAt) => {
      const { hash, state } = genesis(history.seats);
      const closed = { ...state, time: Micros(closedAt) };
      const blocks = play(history, { hash, state: nextEpochOrderState(closed, history.seats) });
      const order = blocks.flatMap(({ emitted }) => emitted);
      for (const block of blocks) expect(block.state.time).toBeGreaterThanOrEqual(closedAt);
      for (const [x, ofX] of history.received.entries())
        for (const [z, ofZ] of history.received.entries()) {
          const placeOfZ = order.indexOf(keyOfName(z));
          if (placeOfZ < 0 || Math.max(...ofX) >= Math.min(...ofZ)) continue;
          const placeOfX = order.indexOf(keyOfName(x));
          expect(placeOfX >= 0 && placeOfX < placeOfZ).toBe(true);
        }
    }),
    runs,
  );
});

test("what every honest validator received before a block's time is in the chain up to that block", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const emitted = new Set<string>();
      for (const block of play(history, genesis(history.seats))) {
        for (const key of block.emitted) emitted.add(key);
        for (const [x, at] of history.received.entries())
          if (Math.max(...at) < block.state.time) expect(emitted.has(keyOfName(x))).toBe(true);
      }
    }),
    runs,
  );
});

test("nothing is emitted twice, and the block time neither goes back nor passes every honest clock", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const blocks = play(history, genesis(history.seats));
      const order = blocks.flatMap(({ emitted }) => emitted);
      expect(new Set(order).size).toBe(order.length);
      const honest = history.lanes.slice(0, history.received[0]?.length ?? 0);
      let before = 0;
      for (const { state } of blocks) {
        expect(state.time).toBeGreaterThanOrEqual(before);
        const read = honest.map((lane, i) => lane[(state.cut[i]?.sequence ?? 0) - 1]);
        const heads = read.map((message) => message?.lane.head ?? 0);
        expect(state.time).toBeLessThanOrEqual(Math.max(...heads));
        before = state.time;
      }
    }),
    runs,
  );
});

test("the same lanes in other blocks emit the same transactions", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const inOneBlock = emittedBy({ ...history, blocks: [] });
      expect(emittedBy(history).toSorted()).toEqual(inOneBlock.toSorted());
    }),
    runs,
  );
});

test("a block's order does not depend on how its transactions were read before their time had come", () => {
  // Reading a prefix that leaves the time where it was decides nothing yet.
  const lanes = [0, 1, 2, 3].map((owner) =>
    toLane(owner, [
      { head: 10, entries: [{ id: idOf("b"), stamp: 6 + owner }] },
      { head: 20, entries: [{ id: idOf("a"), stamp: 11 }] },
    ]),
  );
  const start = genesis(4);
  const inTwo = readBlock(readBlock(start, lanes, [1, 1, 0, 0]), lanes, [1, 1, 2, 2]);
  const inOne = readBlock(start, lanes, [2, 2, 2, 2]);
  expect(inOne.emitted).toEqual([keyOfName("b"), keyOfName("a")]);
  expect(inTwo.emitted).toEqual(inOne.emitted);
});

test("equal times are decided by a hash that nobody knew beforehand", () => {
  const names = ["a", "b", "c", "d", "e"];
  const entries = names.map((name) => ({ id: idOf(name), stamp: 5 }));
  const lanes = [0, 1, 2].map((owner) => toLane(owner, [{ head: 10, entries }]));
  for (const hash of [sha256(idOf(1)), sha256(idOf(2))]) {
    const { emitted } = readBlock(
      { hash, state: genesisOrderState(4) },
      [...lanes, []],
      [1, 1, 1, 0],
    );
    const expected = names
      .toSorted((a, b) => compareBytes(sha256(hash, idOf(a)), sha256(hash, idOf(b))))
      .map(keyOfName);
    expect(emitted).toEqual(expected);
  }
});

test("a stamp below a head that its lane has passed counts as that head", () => {
  const late = { head: 30, entries: [{ id: idOf("x"), stamp: 1 }] };
  const honest = { head: 30, entries: [{ id: idOf("x"), stamp: 25 }] };
  const lanes = [
    toLane(0, [{ head: 20, entries: [] }, late]),
    toLane(1, [honest]),
    toLane(2, [honest]),
    [],
  ];
  const { state } = readBlock(genesis(4), lanes, [2, 0, 0, 0]);
  expect(state.pending.get(keyOfName("x"))?.stamps[0]).toBe(20);
});

test("a lane's entries beyond its bound are passed over, and count again once it has room", () => {
  const many = Array.from({ length: limits.laneUnemittedMax + 1 }, (_, i) => ({
    id: idOf(i),
    stamp: 10,
  }));
  const messages = [];
  for (let i = 0; i < many.length; i += limits.laneEntriesMax)
    messages.push({ head: 10, entries: many.slice(i, i + limits.laneEntriesMax) });
  const liar = toLane(0, [...messages, { head: 11, entries: [{ id: idOf("late"), stamp: 11 }] }]);
  const full = readBlock(genesis(4), [liar, [], [], []], [messages.length, 0, 0, 0]);
  expect(full.state.unemitted[0]).toBe(limits.laneUnemittedMax);
  expect(full.state.pending.get(keyOfName(limits.laneUnemittedMax))).toBeUndefined();

  const others = [1, 2, 3].map((owner) =>
    toLane(owner, [{ head: 10, entries: [{ id: idOf(0), stamp: 10 }] }]),
  );
  const emptied = readBlock(full, [liar, ...others], [0, 1, 1, 1]);
  expect(emptied.emitted).toEqual([keyOfName(0)]);
  const { state } = readBlock(emptied, [liar, ...others], [1, 0, 0, 0]);
  expect(state.pending.get(keyOfName("late"))?.stamps[0]).toBe(11);
});

test("a stamp that too few share is forgotten after its lifetime, and an emission after twice that", () => {
  const day = 10 * limits.stampLifetime;
  const lanes = [0, 1, 2, 3].map((owner) =>
    toLane(owner, [
      {
        head: 10,
        entries: [
          { id: idOf("all"), stamp: 5 },
          ...(owner === 3 ? [{ id: idOf("one"), stamp: 6 }] : []),
        ],
      },
      { head: limits.stampLifetime, entries: [] },
      { head: day, entries: [] },
    ]),
  );
  const first = readBlock(genesis(4), lanes, [1, 1, 1, 1]);
  const soon = readBlock(first, lanes, [1, 1, 1, 1]);
  const later = readBlock(soon, lanes, [1, 1, 1, 1]);
  expect(soon.state.pending.get(keyOfName("one"))).toBeDefined();
  expect(soon.state.done.get(keyOfName("all"))).toBe(10);
  expect(later.state.pending.get(keyOfName("one"))).toBeUndefined();
  expect(later.state.unemitted[3]).toBe(0);
  expect(later.state.done.get(keyOfName("all"))).toBeUndefined();
});
