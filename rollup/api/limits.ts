// What one client may ask of the API, and all of them together.

import { BoundedMap } from "../../sdk/index.ts";
import { refusal } from "./problem.ts";

export interface ApiLimits {
  /** Sustained requests per second of one connection ... */
  readonly requestsPerSecond: number;
  /** ... and how many it may make at once. The same holds for what is said on a stream. */
  readonly requestsBurst: number;
  /** Lists per second of one account, whoever brings them: the node pays for their place. */
  readonly listsPerSecond: number;
  readonly listsBurst: number;
  /** Open connections, over all clients. */
  readonly connectionsMax: number;
  /** Open streams, over all clients, and the channels of one. */
  readonly streamsMax: number;
  readonly channelsMax: number;
  /** Lists that are being submitted, over all clients. */
  readonly submissionsMax: number;
  /** What a stream's client may leave unread before it is cut off, bytes. */
  readonly streamBufferBytesMax: number;
  /** How often a stream's client is asked whether it is still there, ms. */
  readonly streamPingMs: number;
}

export const defaultApiLimits: ApiLimits = {
  requestsPerSecond: 200,
  requestsBurst: 400,
  listsPerSecond: 50,
  listsBurst: 200,
  connectionsMax: 2_048,
  streamsMax: 512,
  channelsMax: 64,
  submissionsMax: 256,
  streamBufferBytesMax: 4 * 1_024 * 1_024,
  streamPingMs: 15_000,
};

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  /** Milliseconds, never going back. */
  readonly #now: () => number;

  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  fresh(): Bucket {
    return { tokens: this.#burst, at: this.#now() };
  }

  mayTake(bucket: Bucket): boolean {
    const now = this.#now();
    const earned = ((now - bucket.at) / 1_000) * this.#perSecond;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + earned);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

/** A bucket for each connection. What is remembered of one goes with it. */
export class ConnectionRates {
  readonly #limit: RateLimit;
  readonly #buckets: WeakMap<object, Bucket> = new WeakMap();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  mayTake(connection: object): boolean {
    const bucket = this.#buckets.get(connection) ?? this.#limit.fresh();
    this.#buckets.set(connection, bucket);
    return this.#limit.mayTake(bucket);
  }
}

/** A bucket for each account; of those that asked longest ago nothing is remembered, and they have full ones again. */
export class AccountRates {
  readonly #limit: RateLimit;
  readonly #buckets: BoundedMap<number, Bucket> = new BoundedMap(65_536);

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  mayTake(account: number): boolean {
    const bucket = this.#buckets.get(account) ?? this.#limit.fresh();
    this.#buckets.set(account, bucket);
    return this.#limit.mayTake(bucket);
  }
}

/** Counts what is going on at once; `enter` throws `BUSY` at the bound. */
export class Gate {
  #inside = 0;
  readonly #insideMax: number;
  readonly #what: string;

  constructor(insideMax: number, what: string) {
    this.#insideMax = insideMax;
    this.#what = what;
  }

  get isFull(): boolean {
    return this.#inside >= this.#insideMax;
  }

  /** Returns what leaves again, which may be called once. */
  enter(): () => void {
    if (this.isFull)
      throw refusal("BUSY", `this node serves ${this.#insideMax} ${this.#what} at a time`);
    this.#inside++;
    return () => void this.#inside--;
  }
}
