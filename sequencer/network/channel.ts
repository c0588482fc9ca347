// Two streams to every peer, so that a batch under way never stands before a vote.

import { limits } from "../../protocol/index.ts";

export const channels = ["consensus", "bulk"] as const;
export type Channel = (typeof channels)[number];

/** What travels on each. The window is a constant of the network: nodes that differ cut each other off. */
export const streamWindowBytes = 4_194_304;

/** Frames that wait for one peer on one channel, and what gives way when they are too many. */
export interface OutboxPolicy {
  readonly framesMax: number;
  readonly bytesMax: number;
  /** Of consensus only the newest counts, as an old vote is a stale one; of bulk what is asked for first comes first. */
  readonly whenFull: "drop-oldest" | "refuse-newest";
}

export const outboxPolicies: Readonly<Record<Channel, OutboxPolicy>> = {
  consensus: { framesMax: 512, bytesMax: 2 * limits.frameBytesMax, whenFull: "drop-oldest" },
  bulk: { framesMax: 4096, bytesMax: 8 * limits.frameBytesMax, whenFull: "refuse-newest" },
};

export function protocolOf(channel: Channel): string {
  return `/conclave/${channel}/1`;
}

/** Durations in milliseconds. */
export interface Timing {
  /** Something is sent at least this often on every stream, and everything is looked after. */
  readonly heartbeat: number;
  /** A peer is taken for dead when nothing came for this long. */
  readonly silence: number;
  /** A stream that takes nothing for this long is given up. */
  readonly stall: number;
  /** For a connection with its streams to stand. */
  readonly dial: number;
  /** Between two attempts; doubles from the least to the most, less up to a half by chance. */
  readonly redialMin: number;
  readonly redialMax: number;
  /** How long a peer that broke a rule is cut off. */
  readonly penalty: number;
}

export const defaultTiming: Timing = {
  heartbeat: 1_000,
  silence: 4_000,
  stall: 10_000,
  dial: 5_000,
  redialMin: 200,
  redialMax: 3_000,
  penalty: 30_000,
};
