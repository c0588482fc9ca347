import type { InboxMessage } from "./inbox.ts";
import type { Namespace } from "./numbers.ts";

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
  /** Only from the settlement contract that the namespace subscribed with. */
  | ({ readonly type: "inbox" } & InboxMessage);

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
