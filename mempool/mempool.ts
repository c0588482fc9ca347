import type { Cut, Micros, SealedTransaction, ValidatorIndex } from "../protocol/index.ts";
import type {
  DropReason,
  EmissionGate,
  MempoolEffect,
  MempoolEvent,
  MempoolOptions,
  MempoolPorts,
  RecoveredMempool,
} from "./events.ts";

/** What one block orders. */
export interface Ordering {
  /** M: the block's time. */
  readonly time: Micros;
  /** In fair order. */
  readonly accepted: readonly {
    readonly id: Uint8Array;
    readonly transaction: SealedTransaction;
  }[];
  readonly dropped: readonly { readonly id: Uint8Array; readonly reason: DropReason }[];
  /** The ordering state after the block, for `extend`. */
  readonly next: OrderState;
}

/** Opaque to others. */
export interface OrderState {
  readonly height: number;
}

export declare class Mempool {
  constructor(ports: MempoolPorts, options: MempoolOptions, recovered: RecoveredMempool);
  step(event: MempoolEvent): MempoolEffect[];
  bestCut(parent: Uint8Array): Cut;
  order(request: {
    readonly parent: Uint8Array;
    readonly cut: Cut;
    readonly gate: EmissionGate;
    /** Who named the cut: asked first for what is missing. */
    readonly from?: ValidatorIndex;
  }): Ordering | "missing" | "invalid";
  extend(parent: Uint8Array, hash: Uint8Array, cut: Cut, ordering: Ordering): void;
  finalize(hash: Uint8Array): void;
  hasWork(parent: Uint8Array): boolean;
  has(id: Uint8Array): boolean;
  transaction(id: Uint8Array): SealedTransaction | undefined;
  snapshot(): Uint8Array;
}
