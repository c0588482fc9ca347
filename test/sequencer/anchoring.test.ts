import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type CertifiedCheckpoint,
  type Committee,
  Epoch,
  type EpochEnd,
  type Genesis,
  Height,
  Micros,
  zeroHash,
} from "../../protocol/index.ts";
import { type Anchorable, Anchoring, type SeenL1 } from "../../sequencer/anchoring.ts";
import { Committees } from "../../sequencer/committees.ts";
import { StatusBook } from "../../sequencer/status.ts";
import { committee } from "../consensus/support.ts";
import { certified as example, epochEnd } from "../protocol/examples.ts";

const next: Committee = { ...committee, epoch: Epoch(1) };

function checkpoint(number: number, next: Uint8Array = zeroHash): CertifiedCheckpoint {
  const height = Height(10 * number);
  return { ...example, checkpoint: { ...example.checkpoint, number, height, next } };
}

function setUp(ends: readonly EpochEnd[] = []): {
  anchoring: Anchoring;
  anchored: Anchorable[];
  told: string[];
} {
  const anchored: Anchorable[] = [];
  const told: string[] = [];
  const archive = { epochEnd: (epoch: Epoch) => Promise.resolve(ends[epoch]) };
  const anchoring = new Anchoring({
    gateway: {
      certified: ({ checkpoint: { number } }, transaction) =>
        void told.push(`${number}${transaction === undefined ? "" : " on L1"}`),
    },
    statuses: new StatusBook(),
    archive,
    committees: new Committees({ committee } as Genesis, archive),
    metrics: { count: () => undefined, gauge: () => undefined, observe: () => undefined },
    now: () => Micros(1),
    anchor: (each) => void anchored.push(each),
  });
  return { anchoring, anchored, told };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("a checkpoint waits a moment for those who have not signed, and goes at once when nobody is missing", () => {
  const { anchoring, anchored } = setUp();
  anchoring.onCertified({ type: "certified", certified: checkpoint(1), leaves: [] }, committee);
  vi.advanceTimersByTime(500);
  expect(anchored).toEqual([]);
  anchoring.onCertified({ type: "completed", certified: checkpoint(1), leaves: [] }, committee);
  vi.advanceTimersByTime(0);
  expect(anchored.map(({ certified }) => certified.checkpoint.number)).toEqual([1]);
  vi.advanceTimersByTime(5_000);
  expect(anchored).toHaveLength(1);
});

test("the last checkpoint of an epoch is left to the next committee, which brings it with its leaves", async () => {
  const last = checkpoint(7, new Uint8Array(32).fill(1));
  const { anchoring, anchored } = setUp([{ ...epochEnd, certified: last, committee: next }]);
  anchoring.onCertified({ type: "certified", certified: last, leaves: [] }, committee);
  vi.advanceTimersByTime(5_000);
  expect(anchored).toEqual([]);
  await anchoring.handOver(next);
  expect(anchored).toEqual([{ certified: last, leaves: [], committee, next }]);
});

test("the first committee has nothing to take over", async () => {
  const { anchoring, anchored } = setUp();
  await anchoring.handOver(committee);
  expect(anchored).toEqual([]);
});

test("what L1 has taken is told once, and what it is of by its count", () => {
  const { anchoring, told } = setUp();
  anchoring.onCertified({ type: "certified", certified: checkpoint(3), leaves: [] }, committee);
  const transaction = `0x${"11".repeat(32)}`;
  const seen: SeenL1 = {
    carried: [
      { type: "settled", count: 4, rollup: 1, transaction },
      { type: "anchored", count: 5, number: 3, height: 30, transaction },
      { type: "settled", count: 5, rollup: 1, transaction },
    ],
  };
  anchoring.onL1(seen);
  anchoring.onL1(seen);
  anchoring.close();
  expect(told).toEqual(["3", "3 on L1"]);
  expect(anchoring.anchored).toBe(30);
});
