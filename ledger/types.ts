import type {
  Height,
  InboxMessage,
  L1Event,
  Micros,
  Namespace,
  NamespaceLeaf,
  Policy,
  SealedTransaction,
} from "../protocol/index.ts";
import type { Assembly } from "./assembly.ts";
import type { IdKey } from "./replay-window.ts";

/** Why the fair order's next transaction is left out of the block (docs/protocol.md, Order). */
export type DropReason = "expired" | "seen" | "unpayable" | "policy" | "unknown-namespace";

/** A block of L1. */
export interface L1Position {
  readonly number: number;
  readonly hash: Uint8Array;
}

/** L1 as this node has read it: finalized blocks alone. */
export interface L1View {
  /**
   * The events of the blocks `fromExclusive` < number <= `to.number`, in log order; undefined when this node has not
   * read that far, or finds another block than `to.hash` there.
   */
  eventsBetween(fromExclusive: number, to: L1Position): readonly L1Event[] | undefined;
}

/** Where a block stands. Its time is not part of it: that follows from the lanes, and is known when they are read. */
export interface BlockContext {
  /** Hash of the parent, 32 bytes: final, or an overlay. */
  readonly parent: Uint8Array;
  readonly height: Height;
  /** The L1 block up to which it has read. */
  readonly l1: L1Position;
}

/** A transaction under its name. */
export interface NamedTransaction {
  readonly id: Uint8Array;
  readonly transaction: SealedTransaction;
}

/**
 * A closed block: what it orders, by namespace, what validators say in it last, and the leaves of its
 * `namespacesRoot`.
 */
export interface FinishedBlock {
  readonly ordered: readonly NamedTransaction[];
  readonly leaves: readonly NamespaceLeaf[];
}

/** What the ledger keeps of a rollup for ordering. A value: it is replaced, never changed. */
export interface NamespaceState {
  readonly namespace: Namespace;
  /** Settlement contract, 20 bytes. */
  readonly settlement: Uint8Array;
  readonly policy: Policy;
  /** The least that a byte costs, in fee units. */
  readonly reserve: number;
  /** Nothing more of it is ordered. */
  readonly hasLeft: boolean;
  /** Prepaid and not used up, in fee units; what exceeds the safe integers is forfeit. */
  readonly balance: number;
  /** Inbox messages read: the index of the next. */
  readonly inboxRead: number;
}

/** What one block takes from what a rollup has prepaid, in fee units. */
export interface Charge {
  /** All of it. */
  readonly spent: number;
  /** The part of it that is the rollup's own: what is above the base fee. */
  readonly earned: number;
}

/** What a byte costs in the next block, in fee units. */
export interface Fees {
  readonly baseFee: number;
  /** Rollups whose reserve price is not zero, by id, ascending: the higher of the two holds. */
  readonly reserves: readonly { readonly namespace: Namespace; readonly reserve: number }[];
}

/** A block that the ledger has taken in. */
export interface BlockState {
  readonly height: Height;
  /** Block hash, 32 bytes; the genesis hash at height 0. */
  readonly hash: Uint8Array;
  readonly time: Micros;
  readonly l1: L1Position;
  /** Time of the closing block with which the epoch began that the next block is of, or of the first block; else 0. */
  readonly epochStart: Micros;
  /** Fee units for a byte in the next block. */
  readonly baseFee: number;
}

/** What a block says that the ledger does not work out. */
export interface BlockMeaning {
  readonly time: Micros;
  /** Hash of the committee that follows, in the closing block of an epoch; zeros in all others. 32 bytes. */
  readonly nextCommittee: Uint8Array;
}

/** What a block changes, until it is final and folded in, or dropped with its branch. */
export interface Overlay extends BlockState, BlockMeaning {
  readonly parent: Uint8Array;
  /** The namespaces that it changes, as they are after it. */
  readonly namespaces: ReadonlyMap<Namespace, NamespaceState>;
  /** Expiry by id of what it orders. */
  readonly seen: ReadonlyMap<IdKey, Height>;
  readonly subscribed: readonly Namespace[];
  readonly charged: ReadonlyMap<Namespace, Charge>;
  /** The messages that it reads, in L1 order. */
  readonly inbox: readonly InboxMessage[];
  readonly assembly: Assembly;
}
