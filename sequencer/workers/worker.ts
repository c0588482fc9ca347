// A worker thread: does one job after the other. Started, and fed with bytes, by pool.ts.

import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/index.ts";
import { decodeCommittee } from "../../protocol/index.ts";
import {
  createMclSealingGroup,
  nativeSenderSignatures,
  nodeNetworkSignatures,
} from "../crypto/index.ts";
import { createHandlers } from "./handlers.ts";
import { handle, type JobCall, type JobKind, type ThreadMessage } from "./jobs.ts";
import type { WorkerData } from "./workers.ts";

const port = parentPort;
assert(port !== null, "this file runs in a thread");

const { chainId, committee: encoded, keyShares } = workerData as WorkerData;
const committee = decodeCommittee(encoded);
assert(committee !== undefined, "our own threads speak one encoding");
const handlers = createHandlers({
  group: await createMclSealingGroup(),
  senderSignatures: nativeSenderSignatures,
  networkSignatures: nodeNetworkSignatures,
  random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
  chainId,
  committee,
  keyShares,
});

port.on("message", ({ job, kind, request }: JobCall) => {
  const answer = handle(handlers, kind as JobKind, request) as Uint8Array<ArrayBuffer>;
  const message: ThreadMessage = { job, answer };
  port.postMessage(message, [answer.buffer]);
});
port.postMessage("ready" satisfies ThreadMessage);
