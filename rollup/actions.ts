// What a trader may ask for, as it is signed and sealed. Bounds are those of the wire; whether it makes sense is the
// engine's to say.

/** A condition on a market's price, and on how old that price may be. */
export interface Guard {
  readonly market: number;
  /** 1 index at least, 2 index at most, 3 mark at least, 4 mark at most. */
  readonly op: 1 | 2 | 3 | 4;
  readonly priceTicks: number;
  readonly maxAgeMs: number;
}

/** How long an order stands: until it is cancelled or expires, within one batch, or whole or not at all. */
export const timesInForce = { goodTillCancelled: 0, immediateOrCancel: 1, fillOrKill: 2 } as const;

/** Bits of an order's flags. `trigger` keeps it dormant until the guard holds. */
export const orderFlags = { postOnly: 1, reduceOnly: 2, trigger: 4, cancelResting: 8 } as const;

/** Sizes have at most 40 bits, so that sums of them stay exact. */
export const lotsMax: number = 2 ** 40;

export interface Order {
  readonly type: "order";
  readonly market: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  readonly timeInForce: 0 | 1 | 2;
  readonly flags: number;
  /** 0 for an order that does not expire. */
  readonly validUntilMs: number;
  /** The trader's own name for it. */
  readonly clientId: number;
  readonly guard: Guard | undefined;
}

/** `orderNonce` 0 cancels all in the market, market 0xffffffff everywhere. */
export interface Cancel {
  readonly type: "cancel";
  readonly market: number;
  readonly orderNonce: number;
}

/** The order in place of the one with this number (`orderNumber`). */
export interface Replace {
  readonly type: "replace";
  readonly orderNonce: number;
  readonly order: Order;
}

/** To another account; `quanta` are 1e-12 USDC, below 2^128. */
export interface Transfer {
  readonly type: "transfer";
  readonly to: number;
  readonly quanta: bigint;
}

/** To an address on L1 (20 bytes), in units of the token there, below 2^128. Only by the owner's own key. */
export interface Withdraw {
  readonly type: "withdraw";
  readonly tokenAmount: bigint;
  readonly to: Uint8Array;
}

/** Gives a session key its place, or with no scopes takes it. Only by the owner's own key. */
export interface Authorize {
  readonly type: "authorize";
  /** 1 to 255. */
  readonly key: number;
  /** The address that signs, 20 bytes. */
  readonly address: Uint8Array;
  /** 1 trade, 2 cancel, 4 transfer. */
  readonly scopes: number;
  /** At most 64; empty for all. */
  readonly markets: readonly number[];
  readonly expiryMs: number;
  /** Of the largest position that its orders may lead to in a market, in quanta below 2^128; 0 for no bound. */
  readonly maxNotional: bigint;
}

export type Action = Order | Cancel | Replace | Transfer | Withdraw | Authorize;

export const actionsMax = 64;
export const keyMarketsMax = 64;
