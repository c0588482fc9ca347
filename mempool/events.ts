// What the mempool hears, what it asks for, and what it needs to be told about the ledger and the keys.

import type {
  CommonEffect,
  Committee,
  Lane,
  LaneEntry,
  MempoolMessage,
  Parameters,
  Receipt,
  SealedTransaction,
  ValidatorIndex,
} from "../protocol/index.ts";

/** Why a transaction that the fair order emits does not enter the block. */
export type DropReason = "expired" | "seen" | "unpayable" | "policy" | "unknown-namespace";

/**
 * Consulted in emission order while one block is ordered; the node backs it with the ledger after the parent. It
 * remembers what it admitted, so each call of `order` brings a new one.
 */
export interface EmissionGate {
  admit(id: Uint8Array, transaction: SealedTransaction): DropReason | undefined;
}

/** Cheap checks before anything is verified, against the latest final ledger. Answers a public code, or undefined. */
export interface AdmissionGate {
  check(transaction: SealedTransaction): string | undefined;
}

/** Ed25519 by the network keys, for lanes and receipts. */
export interface LaneSignatures {
  /** By this validator's key, 64 bytes. */
  sign(hash: Uint8Array): Uint8Array;
  verify(owner: ValidatorIndex, hash: Uint8Array, signature: Uint8Array): boolean;
}

export interface MempoolPorts {
  readonly admission: AdmissionGate;
  readonly signatures: LaneSignatures;
}

export interface MempoolOptions {
  readonly committee: Committee;
  /** From the number of seats on an observer's. */
  readonly index: ValidatorIndex;
  /** Starts of this validator, from 1; on disk before the first message of this one. */
  readonly incarnation: number;
  readonly parameters: Parameters;
  readonly chainId: number;
  readonly genesisHash: Uint8Array;
}

/** What a start finds on disk. The node then orders and finalizes again the blocks after the snapshot's. */
export interface RecoveredMempool {
  /** Of the ordering state after the block `final`; undefined at genesis. */
  readonly snapshot?: Uint8Array;
  /** That block closed the epoch before this committee's. */
  readonly beginsEpoch?: boolean;
  /** The block of the snapshot, or the genesis hash. */
  readonly final: Uint8Array;
  readonly lanes: readonly Lane[];
  /** Those of the stored lanes and stamps; they were validated before they were stored. */
  readonly transactions: readonly SealedTransaction[];
  /** All records of the space `stamp`: what earlier starts promised and no block has emitted. */
  readonly stamps?: readonly LaneEntry[];
}

/** `now` is in microseconds and never goes back. */
export type MempoolEvent =
  /** From the API; answered once, by `ticket`. */
  | {
      readonly type: "submit";
      readonly now: number;
      readonly ticket: number;
      readonly transaction: SealedTransaction;
    }
  | {
      readonly type: "message";
      readonly now: number;
      readonly from: ValidatorIndex;
      readonly message: MempoolMessage;
    }
  /** The answer to a `validate`. */
  | {
      readonly type: "validated";
      readonly now: number;
      readonly id: Uint8Array;
      readonly isValid: boolean;
    }
  | { readonly type: "tick"; readonly now: number }
  | { readonly type: "peer-connected"; readonly now: number; readonly peer: ValidatorIndex };

export type MempoolEffect =
  | CommonEffect
  /** Check the sender's signature and the seal, in a worker; at most one of an id at a time. */
  | {
      readonly type: "validate";
      readonly id: Uint8Array;
      readonly transaction: SealedTransaction;
    }
  | {
      readonly type: "answer";
      readonly ticket: number;
      readonly result: { readonly receipt: Receipt } | { readonly code: string };
    }
  /** Send `to` the stored lane message of this hash and up to `count` - 1 before it, newest first. */
  | {
      readonly type: "load-lanes";
      readonly to: ValidatorIndex;
      readonly owner: ValidatorIndex;
      readonly hash: Uint8Array;
      readonly count: number;
    }
  /** Send `to` the stored transactions of these ids. */
  | {
      readonly type: "load-transactions";
      readonly to: ValidatorIndex;
      readonly ids: readonly Uint8Array[];
    }
  /** Lanes or transactions arrived that a block may wait for. */
  | { readonly type: "changed" };
