import { Worker } from "node:worker_threads";
import { assert, BoundedQueue, CodedError, type Logger } from "../../base/index.ts";
import type { JobCall, ThreadMessage } from "./jobs.ts";

export interface PoolOptions {
  /** The module that a thread runs. */
  readonly entry: URL;
  readonly count: number;
  /** Copied to every thread. */
  readonly workerData: unknown;
  readonly logger: Logger;
}

/** Ordered blocks wait for `urgent` work; nobody waits for `normal` work as much. */
export type Priority = "urgent" | "normal";

interface Job {
  readonly call: JobCall;
  readonly priority: Priority;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  crashes: number;
}

interface Thread {
  readonly worker: Worker;
  /** What it is at; undefined while it is idle. */
  job: Job | undefined;
  isReady: boolean;
  /** What killed it, if anything said so. */
  error: unknown;
}

const jobsPerPriorityMax = 4096;
const restartDelayMsMin = 50;
const restartDelayMsMax = 5_000;

/**
 * Threads that run `entry`, each with one job at a time. A thread that dies is replaced, and its job is tried once more
 * on another, as it may not have been the job's fault. Fails with a `CodedError`: `BUSY` when too much is waiting,
 * `WORKER_CRASHED` when a job killed two threads, `CLOSED` when it will not be done any more.
 */
export class Pool {
  readonly #entry: URL;
  readonly #workerData: unknown;
  readonly #logger: Logger;
  readonly #queues: Readonly<Record<Priority, BoundedQueue<Job>>> = {
    urgent: new BoundedQueue(jobsPerPriorityMax),
    normal: new BoundedQueue(jobsPerPriorityMax),
  };
  readonly #retries: Job[] = [];
  readonly #threads = new Set<Thread>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #nextJob = 0;
  #failedStarts = 0;
  #isClosed = false;

  private constructor(options: PoolOptions) {
    this.#entry = options.entry;
    this.#workerData = options.workerData;
    this.#logger = options.logger;
  }

  /** Resolves when every thread is ready; fails with `START_FAILED` when one does not come up. */
  static async start(options: PoolOptions): Promise<Pool> {
    assert(options.count > 0, "a pool has threads");
    const pool = new Pool(options);
    const starting = Array.from({ length: options.count }, () => pool.#startThread());
    try {
      await Promise.all(starting);
    } catch (cause) {
      await pool.close();
      throw new CodedError("START_FAILED", "a worker thread did not start", { cause });
    }
    return pool;
  }

  /** Jobs that wait for a thread. */
  get waiting(): number {
    return this.#queues.urgent.size + this.#queues.normal.size + this.#retries.length;
  }

  run(kind: string, request: Uint8Array, priority: Priority): Promise<Uint8Array> {
    if (this.#isClosed) return Promise.reject(closedError());
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const call = { job: this.#nextJob++, kind, request };
    if (!this.#queues[priority].push({ call, priority, resolve, reject, crashes: 0 }))
      return Promise.reject(new CodedError("BUSY", "too many jobs wait for a worker: try later"));
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    for (let job = this.#takeJob(); job !== undefined; job = this.#takeJob())
      job.reject(closedError());
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (!thread.isReady || thread.job !== undefined) continue;
      const job = this.#takeJob();
      if (job === undefined) return;
      thread.job = job;
      // Copied, not transferred: should the thread die, the request is needed again.
      thread.worker.postMessage(job.call);
    }
  }

  #takeJob(): Job | undefined {
    return this.#retries.shift() ?? this.#queues.urgent.shift() ?? this.#queues.normal.shift();
  }

  /** Resolves when the thread is ready. */
  #startThread(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(this.#entry, {
      workerData: this.#workerData,
      // Node runs the entry by erasing its types; flags of whoever started us are not for it.
      execArgv: [],
    });
    const thread: Thread = { worker, job: undefined, isReady: false, error: undefined };
    this.#threads.add(thread);
    worker.on("message", (message: ThreadMessage) => {
      if (message === "ready") {
        thread.isReady = true;
        this.#failedStarts = 0;
        resolve();
      } else {
        assert(thread.job?.call.job === message.job, "a thread answers the job it was given");
        thread.job.resolve(message.answer);
        thread.job = undefined;
      }
      this.#dispatch();
    });
    worker.on("error", (error) => {
      thread.error = error;
    });
    worker.on("exit", () => {
      reject(thread.error ?? new Error("the thread has ended"));
      this.#onExit(thread);
    });
    return promise;
  }

  #onExit(thread: Thread): void {
    this.#threads.delete(thread);
    const { job, error, isReady } = thread;
    if (this.#isClosed) {
      job?.reject(closedError());
      return;
    }
    this.#logger.error("worker thread crashed", { kind: job?.call.kind, error });
    if (job !== undefined) this.#retryOnce(job, error);
    this.#failedStarts = isReady ? 0 : this.#failedStarts + 1;
    const delay = Math.min(restartDelayMsMax, restartDelayMsMin * 2 ** this.#failedStarts);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      // A start that fails ends in `onExit` again, which is where it is dealt with.
      this.#startThread().catch(() => {});
    }, delay);
    this.#restarts.add(timer);
  }

  #retryOnce(job: Job, cause: unknown): void {
    job.crashes++;
    if (job.crashes === 1) {
      this.#retries.push(job);
      this.#dispatch();
      return;
    }
    const { kind } = job.call;
    job.reject(
      new CodedError("WORKER_CRASHED", `a ${kind} job killed two threads: this is a bug`, {
        cause,
        details: { kind },
      }),
    );
  }
}

function closedError(): CodedError {
  return new CodedError("CLOSED", "the workers are closed");
}
