// What traders are shown, as JSON. Prices are integers in ticks and sizes integers in lots; money is USDC as a decimal string,
// exact to its twelve places; times are batch time in milliseconds; bytes are hex.

import type { Level } from "./ladder.ts";

export interface DepthJson {
  readonly market: number;
  /** The best first. In a delta only what differs, and no lots where a level is gone. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** What one auction traded: one price for all. */
export interface TradeJson {
  readonly market: number;
  readonly batch: number;
  readonly timeMs: number;
  readonly priceTicks: number;
  readonly lots: number;
  /** Bought, and sold, by orders that came in this batch; what is left was resting. */
  readonly takerBuyLots: number;
  readonly takerSellLots: number;
  /** Of either side, to liquidate. */
  readonly liquidatedLots: number;
}

export interface CandleJson {
  readonly startMs: number;
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly closeTicks: number;
  readonly lots: number;
  readonly trades: number;
}

export interface FundingPaymentJson {
  readonly batch: number;
  readonly timeMs: number;
  /** What each lot that is long paid; below 0 it was paid. */
  readonly perLot: string;
}

export interface FundingJson {
  readonly market: number;
  /** Of eight hours, in parts per billion, as it would be if the hour ended now; null when nothing would be paid. */
  readonly ratePpb: number | null;
  readonly perLot: string;
  readonly nextMs: number;
  /** The newest last. */
  readonly payments: readonly FundingPaymentJson[];
}

export interface MarketJson {
  readonly id: number;
  readonly name: string;
  /** USDC for each unit of what is traded, and such units in a lot. */
  readonly tickSize: string;
  readonly lotSize: string;
  /** What a lot gains when the price rises by a tick. */
  readonly unit: string;
  readonly indexTicks: number;
  readonly indexTimeMs: number;
  readonly markTicks: number;
  /** 0 before the first auction. */
  readonly lastTicks: number;
  readonly bidTicks: number | null;
  readonly askTicks: number | null;
  /** What trades is between these two. */
  readonly lowTicks: number;
  readonly highTicks: number;
  readonly openLots: number;
  /** In the last day, as far as this node saw it. */
  readonly dayLots: number;
  readonly dayOpenTicks: number | null;
  readonly fundingRatePpb: number | null;
  readonly nextFundingMs: number;
  /** `open`; `reduce-only` while new risk is refused; `post-only` after a halt; `halted`. */
  readonly state: "open" | "reduce-only" | "post-only" | "halted";
  readonly takerFeePpm: number;
  readonly makerFeePpm: number;
  readonly initialPpm: number;
  readonly maintenancePpm: number;
  readonly orderLotsMin: number;
  readonly positionLotsMax: number;
}

export interface StatusJson {
  readonly batch: number;
  readonly timeMs: number;
  /** Of the last batch; null until this node has executed one. */
  readonly height: number | null;
  readonly blockHash: string | null;
  readonly root: string | null;
  /** L1 as the rollup has heard of it. */
  readonly l1: {
    readonly block: number | null;
    /** The next message of the inbox. */
    readonly index: number;
    readonly timeMs: number;
    readonly anchoredBatch: number;
    readonly anchoredTimeMs: number;
  };
  readonly accounts: number;
  readonly insurance: string;
  readonly shortfall: string;
  readonly markets: readonly MarketJson[];
}

/** What nobody wanted to happen. */
export type LiquidationJson = { readonly batch: number; readonly timeMs: number } & (
  | {
      readonly type: "liquidation";
      readonly account: number;
      readonly market: number;
      readonly isBuy: boolean;
      readonly lots: number;
      readonly priceTicks: number;
      readonly fee: string;
    }
  | { readonly type: "takeover"; readonly account: number; readonly equity: string }
  | {
      readonly type: "deleveraged";
      readonly account: number;
      readonly against: number;
      readonly market: number;
      readonly lots: number;
      readonly charge: string;
    }
);

export interface KeyJson {
  /** 0 is the owner's. */
  readonly key: number;
  readonly address: string;
  readonly scopes: readonly ("trade" | "cancel" | "transfer")[] | null;
  readonly markets: readonly number[] | null;
  readonly expiryMs: number | null;
  readonly maxNotional: string | null;
  /** Free, with all above it up to the next leap. */
  readonly nextNonce: number;
}

export interface PositionJson {
  readonly market: number;
  /** Above 0 is long. */
  readonly lots: number;
  readonly entryTicks: string;
  readonly entryQuote: string;
  readonly notional: string;
  readonly unrealised: string;
  readonly fundingOwed: string;
  readonly maintenance: string;
  readonly liquidationTicks: number | null;
}

export interface AccountJson {
  readonly id: number;
  readonly owner: string;
  readonly subId: number;
  readonly cash: string;
  readonly equity: string;
  readonly free: string;
  readonly initial: string;
  readonly maintenance: string;
  readonly buffer: string;
  readonly riskState: "OK" | "RESTRICTED" | "PRE" | "LIQ" | "BACKSTOP";
  /** 0 while it is not being liquidated. */
  readonly liquidatedSinceMs: number;
  readonly openOrders: number;
  readonly positions: readonly PositionJson[];
  readonly keys: readonly KeyJson[];
}

export interface OrderJson {
  /** Unique together with the key. */
  readonly number: number;
  readonly key: number;
  readonly market: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly validUntilMs: number;
  readonly clientId: number;
  readonly isDormant: boolean;
  readonly batch: number;
}

export interface FillJson {
  readonly batch: number;
  readonly timeMs: number;
  readonly market: number;
  readonly number: number;
  readonly key: number;
  readonly clientId: number;
  readonly isBuy: boolean;
  readonly lots: number;
  readonly priceTicks: number;
  readonly fee: string;
  readonly isMaker: boolean;
  readonly isLiquidation: boolean;
}

export interface AccountSnapshotJson {
  readonly account: AccountJson;
  readonly orders: readonly OrderJson[];
  readonly fills: readonly FillJson[];
}

export interface AccountDeltaJson {
  readonly account: AccountJson;
  /** New or changed. */
  readonly orders: readonly OrderJson[];
  readonly closed: readonly { readonly key: number; readonly number: number }[];
  readonly fills: readonly FillJson[];
  /** What became of the account's lists in this batch. */
  readonly lists: readonly ListJson[];
}

export interface ListJson {
  /** What was signed. */
  readonly digest: string;
  /** The sequencer's transaction; null when it came another way. */
  readonly id: string | null;
  readonly account: number;
  readonly key: number;
  readonly nonce: number;
  /** `void` and `expired` will never execute. */
  readonly state: "submitted" | "executed" | "refused" | "void" | "expired";
  /** Why the whole list was refused. */
  readonly reason: string | null;
  readonly batch: number | null;
  readonly timeMs: number | null;
  readonly actions: readonly ActionJson[];
}

export interface ActionJson {
  readonly place: number;
  readonly type: string;
  readonly result: "accepted" | "refused" | null;
  readonly reason: string | null;
  /** Of orders and replacements: what they are called from now on. */
  readonly number: number | null;
  readonly filledLots: number;
  readonly restingLots: number;
  /** Why what was left of it went. */
  readonly removed: string | null;
}

const places = 12;

/** Quanta as USDC: exact, without zeros at the end. */
export function usdc(quanta: bigint): string {
  const digits = (quanta < 0n ? -quanta : quanta).toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  const sign = quanta < 0n ? "-" : "";
  return `${sign}${digits.slice(0, -places)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** From a decimal string with at most twelve places; undefined for anything else. */
export function toQuanta(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", fraction = ""] = match;
  const quanta = BigInt(whole + fraction.padEnd(places, "0"));
  return sign === "-" ? -quanta : quanta;
}
