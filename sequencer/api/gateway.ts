// What the API asks of the node. The node implements it; the API holds no state of the protocol of its own.

import type {
  CertifiedCheckpoint,
  DeliveredPage,
  Epoch,
  EpochEnd,
  Evidence,
  Genesis,
  Header,
  Height,
  Member,
  Namespace,
  QC,
  Receipt,
  SealedTransaction,
  TransactionStatus,
} from "../../protocol/index.ts";
import type { Health } from "../health.ts";

export interface Gateway {
  readonly genesis: Genesis;

  /** Throws a `CodedError` when it is not admitted, whose code and message the client is told. */
  submit(transaction: SealedTransaction): Promise<Receipt>;

  /** Undefined when this node has never heard of the transaction, or has forgotten it. */
  status(id: Uint8Array): Promise<TransactionStatus | undefined>;

  /**
   * About `limit` consecutive opened blocks from `from` on, the last of them certified: more of them only when none
   * before has a certificate of its own. Undefined when there is nothing that far yet, or no longer; it never waits.
   */
  page(namespace: Namespace, from: Height, limit: number): Promise<DeliveredPage | undefined>;

  /** Calls back whenever a further height is opened; returns what stops it. */
  onOpened(listener: (height: Height) => void): () => void;

  /** A final block, undefined beyond the last one. */
  block(height: Height): Promise<FinalBlock | undefined>;

  /** How an epoch ended; undefined while it lasts, and for one that this node has not reached. */
  epochEnd(epoch: Epoch): Promise<EpochEnd | undefined>;

  /** The newest one. */
  checkpoint(): Promise<AnchoredCheckpoint | undefined>;

  /** What proves that validators lied, in the order of its names; at most `limit` of those after this one. */
  evidence(after: Uint8Array, limit: number): Promise<readonly KeptEvidence[]>;

  health(): Health;

  /** What a byte costs in the next block; undefined while the node is between two epochs. */
  fees(): Fees | undefined;
}

/** In fee units per byte. */
export interface Fees {
  readonly baseFee: number;
  /** Of rollups that have one; the higher of the two holds. */
  readonly reserves: readonly { readonly namespace: Namespace; readonly reserve: number }[];
}

export interface KeptEvidence {
  /** Orders it by epoch and offender; 19 bytes. */
  readonly name: Uint8Array;
  readonly evidence: Evidence;
  /** The offender, if this node knows the epoch's committee. */
  readonly member: Member | undefined;
  /** What costs it its stake, for lies of which L1 is the judge. */
  readonly call: { readonly to: string; readonly data: string } | undefined;
}

export interface FinalBlock {
  readonly header: Header;
  /** The block's own COMMIT certificate; it may lack one and be final by a descendant's. */
  readonly certificate: QC | undefined;
  /** Transaction ids in order, over all namespaces. */
  readonly ordered: readonly Uint8Array[];
}

export interface AnchoredCheckpoint {
  readonly certified: CertifiedCheckpoint;
  /** Hash of the L1 transaction that carried it, 32 bytes; undefined until L1 has included it. */
  readonly l1Transaction: Uint8Array | undefined;
}
