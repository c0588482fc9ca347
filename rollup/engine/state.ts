// All that the engine knows between two batches, as plain structures; what is derived from them (books, queues) is kept
// apart and can be built again.
//
// For whoever hashes or stores it: a leaf is one account with its keys, windows and exposures, one order by its slot, one
// market, or the globals. `Outcome.dirty` names those that a batch changed. What is marked as derived belongs to no leaf:
// `new Engine(state)` makes it anew, as it makes the exposures that are there for orders alone, without a position.

import type { ActionGuard } from "./actions.ts";
import type { NonceWindow } from "./nonce-window.ts";
import type { MarketParameters, RollupParameters } from "./parameters.ts";
import {
  type AccountId,
  feesId,
  insuranceId,
  type Lots,
  type MarketId,
  type OrderSlot,
  type Ppm,
  type Quanta,
  type Ticks,
} from "./units.ts";

export interface State {
  /** By id, without gaps. */
  readonly accounts: Account[];
  /** By slot; undefined where no order is. */
  readonly orders: (Order | undefined)[];
  /** In the order in which they were made; found by id through `marketOf`. */
  readonly markets: Market[];
  readonly globals: Globals;
}

export interface Account {
  readonly id: AccountId;
  /** 20 bytes. */
  readonly owner: Uint8Array;
  readonly subId: number;
  cash: Quanta;
  /** Where it has a position or orders, by market id. */
  readonly exposures: Exposure[];
  /** Session keys by place, 1 to 255. */
  readonly keys: Map<number, SessionKey>;
  /** By place; they outlive the keys, or an old list could be executed again. */
  readonly windows: Map<number, NonceWindow>;
  /** When its liquidation began; 0 while there is none. */
  liquidatedSinceMs: number;
  openOrders: number;
}

export interface Exposure {
  readonly market: MarketId;
  /** Above 0 is long. */
  lots: Lots;
  /** The market's, when funding was last settled here. */
  fundingIndex: Quanta;
  /** What the position was entered for, always at least 0: ranks deleveraging, and is shown. */
  entryQuote: Quanta;
  /**
   * Derived: its open orders in this market, and the sums of those that may add to the position. The orders stand as they
   * came, and after a restart by slot: whoever decides by their order sorts them first.
   */
  readonly orders: Order[];
  bidLots: Lots;
  askLots: Lots;
}

export interface SessionKey {
  readonly address: Uint8Array;
  readonly scopes: number;
  readonly markets: readonly MarketId[];
  readonly expiryMs: number;
  readonly maxNotional: Quanta;
}

export interface Order {
  readonly account: AccountId;
  readonly market: MarketId;
  /** Unique in its account for as long as it lives. */
  readonly number: number;
  readonly isBuy: boolean;
  readonly priceTicks: Ticks;
  readonly timeInForce: 0 | 1 | 2;
  readonly flags: number;
  readonly validUntilMs: number;
  readonly clientId: number;
  readonly guard: ActionGuard | undefined;
  /** The key that placed it: it goes into the tie. */
  readonly key: number;
  /** Inserted by the engine to liquidate. */
  readonly isLiquidation: boolean;
  /** What is left. */
  lots: Lots;
  /** Since when it is in the book: its age. */
  batch: number;
  /** A trigger that has not fired. */
  isDormant: boolean;
  /** -1 before it is admitted, and once it is gone. */
  slot: OrderSlot | -1;
  /** Derived: what of it takes part in this auction; its place in its level; whether it is in the book. */
  live: Lots;
  at: number;
}

