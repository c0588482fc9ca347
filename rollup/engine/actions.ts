// What a trader may ask for. The forms for wallets and for the wire stand beside the engine; here are only the nouns.

import type { AccountId, Lots, MarketId, Quanta, Ticks } from "./units.ts";

/** A condition on a market's price, and on how old the index behind it may be. */
export interface ActionGuard {
  readonly market: number;
  /** 1 index at least, 2 index at most, 3 mark at least, 4 mark at most. */
  readonly op: 1 | 2 | 3 | 4;
  readonly priceTicks: Ticks;
  readonly maxAgeMs: number;
}

export interface PlaceOrder {
  readonly type: "order";
  readonly market: number;
  readonly isBuy: boolean;
  readonly priceTicks: Ticks;
  readonly lots: Lots;
  /** 0 until cancelled or expired, 1 within one batch, 2 whole or not at all. */
  readonly timeInForce: 0 | 1 | 2;
  /** Bits: 1 post-only, 2 reduce-only, 4 dormant until the guard holds, 8 own orders in the way are cancelled. */
  readonly flags: number;
  /** 0 for an order that does not expire. */
  readonly validUntilMs: number;
  readonly clientId: number;
  readonly guard: ActionGuard | undefined;
}

/**
 * `orderNonce` is an order's number (`orderNumber`), 0 for all that rest in the market; market 0xffffffff is everywhere.
 * By number it reaches orders of the same batch as well, which then are never admitted; 0 leaves those alone, so that
 * a list may sweep and quote anew.
 */
export interface CancelOrder {
  readonly type: "cancel";
  readonly market: number;
  readonly orderNonce: number;
}

/**
 * Of an order that the same key placed. The cancel half goes with the cancels, the order with the orders; the age is kept
 * at the same price and no larger size.
 */
export interface ReplaceOrder {
  readonly type: "replace";
  readonly orderNonce: number;
  readonly order: PlaceOrder;
}

export interface TransferCash {
  readonly type: "transfer";
  readonly to: AccountId;
  readonly quanta: Quanta;
}

/** To L1; only by the owner's own key. */
export interface WithdrawCash {
  readonly type: "withdraw";
  /** In units of the token on L1. */
  readonly tokenAmount: bigint;
  /** 20 bytes. */
  readonly to: Uint8Array;
}

/** Gives a session key its place, or with no scopes takes it; only by the owner's own key. */
export interface AuthorizeKey {
  readonly type: "authorize";
  /** 1 to 255; 0 is the owner. */
  readonly key: number;
  /** The address that signs, 20 bytes. */
  readonly address: Uint8Array;
  /** Bits of `scopes`. */
  readonly scopes: number;
  /** Empty for all markets. */
  readonly markets: readonly MarketId[];
  readonly expiryMs: number;
  /** Of the largest position that its orders may lead to in a market; 0 for no bound. */
  readonly maxNotional: Quanta;
}

export type EngineAction =
  | PlaceOrder
  | CancelOrder
  | ReplaceOrder
  | TransferCash
  | WithdrawCash
  | AuthorizeKey;

/** What a session key may be allowed; never to withdraw, nor to make keys. */
export const scopes = { trade: 1, cancel: 2, transfer: 4 } as const;

export const flagBits = { postOnly: 1, reduceOnly: 2, trigger: 4, cancelResting: 8 } as const;

export const everyMarket = 0xffff_ffff;
export const listActionsMax = 64;
/** Above it an order's number would not be exact. */
export const listNonceMax: number = 2 ** 47 - 1;

/** Names one of an account's orders: the nonce of its list and its place in it. */
export function orderNumber(nonce: number, place: number): number {
  return nonce * listActionsMax + place;
}
