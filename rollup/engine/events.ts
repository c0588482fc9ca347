// What a batch did, for those who watch: nothing of it is state. In a fixed order, so that two nodes say the same.

import type { SignedList } from "./batch.ts";
import type { AccountId, Lots, MarketId, OrderSlot, Quanta, Ticks } from "./units.ts";

/** Why a list or an action did nothing. A list's nonce is used up from `SCOPE` on. */
export type RefusalReason =
  | "NO_ACCOUNT"
  | "BAD_SIGNER"
  | "EXPIRED"
  | "NONCE_USED"
  | "SCOPE"
  | "NO_MARKET"
  | "HALTED"
  | "GUARD"
  | "SIZE"
  | "PRICE"
  | "CANCELLED"
  | "SELF_TRADE"
  | "POST_ONLY"
  | "TOO_MANY"
  | "CAP"
  | "REDUCE_ONLY"
  | "MARGIN"
  | "NO_RECIPIENT"
  | "WITHDRAWALS_CLOSED"
  | "OUTFLOW"
  | "AMOUNT";

/** Why an open order went without being filled. */
export type RemovalReason =
  | "CANCELLED"
  | "REPLACED"
  | "EXPIRED"
  | "UNCOVERED"
  | "ORPHANED"
  | "NOT_FILLED"
  | "SELF_TRADE"
  | "POST_ONLY"
  | "LIQUIDATED";

export interface OrderName {
  readonly account: AccountId;
  readonly market: MarketId;
  readonly number: number;
  readonly clientId: number;
  /** Keys count for themselves: two of an account may give one number. */
  readonly key: number;
}

export type EngineEvent =
  | {
      readonly type: "refused";
      readonly list: SignedList;
      readonly place: number;
      readonly reason: RefusalReason;
    }
  | { readonly type: "rested"; readonly order: OrderName; readonly slot: OrderSlot }
  | {
      readonly type: "removed";
      readonly order: OrderName;
      readonly reason: RemovalReason;
      readonly lots: Lots;
    }
  | {
      readonly type: "fill";
      readonly order: OrderName;
      readonly isBuy: boolean;
      readonly lots: Lots;
      readonly priceTicks: Ticks;
      readonly fee: Quanta;
      readonly isMaker: boolean;
      readonly isLiquidation: boolean;
    }
  | {
      readonly type: "auction";
      readonly market: MarketId;
      readonly priceTicks: Ticks;
      readonly lots: Lots;
    }
  | { readonly type: "deposited"; readonly account: AccountId; readonly quanta: Quanta }
  | { readonly type: "passed-over"; readonly what: string }
  | { readonly type: "funding"; readonly market: MarketId; readonly perLot: Quanta }
  | { readonly type: "takeover"; readonly account: AccountId; readonly equity: Quanta }
  | {
      readonly type: "deleveraged";
      readonly account: AccountId;
      readonly against: AccountId;
      readonly market: MarketId;
      readonly lots: Lots;
      readonly charge: Quanta;
    }
  | {
      readonly type: "transferred";
      readonly from: AccountId;
      readonly to: AccountId;
      readonly quanta: Quanta;
    }
  | {
      readonly type: "tip";
      readonly from: AccountId;
      readonly to: AccountId;
      readonly quanta: Quanta;
    };

/** Owed on L1 once the batch's root is final. */
export interface Withdrawal {
  readonly account: AccountId;
  /** 20 bytes. */
  readonly to: Uint8Array;
  readonly tokenAmount: bigint;
}

/** The leaves that differ from before, each list ascending; the globals always do. */
export interface DirtyLeaves {
  readonly accounts: readonly AccountId[];
  readonly orders: readonly OrderSlot[];
  readonly markets: readonly MarketId[];
}

export interface Outcome {
  readonly events: readonly EngineEvent[];
  readonly withdrawals: readonly Withdrawal[];
  readonly dirty: DirtyLeaves;
}