export interface Market {
  readonly id: MarketId;
  parameters: MarketParameters;
  /** 0 before the first price: nothing trades. */
  indexTicks: Ticks;
  indexTimeMs: number;
  confidencePpm: Ppm;
  /** A price that waits for confirmation, and how many updates have yet to confirm it; 0 for none. */
  candidateTicks: Ticks;
  candidateTimeMs: number;
  confirmationsLeft: number;
  markTicks: Ticks;
  /** Of the auctions' prices over the index, averaged, in ticks times 2^16. */
  basis: number;
  /** 0 before the first auction. */
  lastAuctionTicks: Ticks;
  /** Of the index's returns: ppm squared per second. */
  variance: number;
  fundingIndex: Quanta;
  /** In this hour: the premiums and how many, in ticks; and how long there was no price to trust. */
  premiumSum: bigint;
  premiumCount: number;
  staleMs: number;
  /** Half of the sum of all positions' sizes. */
  openLots: Lots;
  /** Averaged depth within the band. */
  bidDepth: Lots;
  askDepth: Lots;
  /** The batch at which a halt ended; undefined while it lasts. */
  resumedBatch: number | undefined;
}

export interface Globals {
  parameters: RollupParameters;
  batch: number;
  timeMs: number;
  /** The next message of L1. */
  l1Index: number;
  l1TimeMs: number;
  /** When L1 was last heard of, in batch time. */
  l1HeardMs: number;
  anchoredBatch: number;
  anchoredTimeMs: number;
  deposited: Quanta;
  withdrawn: Quanta;
  /** What the insurance fund lacks. While there is any, nobody withdraws. */
  shortfall: Quanta;
  /** The batch in which a halt was last seen. */
  haltedBatch: number;
  outflowSinceMs: number;
  outflow: Quanta;
  takeoverDay: number;
  takeoverUsed: Quanta;
  /** Of all accounts that are worth something, what they are worth: who exits by L1 is paid this part of what is there. */
  sumPositiveEquity: Quanta;
}

export function genesisState(parameters: RollupParameters): State {
  return {
    accounts: [
      newAccount(insuranceId, new Uint8Array(20), 0),
      newAccount(feesId, new Uint8Array(20), 1),
    ],
    orders: [],
    markets: [],
    globals: {
      parameters,
      batch: 0,
      timeMs: 0,
      l1Index: 0,
      l1TimeMs: 0,
      l1HeardMs: 0,
      anchoredBatch: 0,
      anchoredTimeMs: 0,
      deposited: 0n,
      withdrawn: 0n,
      shortfall: 0n,
      haltedBatch: 0,
      outflowSinceMs: 0,
      outflow: 0n,
      takeoverDay: 0,
      takeoverUsed: 0n,
      sumPositiveEquity: 0n,
    },
  };
}

export function newAccount(id: AccountId, owner: Uint8Array, subId: number): Account {
  return {
    id,
    owner,
    subId,
    cash: 0n,
    exposures: [],
    keys: new Map(),
    windows: new Map(),
    liquidatedSinceMs: 0,
    openOrders: 0,
  };
}

/** That of the market, made if there is none: of no size, with funding settled up to now. */
export function exposureFor(account: Account, { id, fundingIndex }: Market): Exposure {
  for (const exposure of account.exposures) if (exposure.market === id) return exposure;
  const exposure: Exposure = {
    market: id,
    lots: 0,
    fundingIndex,
    entryQuote: 0n,
    orders: [],
    bidLots: 0,
    askLots: 0,
  };
  const after = account.exposures.findIndex((each) => each.market > id);
  account.exposures.splice(after === -1 ? account.exposures.length : after, 0, exposure);
  return exposure;
}

export function newMarket(id: MarketId, parameters: MarketParameters): Market {
  return {
    id,
    parameters,
    indexTicks: 0,
    indexTimeMs: 0,
    confidencePpm: 0,
    candidateTicks: 0,
    candidateTimeMs: 0,
    confirmationsLeft: 0,
    markTicks: 0,
    basis: 0,
    lastAuctionTicks: 0,
    variance: 0,
    fundingIndex: 0n,
    premiumSum: 0n,
    premiumCount: 0,
    staleMs: 0,
    openLots: 0,
    bidDepth: 0,
    askDepth: 0,
    resumedBatch: undefined,
  };
}
