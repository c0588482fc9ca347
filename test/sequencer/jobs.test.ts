import { expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import {
  decodeTransaction,
  Height,
  Micros,
  Namespace,
  type SealedTransaction,
} from "../../protocol/index.ts";
import type { JobResult } from "../../sequencer/core-events.ts";
import { Jobs, type JobWorkers } from "../../sequencer/jobs.ts";

const transactionOf = (mark: number): SealedTransaction => ({
  version: 0,
  envelope: {
    chainId: 1,
    namespace: Namespace(0),
    class: "normal",
    payer: "rollup",
    sender: new Uint8Array(20),
    nonce: mark,
    expiry: Height(1),
    feeCap: 0,
  },
  body: Uint8Array.of(mark),
  signature: new Uint8Array(65),
});
const idOf = (mark: number): Uint8Array => new Uint8Array(32).fill(mark);

function setUp(validate: JobWorkers["validate"]): {
  jobs: Jobs;
  results: JobResult[];
  failures: unknown[];
} {
  const results: JobResult[] = [];
  const failures: unknown[] = [];
  const unused = (): never => {
    throw new Error("not asked for in this test");
  };
  const jobs = new Jobs({
    workers: {
      validate,
      shares: () => Promise.reject(new CodedError("WORKER_CRASHED", "twice")),
      open: unused,
      checkOpenings: unused,
      unseal: unused,
    },
    now: () => Micros(1),
    onResult: (result) => void results.push(result),
    onFailure: (error) => void failures.push(error),
  });
  return { jobs, results, failures };
}

const validityOf = (results: readonly JobResult[]): Map<number | undefined, boolean> =>
  new Map(
    results.flatMap((result) =>
      result.type === "validated" ? [[result.id[0], result.isValid] as const] : [],
    ),
  );
const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

test("validations of one turn travel together, and each gets its own answer", async () => {
  const calls: number[] = [];
  const { jobs, results } = setUp((transactions) => {
    calls.push(transactions.length);
    return Promise.resolve(transactions.map((_, i) => i !== 1));
  });
  for (const mark of [1, 2, 3])
    jobs.run({ type: "validate", id: idOf(mark), transaction: transactionOf(mark) });
  await wait(5);
  expect(calls).toEqual([3]);
  expect([...validityOf(results)]).toEqual([
    [1, true],
    [2, false],
    [3, true],
  ]);
});

test("bytes that kill a thread make their own transaction invalid, and no other", async () => {
  const { jobs, results, failures } = setUp((transactions) =>
    transactions.some((bytes) => decodeTransaction(bytes)?.envelope.nonce === 2)
      ? Promise.reject(new CodedError("WORKER_CRASHED", "a job killed two threads"))
      : Promise.resolve(transactions.map(() => true)),
  );
  for (const mark of [1, 2, 3])
    jobs.run({ type: "validate", id: idOf(mark), transaction: transactionOf(mark) });
  await wait(10);
  expect(validityOf(results).get(1)).toBe(true);
  expect(validityOf(results).get(2)).toBe(false);
  expect(validityOf(results).get(3)).toBe(true);
  expect(failures).toEqual([]);
});

test("full workers are tried again", async () => {
  let isFull = true;
  const { jobs, results, failures } = setUp((transactions) =>
    isFull
      ? Promise.reject(new CodedError("BUSY", "too many jobs wait"))
      : Promise.resolve(transactions.map(() => true)),
  );
  jobs.run({ type: "validate", id: idOf(1), transaction: transactionOf(1) });
  await wait(20);
  expect(results).toEqual([]);
  isFull = false;
  await wait(120);
  expect(validityOf(results).get(1)).toBe(true);
  expect(failures).toEqual([]);
});

test("a job without which the node cannot keep its word stops it", async () => {
  const { jobs, failures } = setUp(() => Promise.resolve([]));
  jobs.run({ type: "compute-shares", blockHash: new Uint8Array(32), points: [] });
  await wait(5);
  expect(failures).toMatchObject([{ code: "WORKER_CRASHED" }]);
});
