import { expect, test } from "vitest";
import type { Write } from "../../base/index.ts";
import { Executor, type Persist } from "../../sequencer/executor.ts";

interface Say {
  readonly type: "say";
  readonly word: string;
}

const say = (word: string): Say => ({ type: "say", word });
const write = (name: string, sync: boolean): Persist => ({
  type: "persist",
  writes: [{ space: "m", key: new TextEncoder().encode(name), value: new Uint8Array() }],
  sync,
});
const nameOf = ({ key }: Write): string => new TextDecoder().decode(key);

/** A disk on which each write ends when the test says so. */
function setUp(): {
  executor: Executor<Say>;
  log: string[];
  failures: unknown[];
  disk: {
    finish: () => Promise<void>;
    fail: (error: Error) => Promise<void>;
    waiting: () => number;
  };
} {
  const log: string[] = [];
  const failures: unknown[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const executor = new Executor<Say>({
    write: (writes, { sync }) =>
      new Promise<void>((resolve, reject) => {
        const line = `${sync ? "sync" : "put"} ${writes.map(nameOf).join("+")}`;
        pending.push({
          resolve: () => {
            log.push(line);
            resolve();
          },
          reject,
        });
      }),
    act: ({ word }) => void log.push(word),
    onFailure: (error) => void failures.push(error),
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return {
    executor,
    log,
    failures,
    disk: {
      async finish() {
        pending.shift()?.resolve();
        await settle();
      },
      async fail(error) {
        pending.shift()?.reject(error);
        await settle();
      },
      waiting: () => pending.length,
    },
  };
}

test("what stands after a synced write waits until it is on disk", async () => {
  const { executor, log, disk } = setUp();
  executor.run([say("before"), write("vote", true), say("after")]);
  expect(log).toEqual(["before"]);
  await disk.finish();
  expect(log).toEqual(["before", "sync vote", "after"]);
});

test("a later step does not overtake the barrier of an earlier one", async () => {
  const { executor, log, disk } = setUp();
  executor.run([write("skip", true), say("skip")]);
  executor.run([say("skip again")]);
  expect(log).toEqual([]);
  await disk.finish();
  expect(log).toEqual(["sync skip", "skip", "skip again"]);
});

test("an unsynced write keeps nothing waiting, and is written before the next synced one or with it", async () => {
  const { executor, log, disk } = setUp();
  executor.run([write("block", false), say("block"), write("vote", true), say("vote")]);
  expect(log).toEqual(["block"]);
  await disk.finish();
  expect(log).toEqual(["block", "sync block+vote", "vote"]);
});

test("writes of steps that came meanwhile go to the disk as one batch", async () => {
  const { executor, log, disk } = setUp();
  executor.run([write("a", true)]);
  executor.run([write("b", true)]);
  executor.run([write("c", false), write("d", true), say("d")]);
  expect(disk.waiting()).toBe(1);
  await disk.finish();
  await disk.finish();
  expect(log).toEqual(["sync a", "sync b+c+d", "d"]);
  expect(executor.backlog).toBe(0);
});

test("after a failed write nothing is done any more, and the node hears of it once", async () => {
  const { executor, log, failures, disk } = setUp();
  executor.run([write("vote", true), say("vote")]);
  executor.run([say("later")]);
  const error = new Error("no space left");
  await disk.fail(error);
  executor.run([say("much later")]);
  expect(log).toEqual([]);
  expect(failures).toEqual([error]);
  await executor.settled();
});

test("settled waits for all that was asked for", async () => {
  const { executor, log, disk } = setUp();
  executor.run([write("a", true), say("a")]);
  const settled = executor.settled().then(() => log.push("settled"));
  await disk.finish();
  await settled;
  expect(log).toEqual(["sync a", "a", "settled"]);
});
