// What the steps of one batch share: the state, what is derived from it, and what the batch has done so far.

import { assert } from "../../sdk/index.ts";
import type { EngineBatch, SignedList } from "./batch.ts";
import type { Book } from "./book.ts";
import type { Changes } from "./changes.ts";
import type { Derived } from "./derived.ts";
import type { EngineEvent, OrderName, Withdrawal } from "./events.ts";
import type { MarketView } from "./market-view.ts";
import type { Account, Market, Order, State } from "./state.ts";
import type { StepPort } from "./steps.ts";
import type { AccountId, MarketId } from "./units.ts";

export interface Work {
  readonly state: State;
  readonly derived: Derived;
  readonly batch: EngineBatch;
  readonly changes: Changes;
  /** Who follows the batch step by step, if anyone does. */
  readonly port: StepPort | undefined;
  readonly events: EngineEvent[];
  readonly withdrawals: Withdrawal[];
  /** The markets as they stand from phase 0 on, in ascending order of their ids: one mark for the whole batch. */
  readonly views: Map<MarketId, MarketView>;
  /** Lists that may act, by account, key and nonce. */
  lists: readonly SignedList[];
  /** Orders that were dormant, by slot. */
  readonly woken: Order[];
  /** Orders of this batch, in the order of the lists. */
  readonly admitted: Order[];
  /** Who was found too far gone for the book, before the auctions. */
  readonly fallen: Set<Account>;
  /** By how much the sum of all positions' sizes has grown. */
  readonly openDelta: Map<MarketId, number>;
}

export function accountAt(work: Work, id: AccountId): Account {
  const account = work.state.accounts[id];
  assert(account !== undefined, "accounts that act are there");
  return account;
}

export function marketAt(work: Work, id: MarketId): Market {
  const market = work.derived.markets.get(id);
  assert(market !== undefined, "markets with exposures are there");
  return market;
}

/** As much of it as what an account is worth depends on. */
export type Seen = Pick<Work, "state" | "views">;

export function viewOf(work: Pick<Work, "views">, id: MarketId): MarketView {
  const view = work.views.get(id);
  assert(view !== undefined, "every market has a view in a batch");
  return view;
}

export function bookOf(work: Work, id: MarketId): Book {
  const book = work.derived.books.get(id);
  assert(book !== undefined, "every market has a book");
  return book;
}

export function nameOf({ account, market, number, clientId, key }: Order): OrderName {
  return { account, market, number, clientId, key };
}
