// What this node has of the keys of the epoch that lasts: its shares, from the files that keep them, and the threads that
// work with them. Both are another's with each epoch; and in the rounds for the next one the same files and threads serve.

import { CodedError } from "../base/index.ts";
import { fromKeyedPoint } from "../crypto/index.ts";
import type { RoundJob } from "../epoch/index.ts";
import { type Committee, type Epoch, keysOf, type Micros } from "../protocol/index.ts";
import type { CoreHost, NodeCore } from "./core-host.ts";
import { doRoundJob, type RoundSecrets, type RoundWorkers } from "./round-keeper.ts";

/** Where shares are on disk. */
export interface ShareFiles extends RoundSecrets {
  shareOf(epoch: number, keyId: number): Promise<Uint8Array | undefined>;
  /** Overwrites and unlinks the shares of a key that nothing is opened with any more. */
  eraseKey(keyId: number): Promise<void>;
  /** The same with everything of the epochs before this one. */
  eraseBefore(epoch: number): Promise<void>;
}

export interface KeyThreads extends RoundWorkers {
  /** Jobs that wait for a thread. */
  readonly waiting: number;
  close(): Promise<void>;
}

export interface KeyShareOf {
  readonly keyId: number;
  readonly share: Uint8Array;
}

export interface EpochKeysPorts<Threads extends KeyThreads> {
  readonly files: ShareFiles;
  /** Of the key of genesis, which a dealer gave, if this node has one; and the epoch that it is for. */
  readonly dealt: { readonly epoch: Epoch; readonly share: Uint8Array | undefined };
  readonly createThreads: (
    committee: Committee,
    keyShares: readonly KeyShareOf[],
  ) => Promise<Threads>;
  readonly host: Pick<CoreHost, "core" | "step">;
  readonly now: () => Micros;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** When the threads are full, a part in a round waits so long, ms. */
const busyMs = 500;

export class EpochKeys<Threads extends KeyThreads> {
  readonly #ports: EpochKeysPorts<Threads>;
  #keyIds: readonly number[] = [];
  #threads: Threads | undefined;

  constructor(ports: EpochKeysPorts<Threads>) {
    this.#ports = ports;
  }

  /** Jobs that wait for a thread. */
  get waiting(): number {
    return this.#threads?.waiting ?? 0;
  }

  /** The threads of an epoch. What earlier epochs left of their keys goes. */
  async enter(committee: Committee): Promise<Threads> {
    const { files, createThreads } = this.#ports;
    const keyShares = await this.#sharesIn(committee);
    this.#keyIds = keyShares.map(({ keyId }) => keyId);
    await this.#threads?.close();
    const threads = await createThreads(committee, keyShares);
    this.#threads = threads;
    await files.eraseBefore(committee.epoch);
    return threads;
  }

  hasShareOf(keyId: number): boolean {
    return this.#keyIds.includes(keyId);
  }

  /** Whether this node has what all these can be opened with, each under the id of its key. */
  hasSharesFor(points: readonly Uint8Array[]): boolean {
    return points.every((point) => this.hasShareOf(fromKeyedPoint(point).keyId));
  }

  /** A job of a round that makes one of the next committee's keys, for the core that lasts. */
  async doJob(job: RoundJob, core: NodeCore | undefined = this.#ports.host.core): Promise<void> {
    const { files, host, now, onFailure } = this.#ports;
    const workers = this.#threads;
    if (workers === undefined) return;
    try {
      const answer = await doRoundJob({ secrets: files, workers }, job);
      if (host.core === core) host.step({ type: "round-done", now: now(), answer });
    } catch (error) {
      if (host.core !== core) return;
      // The threads have more urgent work, and a window lasts for many blocks.
      const isBusy = error instanceof CodedError && error.code === "BUSY";
      if (isBusy) setTimeout(() => void this.doJob(job, core), busyMs);
      else onFailure("a part in a round cannot be done", error);
    }
  }

  async retire(keyId: number): Promise<void> {
    await this.#ports.files.eraseKey(keyId);
  }

  async close(): Promise<void> {
    await this.#threads?.close();
  }

  async #sharesIn(committee: Committee): Promise<KeyShareOf[]> {
    const { files, dealt } = this.#ports;
    const { epoch } = committee;
    const found = keysOf(committee).map(async ({ keyId }) => {
      const own = epoch === dealt.epoch ? dealt.share : undefined;
      const share = (await files.shareOf(epoch, keyId)) ?? own;
      return share === undefined ? [] : [{ keyId, share }];
    });
    return (await Promise.all(found)).flat();
  }
}
