// What one step of the engine is given: a batch in clear, with signatures already recovered and reports already checked.
// Neither is the engine's business, so that many threads can do it.

import type { EngineAction } from "./actions.ts";
import type { MarketParameters, RollupParameters } from "./parameters.ts";
import type { MarketId, Quanta, Ticks } from "./units.ts";

export interface EngineBatch {
  /** One more than the batch before. */
  readonly number: number;
  /** The batch's own time; the engine knows no other. */
  readonly timeMs: number;
  /** 32 bytes that nobody knew when the batch was sealed: they break ties. */
  readonly seed: Uint8Array;
  readonly system: readonly SystemMessage[];
  /** In any order; also what L1 forced in. */
  readonly lists: readonly SignedList[];
}

/** A list of actions whose signature was recovered. */
export interface SignedList {
  /** The address that signed, 20 bytes. */
  readonly signer: Uint8Array;
  /** What was signed, 32 bytes: tells apart two lists that share a nonce. */
  readonly digest: Uint8Array;
  readonly account: number;
  readonly key: number;
  readonly nonce: number;
  readonly validUntilMs: number;
  readonly relayTip: Quanta;
  /** 20 bytes. */
  readonly relayer: Uint8Array;
  readonly actions: readonly EngineAction[];
}

export type SystemMessage = L1Info | L1Message | OracleUpdate;

/** How far L1 is, and what of the rollup it has. */
export interface L1Info {
  readonly type: "l1-info";
  readonly l1TimeMs: number;
  readonly anchoredBatch: number;
  readonly anchoredTimeMs: number;
}

/** Counted from 0 without gaps; what is out of turn is passed over. */
export type L1Message = { readonly l1Index: number } & (
  | Deposit
  | SetMarket
  | SetRollup
  | Unreadable
);

export interface Deposit {
  readonly type: "deposit";
  /** 20 bytes. */
  readonly owner: Uint8Array;
  readonly subId: number;
  readonly tokenAmount: bigint;
}

/** From the timelock on L1, and from nowhere else. */
export interface SetMarket {
  readonly type: "set-market";
  readonly market: MarketId;
  readonly parameters: MarketParameters;
}

export interface SetRollup {
  readonly type: "set-rollup";
  readonly parameters: RollupParameters;
}

/** L1 has counted it, so it takes its turn; nobody knows what it says. */
export interface Unreadable {
  readonly type: "unreadable";
}

/** Reports of one market's price, each by another reporter. */
export interface OracleUpdate {
  readonly type: "oracle";
  readonly market: MarketId;
  readonly publishTimeMs: number;
  readonly reports: readonly OracleReport[];
}

export interface OracleReport {
  readonly reporter: number;
  readonly priceTicks: Ticks;
  /** How far off the reporter thinks it may be. */
  readonly confidencePpm: number;
}
