// What the opening protocol hears and asks for (docs/sealing.md, The opening).

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
  /** `settlementDomain`, 32 bytes. */
  readonly domain: Uint8Array;
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

/** What a peer says the openings of some slice are, 48 bytes each; checked before anyone believes it. */
export interface Claim {
  readonly from: ValidatorIndex;
  readonly openings: readonly Uint8Array[];
}

/** Openings, or not enough good rows; and in either case the seats whose rows are provably wrong. */
export interface BatchResult {
  readonly openings?: readonly Uint8Array[];
  readonly badSeats: readonly number[];
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
  /**
   * This node has given its PREPARE for the block: it will very likely be final, and its shares may be computed while
   * the others vote. They stay here until it is.
   */
  | ({ readonly type: "prepared"; readonly now: number } & FinalBatch)
  /** The answer to `compute-shares`. */
  | {
      readonly type: "shares-computed";
      readonly now: number;
      readonly blockHash: Uint8Array;
      readonly shares: readonly Uint8Array[];
    }
  /** The answer to `open-batches`, one result for each. */
  | {
      readonly type: "batches-opened";
      readonly now: number;
      readonly results: readonly BatchResult[];
    }
  /** The answer to `check-openings`, one for each claim. */
  | {
      readonly type: "openings-checked";
      readonly now: number;
      readonly areValid: readonly boolean[];
    }
  /** A quorum has declared this final height void: nothing of it is opened any more. */
  | { readonly type: "voided"; readonly now: number; readonly height: Height }
  | { readonly type: "tick"; readonly now: number };

export type OpeningEffect =
  | CommonEffect
  /** In a worker, with this validator's share of the key that each point is under: 52 bytes, as `keyedPoint` has them. */
  | {
      readonly type: "compute-shares";
      readonly blockHash: Uint8Array;
      readonly points: readonly Uint8Array[];
    }
  /** In a worker: combine each, check all by two pairings, and find the culprits if it fails. One at a time. */
  | {
      readonly type: "open-batches";
      readonly batches: readonly {
        readonly points: readonly Uint8Array[];
        readonly rows: readonly Row[];
      }[];
    }
  /** In a worker: two pairings over what peers sent, and if they fail, over each claim. One at a time. */
  | {
      readonly type: "check-openings";
      readonly claims: readonly {
        readonly points: readonly Uint8Array[];
        readonly openings: readonly Uint8Array[];
      }[];
    }
  /** Each height once, in whatever order they finish. */
  | {
      readonly type: "opened";
      readonly height: Height;
      readonly openings: readonly Uint8Array[];
    }
  /** Send `to` the stored openings of this height, if there are any. */
  | { readonly type: "load-openings"; readonly height: Height; readonly to: ValidatorIndex };
