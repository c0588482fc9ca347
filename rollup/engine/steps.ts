// What a batch did, step by step, for whoever has to prove it: only those steps that others can repeat alone, from the leaves
// that they touch. Everything between two of them is told as touched, and nothing more.

import type { Deposit, SignedList } from "./batch.ts";
import type { Touched } from "./changes.ts";
import type { Withdrawal } from "./events.ts";
import type { AccountId, Lots, MarketId, OrderSlot, Quanta, Ticks } from "./units.ts";
import type { Work } from "./work.ts";

export type EngineStep =
  | { readonly type: "deposit"; readonly account: AccountId; readonly deposit: Deposit }
  | { readonly type: "funding-mark"; readonly market: MarketId }
  | {
      readonly type: "fill";
      readonly slot: OrderSlot;
      readonly account: AccountId;
      readonly market: MarketId;
      readonly lots: Lots;
      readonly priceTicks: Ticks;
      readonly fee: Quanta;
      readonly isLiquidation: boolean;
    }
  | {
      readonly type: "admit";
      readonly list: SignedList;
      readonly place: number;
      readonly slot: OrderSlot;
      /** Since when it counts as waiting: a replacement may keep the age of what it replaces. */
      readonly age: number;
      /** The account's own orders that went before it. */
      readonly removed: readonly OrderSlot[];
    }
  | {
      readonly type: "withdraw";
      readonly list: SignedList;
      readonly place: number;
      readonly withdrawal: Withdrawal;
    };

/** Called while a batch is applied: it may read the state, and must change nothing. */
export interface StepPort {
  /** A step of the kind may come next, or come to nothing. With what was touched since the last call. */
  before(kind: EngineStep["type"], touched: Touched): void;
  /** The step is done; with what it touched. */
  after(step: EngineStep, touched: Touched): void;
  /** The batch is through; with what was touched since the last step. */
  done(touched: Touched): void;
}

export function beginStep({ port, changes }: Work, kind: EngineStep["type"]): void {
  port?.before(kind, changes.takeRecent());
}

export function endStep({ port, changes }: Work, step: () => EngineStep): void {
  port?.after(step(), changes.takeRecent());
}
