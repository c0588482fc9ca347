// What one client may ask of a node, and all of them together. The messages themselves are bounded by protocol/limits.ts.

import type { CodedError } from "../../base/index.ts";
import { limits } from "../../protocol/index.ts";
import { refusal } from "./problem.ts";

export interface ApiLimits {
  /** Sustained requests per second of one connection ... */
  readonly requestsPerSecond: number;
  /** ... and how many it may make at once. */
  readonly requestsBurst: number;
  /** Open connections, over all clients. */
  readonly connectionsMax: number;
  /** Open streams, over all clients. */
  readonly streamsMax: number;
  /** Submissions that await admission, over all clients. */
  readonly submissionsMax: number;
  /** How long a stream's client may leave a page unread before it is cut off, ms. */
  readonly streamStallMs: number;
  /** How often a stream's client is asked whether it is still there, ms. */
  readonly streamPingMs: number;
}

export const defaultApiLimits: ApiLimits = {
  requestsPerSecond: 500,
  requestsBurst: 1_000,
  connectionsMax: 2_048,
  streamsMax: 512,
  submissionsMax: 1_024,
  streamStallMs: 30_000,
  streamPingMs: 15_000,
};

/** One encoded transaction: the body at its largest and what stands around it, bytes. */
export const transactionBytesMax: number = limits.transactionBodyBytesMax + 256;
/** The same as hex inside JSON. */
export const requestBytesMax: number = 2 * transactionBytesMax + 64;
/** One encoded page, bytes. */
export const pageBytesMax: number = limits.frameBytesMax;
/** Pieces of evidence in one answer: two messages of a lane may be long. */
export const evidencePageMax = 16;
export const pageBlocksMax: number = limits.headersPerAnswerMax;

/** A token bucket per connection. What it remembers of one goes with it. */
export class RateLimiter {
  readonly #buckets = new WeakMap<object, { tokens: number; at: number }>();
  readonly #limits: Pick<ApiLimits, "requestsPerSecond" | "requestsBurst">;
  /** Milliseconds, never going back. */
  readonly #now: () => number;

  constructor(
    bounds: Pick<ApiLimits, "requestsPerSecond" | "requestsBurst">,
    now: () => number = () => performance.now(),
  ) {
    this.#limits = bounds;
    this.#now = now;
  }

  mayRequest(connection: object): boolean {
    const { requestsPerSecond, requestsBurst } = this.#limits;
    const now = this.#now();
    const bucket = this.#buckets.get(connection) ?? { tokens: requestsBurst, at: now };
    const earned = ((now - bucket.at) / 1_000) * requestsPerSecond;
    const tokens = Math.min(requestsBurst, bucket.tokens + earned);
    const mayPass = tokens >= 1;
    this.#buckets.set(connection, { tokens: mayPass ? tokens - 1 : tokens, at: now });
    return mayPass;
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
    if (this.isFull) throw this.#busy();
    this.#inside++;
    return () => void this.#inside--;
  }

  #busy(): CodedError {
    return refusal(
      "BUSY",
      `this node serves ${this.#insideMax} ${this.#what} at a time; try another`,
    );
  }
}
