import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Micros, type TransactionStatus } from "../../protocol/index.ts";
import { Journal, type Submission } from "../../deploy/devnet/journal.ts";
import { percentile } from "../../deploy/devnet/percentiles.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

function status(id: Uint8Array, times: Readonly<Record<string, number>>): TransactionStatus {
  const state = Object.keys(times).at(-1) as TransactionStatus["state"];
  const micros = Object.entries(times).map(([name, at]) => [name, Micros(at)]);
  return { id, state, times: Object.fromEntries(micros) as TransactionStatus["times"] };
}

function idOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

function submission(byte: number, namespace: number, submittedAt: number): Submission {
  return { id: idOf(byte), namespace, origin: "traffic", submittedAt };
}

test("a transaction is asked for again until nothing more will become of it", () => {
  const journal = new Journal({ keepsAll: true });
  journal.add(submission(1, 0, 1_000_000));
  expect(journal.due(10)).toEqual([]);
  vi.advanceTimersByTime(2_000);
  const [entry] = journal.due(10);
  if (entry === undefined) throw new Error("nothing is due");
  expect(journal.due(10)).toEqual([]);
  journal.learn(entry, status(entry.id, { ordered: 1_200_000 }));
  vi.advanceTimersByTime(3_000);
  expect(journal.due(10)).toHaveLength(1);
  journal.learn(entry, status(entry.id, { ordered: 1_200_000, settled: 5_000_000 }));
  vi.advanceTimersByTime(3_000);
  expect(journal.due(10)).toEqual([]);
  expect(journal.open).toBe(0);
});

test("latencies run from the submission to what the validator noted, in milliseconds", () => {
  const journal = new Journal({ keepsAll: true });
  journal.add(submission(1, 0, 1_000_000));
  journal.add(submission(2, 1, 1_000_000));
  vi.advanceTimersByTime(2_000);
  const [first, second] = journal.due(10);
  if (first === undefined || second === undefined) throw new Error("nothing is due");
  journal.learn(first, status(first.id, { ordered: 1_250_000 }));
  journal.learn(second, status(second.id, { ordered: 1_300_000, opened: 1_400_000 }));
  expect(journal.latencies("ordered")).toEqual([250, 300]);
  expect(journal.latencies("opened")).toEqual([400]);
  expect(journal.states()).toEqual({ ordered: 1, opened: 1 });
});

test("a journal that runs for days keeps the latest alone", () => {
  const journal = new Journal({ keepsAll: false });
  for (let i = 0; i < 10_000; i++) journal.add(submission(i % 256, 0, 0));
  expect(journal.count).toBe(10_000);
  expect(journal.countOf("traffic")).toBe(10_000);
  expect(journal.countOf("bot")).toBe(0);
  expect(journal.submitted().length).toBeLessThanOrEqual(2_000);
});

test("a percentile is the smallest value that so many do not exceed", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.01)).toBe(7);
  expect(percentile([], 0.5)).toBeUndefined();
});
