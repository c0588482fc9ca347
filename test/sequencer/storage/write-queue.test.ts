import { expect, test } from "vitest";
import { type Write, utf8 } from "../../../base/index.ts";
import { WriteQueue } from "../../../sequencer/storage/write-queue.ts";

/** A database that writes when told to, and remembers what it was given. */
function createDisk(): {
  readonly queue: WriteQueue;
  readonly batches: string[];
  readonly finish: (error?: Error) => Promise<void>;
} {
  const batches: string[] = [];
  const underWay: PromiseWithResolvers<void>[] = [];
  const queue = new WriteQueue((batch, sync) => {
    const keys = batch.map(({ key }) => new TextDecoder().decode(key));
    batches.push(`${keys.join(" ")}${sync ? " sync" : ""}`);
    const writing = Promise.withResolvers<void>();
    underWay.push(writing);
    return writing.promise;
  });
  const finish = async (error?: Error): Promise<void> => {
    const writing = underWay.shift();
    if (error === undefined) writing?.resolve();
    else writing?.reject(error);
    await new Promise(setImmediate);
  };
  return { queue, batches, finish };
}

function batchOf(...keys: string[]): Write[] {
  return keys.map((key) => ({ space: "b", key: utf8(key), value: undefined }));
}

test("one batch is under way at a time, and those that wait go down together, in order", async () => {
  const { queue, batches, finish } = createDisk();
  const written = [
    queue.write(batchOf("a"), false),
    queue.write(batchOf("b", "c"), false),
    queue.write(batchOf("d"), true),
  ];
  expect(batches).toEqual(["a"]);
  await finish();
  expect(batches).toEqual(["a", "b c d sync"]);
  await finish();
  await Promise.all(written);
});

test("a group is bounded, but for a batch that is larger by itself", async () => {
  const { queue, batches, finish } = createDisk();
  const large = Array.from({ length: 5_000 }, () => "x");
  void queue.write(batchOf("a"), false);
  void queue.write(batchOf(...large), false);
  void queue.write(batchOf("b"), false);
  await finish();
  await finish();
  expect(batches.map((batch) => batch.split(" ").length)).toEqual([1, 5_000, 1]);
  await finish();
  await queue.drained();
});

test("after a failure nothing is written any more, and everybody is told", async () => {
  const { queue, batches, finish } = createDisk();
  const ends = Promise.allSettled([
    queue.write(batchOf("a"), true),
    queue.write(batchOf("b"), true),
  ]);
  await finish(new Error("disk full"));
  for (const end of await ends) expect(end).toMatchObject({ reason: { message: "disk full" } });
  await expect(queue.write(batchOf("c"), false)).rejects.toThrow("disk full");
  expect(batches).toEqual(["a sync"]);
});
