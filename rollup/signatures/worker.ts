// A thread of the pool: payloads in, signers out.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../sdk/index.ts";
import type { RollupDomain } from "../intents.ts";
import { signatureBackend } from "./backend.ts";
import { decodePayloads, encodeAnswer, recoverPayload } from "./recover.ts";

const port = parentPort;
assert(port !== null, "this file runs in a thread");

const domain = workerData as RollupDomain;
const backend = signatureBackend();

port.on("message", ({ job, request }: { readonly job: number; readonly request: Uint8Array }) => {
  const payloads = decodePayloads(request);
  assert(payloads !== undefined, "our own threads speak one encoding");
  const answer = encodeAnswer(payloads.map((bytes) => recoverPayload(domain, bytes, backend)));
  port.postMessage({ job, answer }, [answer.buffer as ArrayBuffer]);
});
