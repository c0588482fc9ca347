// What a node tells of its rollup, in full: everything else that stands on it (the API, whoever proposes roots) is given
// these two and nothing more.

import type { EngineBatch, Outcome, SignedList, State } from "../engine/index.ts";

/** One batch, after it was written to disk. */
export interface ExecutedBatch {
  readonly batch: EngineBatch;
  readonly outcome: Outcome;
  /** Of the state after it, 32 bytes. */
  readonly root: Uint8Array;
  /** Of the block that holds it. */
  readonly height: number;
  readonly blockHash: Uint8Array;
  /** The finalized L1 block up to which the inbox was read. */
  readonly l1Block: number;
  /** In their order; those that are no list that somebody signed, or void, have none. */
  readonly transactions: readonly {
    /** 32 bytes. */
    readonly id: Uint8Array;
    readonly list: SignedList | undefined;
  }[];
}

export interface RollupSource {
  /** After `last`, or after the batch that is being written; to be read only, and only until the event loop turns. */
  readonly state: State;
  /** Undefined before the first batch, and after a restart until the next. */
  readonly last: ExecutedBatch | undefined;
  /** Hears of every batch from now on, in order; returns what ends it. A listener must not throw. */
  subscribe(listener: (executed: ExecutedBatch) => void): () => void;
}
