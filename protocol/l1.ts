import type { InboxMessage } from "./inbox.ts";
import type { Epoch, Namespace } from "./numbers.ts";

/** What the sequencer reads on L1, at finalized blocks only, in log order. */
export type L1Event =
  | {
      readonly type: "subscribed";
      readonly namespace: Namespace;
      /** Settlement contract, 20 bytes. */
      readonly settlement: Uint8Array;
      readonly policy: Policy;
    }
  | {
      readonly type: "funded";
      readonly namespace: Namespace;
      /** In the smallest unit of the fee token. */ readonly amount: number;
    }
  | { readonly type: "policy-set"; readonly namespace: Namespace; readonly policy: Policy }
  | {
      readonly type: "reserve-set";
      readonly namespace: Namespace;
      /** The least that a byte costs, in fee units, at most 2^32 - 1. */ readonly feePerByte: number;
    }
  /** The rollup has left, for good. */
  | { readonly type: "left"; readonly namespace: Namespace }
  /** Only from the settlement contract that the namespace subscribed with. */
  | ({ readonly type: "inbox" } & InboxMessage)
  /** The Hub has been shown who may sit in the committee of this epoch; a later one takes the place of an earlier. */
  | {
      readonly type: "prepared";
      readonly epoch: Epoch;
      /** In the order of their seats, at most `committeeMax`. */
      readonly candidates: readonly Candidate[];
    };

/** Who has staked for a seat. */
export interface Candidate {
  /** BLS12-381 G1, 48 bytes compressed; its possession was proven to the contract. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 32 bytes; no two operators have the same. */
  readonly networkKey: Uint8Array;
}

/** How a namespace wants to be served. */
export interface Policy {
  /** Clear transactions are refused. */
  readonly sealingRequired: boolean;
  /** Classes go first to last inside a block; otherwise the fair order alone. */
  readonly classOrder: boolean;
  /** A sender may pay for itself. */
  readonly senderMayPay: boolean;
}

/** One finalized L1 block that the node has read. */
export interface L1Block {
  readonly number: number;
  readonly hash: Uint8Array;
  readonly events: readonly L1Event[];
}
