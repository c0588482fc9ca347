// What happens to a core, what it does about it, and how far it says that it is: the whole of its face to whoever hosts
// it, a process or the simulator.

import type { ReplicaEffect, StateSync, StateSyncEffect } from "../consensus/index.ts";
import type { RoundAnswer, RoundJob } from "../epoch/index.ts";
import type { MempoolEffect, OpeningEffect, OpeningEvent } from "../mempool/index.ts";
import type {
  Batch,
  CertifiedCheckpoint,
  Committee,
  Epoch,
  Height,
  L1Block,
  Message,
  Micros,
  RollupLeaf,
  SealedTransaction,
  ValidatorIndex,
  View,
} from "../protocol/index.ts";
import type { FinalRecord } from "./records.ts";

/** What happens to a node. Every event carries the time at which it was seen. */
export type CoreEvent =
  | { readonly type: "tick"; readonly now: Micros }
  | {
      readonly type: "message";
      readonly now: Micros;
      /** A place in the peer table of this core's epoch: seats first, then observers. */
      readonly from: ValidatorIndex;
      /** In which the sender said it. */
      readonly epoch: Epoch;
      readonly message: Message;
    }
  | { readonly type: "peer-connected"; readonly now: Micros; readonly peer: ValidatorIndex }
  /** Who validates in the next epoch, with the key they share. Said again after every start, until the epoch ends. */
  | { readonly type: "committee"; readonly now: Micros; readonly committee: Committee }
  | {
      readonly type: "submit";
      readonly now: Micros;
      readonly ticket: number;
      readonly transaction: SealedTransaction;
    }
  /** The next finalized L1 block. */
  | { readonly type: "l1"; readonly now: Micros; readonly block: L1Block }
  /** From the keeper of the secrets, about the job of a round. */
  | { readonly type: "round-done"; readonly now: Micros; readonly answer: RoundAnswer }
  | JobResult;

/** What the workers answer to the jobs in the effects. */
export type JobResult =
  | {
      readonly type: "validated";
      readonly now: Micros;
      readonly id: Uint8Array;
      readonly isValid: boolean;
    }
  | (Extract<
      OpeningEvent,
      { readonly type: "shares-computed" | "batches-opened" | "openings-checked" }
    > & { readonly now: Micros })
  | {
      readonly type: "unsealed";
      readonly now: Micros;
      readonly height: Height;
      readonly payloads: readonly (Uint8Array | undefined)[];
    };

/** What a node does. Jobs go to the workers and come back as events. */
export type CoreEffect =
  | Exclude<ReplicaEffect, { type: "finalized" }>
  | Exclude<MempoolEffect, { type: "changed" }>
  | Exclude<OpeningEffect, { type: "opened" }>
  | Exclude<StateSyncEffect, { type: "state-fetched" }>
  /** This core is over: the host builds another from the disk, where a newer state stands than it has. */
  | { readonly type: "state-synced"; readonly height: Height }
  /** Now and then: what is older than what the node keeps may be deleted, as far as these allow it. */
  | { readonly type: "prune"; readonly delivered: Height; readonly snapshot: Height }
  | {
      readonly type: "unseal";
      readonly height: Height;
      readonly items: readonly {
        readonly transaction: SealedTransaction;
        readonly opening: Uint8Array;
      }[];
    }
  /** For the keeper of the secrets: what this node has to do for the next committee's key. */
  | { readonly type: "round-job"; readonly job: RoundJob }
  /** Send `to`, which is in this earlier epoch, the record of how that ended. */
  | { readonly type: "load-epoch-end"; readonly to: ValidatorIndex; readonly epoch: Epoch }
  /**
   * The epoch is over and all of it on disk once the writes before this are. This core does nothing any more: a new one,
   * from what is on disk, goes on in the epoch named here.
   */
  | { readonly type: "epoch-ended"; readonly next: Epoch }
  /** A block is final and its order known here. */
  | {
      readonly type: "ordered";
      readonly height: Height;
      readonly time: Micros;
      readonly groups: FinalRecord["groups"];
      readonly dropped: readonly { readonly id: Uint8Array; readonly reason: string }[];
    }
  /** All that was sealed to this key is opened and on disk: this node's shares of it may be erased. Said again after every
   * start. */
  | { readonly type: "key-retired"; readonly keyId: number }
  /** A final block is opened, or declared void as a whole by a later one, and all before it. */
  | {
      readonly type: "delivered";
      readonly height: Height;
      readonly batches: readonly Batch[];
      readonly voidedBy: Height | undefined;
    }
  /**
   * This node has delivered the height opened, and a quorum has declared it void without it. This core is over: the host
   * builds another from the disk, where by then nothing counts what was opened there.
   */
  | { readonly type: "rewound"; readonly height: Height }
  /** The same, and nothing on disk to go back to: the node stops, and joins again with an empty store. */
  | { readonly type: "stranded"; readonly height: Height }
  /** A quorum has signed what is to be anchored; the leaves are what its root commits to, by rollup id. */
  | {
      /** `completed`: certified before, now with nobody absent. */
      readonly type: "certified" | "completed";
      readonly certified: CertifiedCheckpoint;
      readonly leaves: readonly RollupLeaf[];
    };

/** How far the node is. */
export interface Progress {
  readonly epoch: Epoch;
  readonly view: View;
  readonly final: Height;
  /** Final and worked out here. */
  readonly executed: Height;
  /** Opened, with all before it. */
  readonly delivered: Height;
  /** When the oldest final height that is not delivered became final here, µs; undefined when all are. */
  readonly unopenedSince: Micros | undefined;
  /** The last L1 block read. */
  readonly l1: number;
  /** Valid transactions that no final block has. */
  readonly pooled: number;
  /** A snapshot that is looked for, at height 0, or fetched: so many chunks are here. */
  readonly syncing: StateSync["progress"];
  /** Epochs after this one whose committees are proven; 0 for a node that is where the others are. */
  readonly epochsBehind: number;
}
