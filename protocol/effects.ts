import type { Write } from "../base/index.ts";
import type { Evidence } from "./evidence.ts";
import type { Message } from "./messages.ts";
import type { ValidatorIndex } from "./numbers.ts";

/**
 * What every state machine may ask of the world. The node carries effects out strictly in order, over steps as
 * well, and a `persist` with `sync` is a barrier: nothing after it happens before it is on disk.
 */
export type CommonEffect =
  | { readonly type: "persist"; readonly writes: readonly Write[]; readonly sync: boolean }
  | { readonly type: "send"; readonly to: ValidatorIndex; readonly message: Message }
  /** To every other validator; never to this one. */
  | { readonly type: "broadcast"; readonly message: Message }
  /** The peer broke a rule; `code` is a fixed word, `evidence` what proves it to others, if anything. */
  | {
      readonly type: "fault";
      readonly peer: ValidatorIndex;
      readonly code: string;
      readonly evidence?: Evidence;
    };

/** The kinds of records in the store, each with its own keys. */
export const spaces = {
  /** Genesis hash, schema version, and whose promises are kept beside. */
  meta: "m",
  /** How often this validator has started. With `safety` and `attested`, what its keys are bound by. */
  signer: "i",
  /** The safety state of consensus, by epoch. */
  safety: "s",
  /** Headers by block hash. */
  block: "b",
  /** Block hash by final height, u64. */
  height: "h",
  /** Certificates by epoch and view, u64 each, then kind. */
  certificate: "q",
  /** Lane messages by hash. */
  lane: "l",
  /** Transactions by id. */
  transaction: "t",
  /** What this validator has stamped and no final block has emitted, by id: the stamp, u64. */
  stamp: "p",
  /** Ordered ids of a final block, by height, u64. */
  ordered: "o",
  /** Openings of a final block, by height, u64. */
  opening: "k",
  /** What snapshots of the replicated state there are, by height, u64. A record is written when all of it is. */
  snapshot: "n",
  /** Their chunks, by height, u64, and place, u64. */
  snapshotChunk: "u",
  /** Certified checkpoints by number, u64. */
  checkpoint: "c",
  /** Votes one by one, by epoch and view, u64 each, kind, u8, signer, u16, and hash: the signature. */
  vote: "v",
  /** What this validator signed as checkpoints, by height, u64. */
  attested: "a",
  /** What proves that validators lied, by epoch, u64, offender, u16, kind, u8, and slot, u64. */
  evidence: "f",
  /** How each epoch ended, by its number, u64. */
  epoch: "e",
  /** What the settlement adapter has sent to L1, and L1 events it has read. */
  l1: "x",
} as const;
