// What the opening protocol hears and asks for (sealing.md 3.1, with every seat a combiner and one slice).

import type {
  CommonEffect,
  Committee,
  Height,
  OpeningMessage,
  SealedTransaction,
  ValidatorIndex,
} from "../protocol/index.ts";

export interface OpeningOptions {
  readonly committee: Committee;
  /** From the number of seats on an observer's. */
  readonly index: ValidatorIndex;
}

/** What a start finds on disk: nothing else is needed, because shares are deterministic. */
export interface RecoveredOpening {
  /** The last final height, 0 at genesis. */
  readonly final: Height;
  /** Final heights without an opening, ascending. */
  readonly unopened: readonly FinalBatch[];
}

/** The sealed transactions of one final block, in block order. */
export interface FinalBatch {
  readonly height: Height;
  readonly blockHash: Uint8Array;
  readonly transactions: readonly SealedTransaction[];
}

/** One seat's decryption shares of a batch, 96 bytes each; seats count from 1. */
export interface Row {
  readonly seat: number;
  readonly shares: readonly Uint8Array[];
}

/** `now` is in microseconds and never goes back. */
export type OpeningEvent =
  /**
   * This node holds a CommitQC for the block or a descendant. Every height, in order, also the empty ones; none while
   * `unopened` is at `unopenedMax` and this node is only catching up.
   */
  | ({
      readonly type: "final";
      readonly now: number;
      /** Final long ago: others have opened it, and ours is not the share that they wait for. */
      readonly isOld?: boolean;
    } & FinalBatch)
  | {
      readonly type: "message";
      readonly now: number;
      readonly from: ValidatorIndex;
      readonly message: OpeningMessage;
    }
  /** The answer to `compute-shares`. */
  | {
      readonly type: "shares-computed";
      readonly now: number;
      readonly height: Height;
      readonly shares: readonly Uint8Array[];
    }
  /** The answer to `open-batch`; `badSeats` are those whose rows are provably wrong. */
  | {
      readonly type: "batch-opened";
      readonly now: number;
      readonly height: Height;
      readonly openings: readonly Uint8Array[];
      readonly badSeats?: readonly number[];
    }
  | {
      readonly type: "batch-failed";
      readonly now: number;
      readonly height: Height;
      readonly badSeats: readonly number[];
    }
  /** The answer to `check-openings`. */
  | {
      readonly type: "openings-checked";
      readonly now: number;
      readonly height: Height;
      readonly from: ValidatorIndex;
      readonly isValid: boolean;
    }
  | { readonly type: "tick"; readonly now: number };

export type OpeningEffect =
  | CommonEffect
  /** In a worker, with this validator's key share. */
  | {
      readonly type: "compute-shares";
      readonly height: Height;
      readonly points: readonly Uint8Array[];
    }
  /** In a worker: combine, check by two pairings, and find the culprits if it fails. */
  | {
      readonly type: "open-batch";
      readonly height: Height;
      readonly points: readonly Uint8Array[];
      readonly rows: readonly Row[];
    }
  /** In a worker: two pairings over what a peer sent. */
  | {
      readonly type: "check-openings";
      readonly height: Height;
      readonly points: readonly Uint8Array[];
      readonly openings: readonly Uint8Array[];
      readonly from: ValidatorIndex;
    }
  /** Each height once, in whatever order they finish. */
  | {
      readonly type: "opened";
      readonly height: Height;
      readonly openings: readonly Uint8Array[];
    }
  /** Send `to` the stored openings of this height, if there are any. */
  | { readonly type: "load-openings"; readonly height: Height; readonly to: ValidatorIndex };
