import { expect, test, vi } from "vitest";
import { CodedError, concatBytes } from "../../base/index.ts";
import { fromKeyedPoint, keyedPoint } from "../../crypto/index.ts";
import type { RoundJob } from "../../epoch/index.ts";
import { type Committee, Epoch, Micros } from "../../protocol/index.ts";
import type { CoreEvent } from "../../sequencer/core-events.ts";
import type { NodeCore } from "../../sequencer/core-host.ts";
import { EpochKeys, type EpochKeysPorts, type KeyThreads } from "../../sequencer/epoch-keys.ts";
import { committee } from "../consensus/support.ts";

const core = {} as NodeCore;
const share = new Uint8Array(32).fill(9);
const job: RoundJob = { type: "draw-epoch-key", attempt: 1, keyId: 2, epoch: Epoch(1) };
const sealing = { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) };
const first: Committee = { ...committee, sealing };
const second: Committee = { ...first, epoch: Epoch(1) };

/** Keeps shares in memory, by epoch and key. */
function setUp(kept: Readonly<Record<string, Uint8Array>> = {}): {
  keys: EpochKeys<KeyThreads>;
  host: { core: NodeCore | undefined; step: (event: CoreEvent) => void };
  log: string[];
  fail: (error: Error | undefined) => void;
} {
  const log: string[] = [];
  let failure: Error | undefined;
  const host = {
    core: core as NodeCore | undefined,
    step: ({ type }: CoreEvent) => void log.push(type),
  };
  const ports: EpochKeysPorts<KeyThreads> = {
    files: {
      secretsFor: () =>
        failure === undefined
          ? Promise.resolve({ epochKey: share, dealerSeed: share })
          : Promise.reject(failure),
      keepShare: () => Promise.resolve(),
      shareOf: (epoch, keyId) => Promise.resolve(kept[`${epoch} ${keyId}`]),
      eraseKey: (keyId) => Promise.resolve(void log.push(`erase key ${keyId}`)),
      eraseBefore: (epoch) => Promise.resolve(void log.push(`erase before ${epoch}`)),
    },
    dealt: { epoch: first.epoch, share },
    createThreads: ({ epoch }, keyShares) => {
      log.push(`threads of ${epoch} with ${keyShares.map(({ keyId }) => keyId).join()}`);
      return Promise.resolve({
        waiting: 0,
        round: () => Promise.resolve({}),
        close: () => Promise.resolve(void log.push(`close ${epoch}`)),
      });
    },
    host,
    now: () => Micros(1),
    onFailure: (what) => void log.push(what),
  };
  return { keys: new EpochKeys(ports), host, log, fail: (error) => (failure = error) };
}

test("in the first epoch the share that a dealer gave will do, and in no other", async () => {
  const { keys, log } = setUp();
  await keys.enter(first);
  expect(keys.hasShareOf(1)).toBe(true);
  await keys.enter(second);
  expect(keys.hasShareOf(1)).toBe(false);
  expect(log).toEqual([
    "threads of 0 with 1",
    "erase before 0",
    "close 0",
    "threads of 1 with ",
    "erase before 1",
  ]);
});

test("what was ordered under two keys is opened only by who has both shares", async () => {
  const { keys } = setUp({ "1 1": share });
  await keys.enter(second);
  const under = (keyId: number): Uint8Array =>
    keyedPoint(concatBytes(Uint8Array.of(1, 0, 0, 0, keyId), new Uint8Array(300)));
  expect(fromKeyedPoint(under(2)).keyId).toBe(2);
  expect(keys.hasSharesFor([under(1)])).toBe(true);
  expect(keys.hasSharesFor([under(1), under(2)])).toBe(false);
});

test("the answer to a job is for the core that asked, and for none after it", async () => {
  const { keys, host, log } = setUp();
  await keys.enter(first);
  await keys.doJob(job);
  expect(log.at(-1)).toBe("round-done");
  const late = keys.doJob(job);
  host.core = {} as NodeCore;
  await late;
  expect(log.filter((line) => line === "round-done")).toHaveLength(1);
});

test("while all threads are busy a job waits, and another failure stops the node", async () => {
  vi.useFakeTimers();
  const { keys, log, fail } = setUp();
  await keys.enter(first);
  fail(new CodedError("BUSY", "later"));
  await keys.doJob(job);
  fail(undefined);
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  expect(log.at(-1)).toBe("round-done");
  fail(new Error("no disk"));
  await keys.doJob(job);
  expect(log.at(-1)).toBe("a part in a round cannot be done");
});
