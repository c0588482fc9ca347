import fc from "fast-check";
import { expect, test } from "vitest";
import { type Forced, inboxToExecute } from "../../sdk/index.ts";
import { inboxMessage } from "./chain.ts";

const inbox = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => inboxMessage(from + i));

test("without forced messages a batch executes what it reads", () => {
  expect(inboxToExecute({ number: 1, inbox: inbox(0, 2) }, [])).toEqual({
    forced: [],
    read: inbox(0, 2),
  });
});

test("forced messages stand behind the batches settled by then, and are passed over when read", () => {
  const forced: Forced[] = [
    { batches: 2, from: 1, to: 3 },
    { batches: 2, from: 3, to: 4 },
  ];
  const batches = [
    { number: 2, inbox: inbox(0, 1) },
    { number: 3, inbox: inbox(1, 2) },
    { number: 4, inbox: inbox(2, 6) },
  ].map((batch) => inboxToExecute(batch, forced));
  expect(batches).toEqual([
    { forced: [], read: inbox(0, 1) },
    { forced: [1, 2, 3], read: [] },
    { forced: [], read: inbox(4, 6) },
  ]);
});

test("however L1 and the sequencer take turns, every message is executed once and in order", () => {
  const steps = fc.array(fc.record({ isForced: fc.boolean(), by: fc.nat({ max: 4 }) }));
  fc.assert(
    fc.property(steps, (taken) => {
      // As Settlement keeps them: how far the batches have read, and how far messages are executed.
      let [read, executed] = [0, 0];
      const forced: Forced[] = [];
      const batches: { number: number; inbox: ReturnType<typeof inbox> }[] = [];
      for (const { isForced, by } of taken) {
        if (!isForced) {
          batches.push({ number: batches.length + 1, inbox: inbox(read, read + by) });
          read += by;
        } else if (by > 0)
          forced.push({ batches: batches.length, from: executed, to: executed + by });
        executed = Math.max(read, executed + (isForced ? by : 0));
      }
      const last = { number: batches.length + 1, inbox: [] };
      const order = [...batches, last].flatMap((batch) => {
        const todo = inboxToExecute(batch, forced);
        return todo.forced.concat(todo.read.map(({ index }) => index));
      });
      expect(order).toEqual(Array.from({ length: executed }, (_, index) => index));
    }),
  );
});
