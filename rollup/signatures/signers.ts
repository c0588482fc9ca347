// Whose the signatures of a batch are. They cost more than all that the engine does with a list, so they are spread over
// threads, and the engine's thread only waits.

import { Worker } from "node:worker_threads";
import { assert, CodedError } from "../../sdk/index.ts";
import type { RollupDomain } from "../intents.ts";
import { signatureBackend } from "./backend.ts";
import { decodeAnswer, encodePayloads, recoverPayload, type SignedBy } from "./recover.ts";

export interface Signers {
  /** False where only the slow library is there: say so to who operates the node. */
  readonly isNative: boolean;
  /**
   * For each payload the signatures that it holds, in its order. Rejects with `CodedError` THREAD_DIED when a thread is
   * lost: the machine is short of memory, or this is a bug; and with CLOSED.
   */
  recover(payloads: readonly Uint8Array[]): Promise<readonly (readonly SignedBy[])[]>;
  close(): Promise<void>;
}

/** On the caller's own thread: enough for who follows a quiet rollup, or audits it. */
export function inlineSigners(domain: RollupDomain): Signers {
  const backend = signatureBackend();
  return {
    isNative: backend.isNative,
    recover: (payloads) =>
      Promise.resolve(payloads.map((bytes) => recoverPayload(domain, bytes, backend))),
    close: () => Promise.resolve(),
  };
}

/** Starts that many threads; with none it is `inlineSigners`. */
export function startSigners(domain: RollupDomain, threads: number): Signers {
  return threads === 0 ? inlineSigners(domain) : new SignerPool(domain, threads);
}

/** Payloads that one message carries: a few ms of work, so that no thread is left with a long rest. */
const payloadsPerJob = 64;

interface Job {
  readonly resolve: (answer: readonly (readonly SignedBy[])[]) => void;
  readonly reject: (error: CodedError) => void;
}

/** The jobs of one thread wait in its own queue; there are as many as the caller has payloads, which a block bounds. */
class SignerPool implements Signers {
  readonly isNative: boolean = signatureBackend().isNative;
  readonly #workers: Worker[];
  readonly #jobs = new Map<number, Job>();
  #nextJob = 0;
  #failure: CodedError | undefined;

  constructor(domain: RollupDomain, threads: number) {
    this.#workers = Array.from({ length: threads }, () => this.#start(domain));
  }

  async recover(payloads: readonly Uint8Array[]): Promise<readonly (readonly SignedBy[])[]> {
    const answers: Promise<readonly (readonly SignedBy[])[]>[] = [];
    for (let from = 0; from < payloads.length; from += payloadsPerJob)
      answers.push(this.#run(payloads.slice(from, from + payloadsPerJob)));
    return (await Promise.all(answers)).flat();
  }

  async close(): Promise<void> {
    this.#fail(new CodedError("CLOSED", "the signature threads are closed"));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(domain: RollupDomain): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: domain,
      // Node runs the file by erasing its types; flags of whoever started us are not for it.
      execArgv: [],
    });
    worker.on(
      "message",
      ({ job, answer }: { readonly job: number; readonly answer: Uint8Array }) => {
        const decoded = decodeAnswer(answer);
        assert(decoded !== undefined, "our own threads speak one encoding");
        this.#jobs.get(job)?.resolve(decoded);
        this.#jobs.delete(job);
      },
    );
    let cause: unknown;
    worker.on("error", (error) => (cause = error));
    worker.on("exit", () =>
      this.#fail(new CodedError("THREAD_DIED", "a signature thread has ended", { cause })),
    );
    return worker;
  }

  #run(payloads: readonly Uint8Array[]): Promise<readonly (readonly SignedBy[])[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<readonly (readonly SignedBy[])[]>();
    const job = this.#nextJob++;
    this.#jobs.set(job, { resolve, reject });
    const request = encodePayloads(payloads);
    const worker = this.#workers[job % this.#workers.length];
    worker?.postMessage({ job, request }, [request.buffer as ArrayBuffer]);
    return promise;
  }

  /** For good: what was decided by half of the threads is not worth having. */
  #fail(error: CodedError): void {
    this.#failure ??= error;
    for (const { reject } of this.#jobs.values()) reject(this.#failure);
    this.#jobs.clear();
  }
}
