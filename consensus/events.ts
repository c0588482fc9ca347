// What happens to a replica, and what it asks for in answer.

import type {
  CommonEffect,
  ConsensusMessage,
  Header,
  Micros,
  QC,
  ValidatorIndex,
} from "../protocol/index.ts";

export type ReplicaEvent =
  | {
      readonly type: "message";
      readonly now: Micros;
      /** Known from the connection; the message cannot claim another. */
      readonly from: ValidatorIndex;
      readonly message: ConsensusMessage;
    }
  /** Every 10 to 25 ms: all waiting is measured on these. */
  | { readonly type: "tick"; readonly now: Micros }
  /** Lanes, transactions or ledger data arrived: what was missing may be there, and there may be work. */
  | { readonly type: "application-changed"; readonly now: Micros }
  | { readonly type: "peer-connected"; readonly now: Micros; readonly peer: ValidatorIndex }
  /** A certificate came with something else, from whatever peer; it is checked like any other. */
  | {
      readonly type: "shown";
      readonly now: Micros;
      readonly from: ValidatorIndex;
      readonly qc: QC;
    };

export type ReplicaEffect =
  | CommonEffect
  | {
      readonly type: "finalized";
      /** Ascending, without a gap after the last final one; at least one. */
      readonly headers: readonly Header[];
      /** CommitQC of the last; undefined while catching up, when a later block makes these final. */
      readonly certificate: QC | undefined;
    }
  /**
   * A peer asked for the block of this hash and its ancestors, and may have them now: the node reads up to
   * `count` headers, newest first, from `spaces.block` and sends them as `blocks`. It need not wait for
   * earlier effects, and sends nothing when the first is not there.
   */
  | {
      readonly type: "serve-blocks";
      readonly to: ValidatorIndex;
      readonly hash: Uint8Array;
      readonly count: number;
    };
