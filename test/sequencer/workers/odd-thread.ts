// The thread of pool.test.ts: echoes, waits, and dies when asked to.
import { parentPort, workerData } from "node:worker_threads";
import type { JobCall } from "../../../sequencer/workers/jobs.ts";

/** Shared by all threads: how many jobs were begun. */
const begun = new Int32Array((workerData as { begun: SharedArrayBuffer }).begun);

parentPort?.on("message", ({ job, kind, request }: JobCall) => {
  const number = Atomics.add(begun, 0, 1);
  if (kind === "crash" || (kind === "crash-once" && number === 0)) throw new Error("as asked");
  if (kind === "wait") Atomics.wait(begun, 1, 0, 20);
  parentPort?.postMessage({ job, answer: request });
});
parentPort?.postMessage("ready");
