// A worker thread: does one job after the other. Started, and fed with bytes, by pool.ts.

import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { assert, CodedError } from "../../base/index.ts";
import { toSealingKey } from "../../crypto/index.ts";
import { createMclSealingGroup, nativeSenderSignatures } from "../crypto/index.ts";
import { createHandlers } from "./handlers.ts";
import { handle, type JobCall, type JobKind, type ThreadMessage } from "./jobs.ts";
import type { WorkerData } from "./workers.ts";

const port = parentPort;
assert(port !== null, "this file runs in a thread");

const { sealing, keyShare } = workerData as WorkerData;
const group = await createMclSealingGroup();
const key = toSealingKey(group, sealing);
if (key === undefined)
  throw new CodedError("BAD_SEALING_KEY", "the sealing key of the committee is no key");
const handlers = createHandlers({
  group,
  key,
  signatures: nativeSenderSignatures,
  random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
  verificationKeys: sealing.verificationKeys,
  threshold: sealing.threshold,
  keyShare,
});

port.on("message", ({ job, kind, request }: JobCall) => {
  const answer = handle(handlers, kind as JobKind, request) as Uint8Array<ArrayBuffer>;
  const message: ThreadMessage = { job, answer };
  port.postMessage(message, [answer.buffer]);
});
port.postMessage("ready" satisfies ThreadMessage);
