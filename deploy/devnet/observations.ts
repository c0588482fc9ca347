// What a smoke saw, as plain data from four sources that do not trust one another: our own submissions, the namespaces'
// streams as the SDK verified them, the followers' output, and the L1. Hashes and ids are lower-case hex without 0x.

import type { Origin } from "./journal.ts";
import type { PerpetualsObservation } from "./perpetuals/observation.ts";

export interface Observations {
  /** How many transactions were to be submitted by the random traffic. */
  readonly wanted: number;
  readonly submitted: readonly Submitted[];
  /** One for each namespace. */
  readonly streams: readonly DeliveredStream[];
  readonly followers: readonly FollowerHistory[];
  /** One for each namespace. */
  readonly settlements: readonly SettlementHistory[];
  /** In the order of the L1. */
  readonly checkpoints: readonly AnchoredCheckpoint[];
  readonly traces: readonly ValidatorTrace[];
  readonly chains: readonly ValidatorChain[];
  readonly restarts: readonly Restart[];
  /** How many members each committee was to have, from genesis on. */
  readonly sizes: readonly number[];
  /** To the key with which id clients of each committee were to seal. */
  readonly keyIds: readonly (number | undefined)[];
  /** The committees from genesis on, each shown by the one before it. */
  readonly epochs: readonly CommitteeOfEpoch[];
  /** Epochs that the Hub says have begun, in the order of the L1. */
  readonly rotations: readonly number[];
  /** Of the perpetuals rollup, where there is one. */
  readonly perpetuals: PerpetualsObservation | undefined;
  /** What was sealed in the first epoch that had a key, and submitted in the last. */
  readonly held: { readonly id: string | undefined; readonly lastOrigin: number };
}

export interface CommitteeOfEpoch {
  readonly epoch: number;
  readonly members: number;
  /** The key that is sealed to, if there is one, and its id. */
  readonly sealingKey: string | undefined;
  readonly keyId: number | undefined;
  /** The one before, while what is sealed to it is opened as well. */
  readonly retiringKey: string | undefined;
}

export interface Submitted {
  readonly id: string;
  readonly namespace: number;
  readonly origin: Origin;
  /** The last word of the validator that was asked, and the L1 transaction that it named. */
  readonly state: string;
  readonly l1Transaction: string | undefined;
}

/** A namespace from the first height on, verified against the genesis. */
export interface DeliveredStream {
  readonly namespace: number;
  /** In order; a height without anything of the namespace makes none. */
  readonly batches: readonly DeliveredBatch[];
}

export interface DeliveredBatch {
  readonly height: number;
  readonly transactions: readonly { readonly id: string; readonly isVoid: boolean }[];
  /** The chain over the batches up to this one. */
  readonly batchesHash: string;
}

/** What a rollup's own process says: the chain over the batches after each of them. */
export interface FollowerHistory {
  readonly name: string;
  readonly namespace: number;
  readonly hashes: ReadonlyMap<number, string>;
  /** Of its state after each of them; empty when it executes nothing. */
  readonly roots: ReadonlyMap<number, string>;
  /** How many transactions it was delivered, and how many of them were lists that it took. */
  readonly transactions: number;
  readonly lists: number;
}

export interface SettlementHistory {
  readonly namespace: number;
  /** What the contract holds at the end. */
  readonly batches: number;
  readonly batchesHash: string;
  /** Its events, in the order of the L1. */
  readonly settled: readonly SettledEvent[];
}

export interface SettledEvent {
  readonly batches: number;
  readonly batchesHash: string;
  readonly transaction: string;
}

export interface AnchoredCheckpoint {
  readonly number: number;
  readonly height: number;
  readonly blockHash: string;
  readonly transaction: string;
}

/** What a validator did, in its order, over all its lives. */
export interface ValidatorTrace {
  readonly validator: number;
  readonly events: readonly TraceEvent[];
}

export type TraceEvent =
  | { readonly event: "final" | "share-sent"; readonly height: number }
  | {
      readonly event: "proposed";
      readonly epoch: number;
      readonly view: number;
      readonly hash: string;
    }
  | {
      readonly event: "voted";
      readonly kind: "prepare" | "commit" | "skip";
      /** Views count anew in each. */
      readonly epoch: number;
      readonly view: number;
      readonly hash: string;
    };

/** Hashes of the final blocks that the validator serves, by height, up to one that all of them have. */
export interface ValidatorChain {
  readonly validator: number;
  readonly hashes: ReadonlyMap<number, string>;
}

/** A validator was killed and started again. */
export interface Restart {
  readonly validator: number;
  /** The height up to which it had opened everything, just before it was killed and at the end. */
  readonly before: number;
  readonly after: number;
  /** Where the others stood when it was started again, at the most. */
  readonly others: number;
}
