import fc from "fast-check";
import { expect, test } from "vitest";
import { OwnLane } from "../../mempool/own-lane.ts";
import { isWellFormed } from "../../mempool/lane-store.ts";
import { Epoch, type Lane, laneHash, limits, ValidatorIndex } from "../../protocol/index.ts";
import { equalBytes } from "../../base/index.ts";
import { signaturesOf } from "./cluster.ts";
import { idOf } from "./lanes.ts";

const newLane = (): OwnLane =>
  new OwnLane(signaturesOf(0), { epoch: Epoch(0), owner: ValidatorIndex(0), incarnation: 1 });

/** Bursts of so many receipts, then a flush with so much room. The clock may stand still, or go back. */
const histories = fc.array(
  fc.record({
    burst: fc.oneof(fc.nat(5), fc.nat(3 * limits.laneEntriesMax)),
    room: fc.oneof(fc.nat(3), fc.nat(2 * limits.laneEntriesMax)),
    step: fc.integer({ min: -20, max: 50 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test("a lane reports each receipt once, in chained messages, and never promises what it has not reported", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const lane = newLane();
      const stamps = new Map<number, number>();
      const messages: Lane[] = [];
      let reported = 0;
      let now = 100;
      for (const { burst, room, step } of history) {
        for (let i = 0; i < burst; i++) {
          now += i % 3 === 0 ? step : 0;
          stamps.set(stamps.size, lane.receive(idOf(stamps.size), now));
        }
        for (const message of lane.flush(now, room)) {
          expect(message.entries.length).toBeLessThanOrEqual(limits.laneEntriesMax);
          reported += message.entries.length;
          messages.push(message);
          for (const [what, stamp] of stamps)
            if (stamp < message.head) expect(what).toBeLessThan(reported);
        }
      }
      const entries = messages.flatMap((message) => message.entries);
      expect(entries.map(({ stamp }) => stamp)).toEqual([...stamps.values()].slice(0, reported));
      expect(messages.every(isWellFormed)).toBe(true);
      for (const [i, message] of messages.entries()) {
        const before = messages[i - 1];
        expect(message.sequence).toBe(i + 1);
        expect(message.head).toBeGreaterThanOrEqual(before?.head ?? 0);
        const previous = before === undefined ? new Uint8Array(32) : laneHash(before);
        expect(equalBytes(message.previous, previous)).toBe(true);
        expect(message.entries.every(({ stamp }) => stamp >= (before?.head ?? 0))).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

const pace = { laneFlush: 10, laneHeartbeat: 250 };

test("a lane is flushed soon when it has entries, and else at its heartbeat", () => {
  const lane = newLane();
  lane.flush(1000, 10);
  expect(lane.isDue(1010, 10, pace)).toBe(false);
  expect(lane.isDue(1250, 10, pace)).toBe(true);
  lane.receive(idOf("a"), 1001);
  expect(lane.isDue(1009, 10, pace)).toBe(false);
  expect(lane.isDue(1010, 10, pace)).toBe(true);
});

test("a lane without room for its entries keeps to the heartbeat, and its head to the first of them", () => {
  const lane = newLane();
  lane.receive(idOf("a"), 500);
  lane.receive(idOf("b"), 600);
  const [message] = lane.flush(1000, 1);
  expect(message?.head).toBe(600);
  expect(lane.isDue(1010, 0, pace)).toBe(false);
  expect(lane.flush(1250, 0).map(({ head, entries }) => [head, entries.length])).toEqual([
    [600, 0],
  ]);
  expect(lane.flush(1500, 1)[0]?.head).toBe(1500);
});

test("a stamp of another lane above the head asks for a new head, once its time has come", () => {
  const lane = newLane();
  lane.flush(1000, 10);
  lane.onStampOfOther(1000);
  expect(lane.isDue(1020, 10, pace)).toBe(false);
  lane.onStampOfOther(1030);
  lane.onStampOfOther(9_999_999);
  expect(lane.isDue(1020, 10, pace)).toBe(false);
  expect(lane.isDue(1030, 10, pace)).toBe(true);
  lane.flush(1030, 10);
  expect(lane.isDue(1040, 10, pace)).toBe(false);
  // A stamp from a clock far ahead hides none of those that come after it.
  lane.onStampOfOther(1035);
  expect(lane.isDue(1040, 10, pace)).toBe(true);
});
