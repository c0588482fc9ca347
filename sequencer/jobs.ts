// Gives the core's jobs to the workers and the answers back as events. Validations that are asked for in one turn of
// the loop travel as one job, because a message to a thread costs more than the smallest of them.

import { CodedError, unreachable } from "../base/index.ts";
import type { BatchOpening, ShareBatch } from "../crypto/index.ts";
import { encodeTransaction, type Micros, type SealedTransaction } from "../protocol/index.ts";
import type { CoreEffect, JobResult } from "./core-events.ts";

export type Job = Extract<
  CoreEffect,
  { type: "validate" | "compute-shares" | "open-batches" | "check-openings" | "unseal" }
>;

/** What the worker threads do; bytes in, bytes out. */
export interface JobWorkers {
  validate(transactions: readonly Uint8Array[]): Promise<boolean[]>;
  shares(points: readonly Uint8Array[]): Promise<Uint8Array[]>;
  open(batches: readonly ShareBatch[]): Promise<BatchOpening[]>;
  checkOpenings(
    claims: readonly {
      readonly points: readonly Uint8Array[];
      readonly openings: readonly Uint8Array[];
    }[],
  ): Promise<boolean[]>;
  unseal(
    items: readonly { readonly transaction: Uint8Array; readonly opening: Uint8Array }[],
  ): Promise<(Uint8Array | undefined)[]>;
}

export interface JobPorts {
  readonly workers: JobWorkers;
  readonly now: () => Micros;
  readonly onResult: (result: JobResult) => void;
  /** A job could not be done, so an answer that the core waits for will not come. */
  readonly onFailure: (error: unknown) => void;
}

/** Transactions of one call: enough to keep all threads busy, few enough to be tried again one by one. */
const validationsPerCall = 64;
const busyMs = 50;

type Validation = { readonly id: Uint8Array; readonly transaction: SealedTransaction };

export class Jobs {
  readonly #ports: JobPorts;
  #validations: Validation[] = [];

  constructor(ports: JobPorts) {
    this.#ports = ports;
  }

  run(job: Job): void {
    if (job.type === "validate") {
      if (this.#validations.push(job) === 1) setImmediate(() => this.#validateAll());
      return;
    }
    this.#start(() => this.#answer(job));
  }

  /** When the workers are full, the work waits for its turn here; it was bounded by whoever asked for it. */
  #start(work: () => Promise<void>): void {
    void work().catch((error: unknown) => {
      if (codeOf(error) === "BUSY") setTimeout(() => this.#start(work), busyMs);
      else this.#ports.onFailure(error);
    });
  }

  #validateAll(): void {
    const batch = this.#validations.splice(0);
    for (let start = 0; start < batch.length; start += validationsPerCall) {
      const part = batch.slice(start, start + validationsPerCall);
      this.#start(() => this.#validate(part));
    }
  }

  async #validate(batch: readonly Validation[]): Promise<void> {
    const { workers, now, onResult } = this.#ports;
    try {
      const encoded = batch.map(({ transaction }) => encodeTransaction(transaction));
      const flags = await workers.validate(encoded);
      for (const [i, { id }] of batch.entries())
        onResult({ type: "validated", now: now(), id, isValid: flags[i] === true });
    } catch (error) {
      if (codeOf(error) !== "WORKER_CRASHED") throw error;
      const [only, ...others] = batch;
      // Whatever it is in a stranger's bytes that kills a thread, it is in one of them, and that one is not valid.
      if (only !== undefined && others.length === 0)
        onResult({ type: "validated", now: now(), id: only.id, isValid: false });
      else for (const each of batch) this.#start(() => this.#validate([each]));
    }
  }

  async #answer(job: Exclude<Job, { type: "validate" }>): Promise<void> {
    const { workers, now, onResult } = this.#ports;
    switch (job.type) {
      case "compute-shares": {
        const shares = await workers.shares(job.points);
        const { blockHash } = job;
        return onResult({ type: "shares-computed", now: now(), blockHash, shares });
      }
      case "open-batches": {
        const results = await workers.open(job.batches);
        return onResult({ type: "batches-opened", now: now(), results });
      }
      case "check-openings": {
        const areValid = await workers.checkOpenings(job.claims);
        return onResult({ type: "openings-checked", now: now(), areValid });
      }
      case "unseal": {
        const { height } = job;
        const items = job.items.map(({ transaction, opening }) => ({
          transaction: encodeTransaction(transaction),
          opening,
        }));
        const payloads = await workers.unseal(items);
        return onResult({ type: "unsealed", now: now(), height, payloads });
      }
      default:
        return unreachable(job);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof CodedError ? error.code : undefined;
}
