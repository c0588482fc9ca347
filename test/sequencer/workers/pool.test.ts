import { afterEach, beforeEach, expect, test } from "vitest";
import { Pool } from "../../../sequencer/workers/pool.ts";
import { silentLogger } from "../silent-logger.ts";

let pool: Pool;

beforeEach(async () => {
  pool = await start(new URL("./odd-thread.ts", import.meta.url), 2);
});

afterEach(async () => {
  await pool.close();
});

function start(entry: URL, count: number): Promise<Pool> {
  const workerData = { begun: new SharedArrayBuffer(8) };
  return Pool.start({ entry, count, workerData, logger: silentLogger });
}

test("every job gets its own answer", async () => {
  const requests = Array.from({ length: 100 }, (_, i) => Uint8Array.of(i));
  const answers = await Promise.all(requests.map((each) => pool.run("echo", each, "normal")));
  expect(answers).toEqual(requests);
});

test("a job whose thread died is done by another", async () => {
  expect(await pool.run("crash-once", Uint8Array.of(1), "normal")).toEqual(Uint8Array.of(1));
});

test("a job that kills every thread is given up, and the others go on", async () => {
  const crash = pool.run("crash", Uint8Array.of(0), "normal");
  const others = Array.from({ length: 10 }, (_, i) => pool.run("echo", Uint8Array.of(i), "normal"));
  await expect(crash).rejects.toMatchObject({ code: "WORKER_CRASHED", details: { kind: "crash" } });
  expect(await Promise.all(others)).toHaveLength(10);
});

test("threads that died are replaced", async () => {
  for (let i = 0; i < 3; i++)
    await expect(pool.run("crash", Uint8Array.of(0), "normal")).rejects.toThrow("killed");
  expect(await pool.run("echo", Uint8Array.of(9), "normal")).toEqual(Uint8Array.of(9));
});

test("urgent jobs overtake those that wait, and leave those that are under way", async () => {
  const order: string[] = [];
  const run = async (name: string, priority: "urgent" | "normal"): Promise<void> => {
    await pool.run("wait", Uint8Array.of(0), priority);
    order.push(name);
  };
  const normal = ["1", "2", "3", "4", "5", "6"].map((name) => run(name, "normal"));
  await Promise.all([...normal, run("urgent", "urgent")]);
  expect(order.indexOf("urgent")).toBeLessThan(4);
  expect(order.toSorted()).toEqual(["1", "2", "3", "4", "5", "6", "urgent"]);
});

test("a pool with too much to do says so, and forgets nothing it took", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 4_200 }, () => pool.run("echo", new Uint8Array(1), "normal")),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(4_200 - 4_096 - 2);
  expect(refused[0]).toMatchObject({ reason: { code: "BUSY" } });
});

test("a closed pool ends what waits and takes nothing more", async () => {
  const jobs = Array.from({ length: 5 }, () => pool.run("wait", new Uint8Array(1), "normal"));
  const ends = Promise.allSettled(jobs);
  await pool.close();
  for (const end of await ends) expect(end).toMatchObject({ reason: { code: "CLOSED" } });
  await expect(pool.run("echo", new Uint8Array(1), "normal")).rejects.toMatchObject({
    code: "CLOSED",
  });
});

test("a pool whose threads do not come up does not start", async () => {
  const nothing = new URL("./no-such-thread.ts", import.meta.url);
  await expect(start(nothing, 1)).rejects.toMatchObject({ code: "START_FAILED" });
});
