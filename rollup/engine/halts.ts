// Who may do what in a market, from ages that stand in the state: so every node halts in the same batch. What stops new
// risk leaves the ways out open, and liquidation never waits for an anchor or a proof.

import type { Globals, Market } from "./state.ts";

export interface Permissions {
  readonly auctions: boolean;
  readonly newRisk: boolean;
  readonly reduce: boolean;
  readonly liquidate: boolean;
  readonly funding: boolean;
  /** After a halt the first orders may only wait for others. */
  readonly postOnly: boolean;
  /** Of who has a position here, and by whatever way: a late anchor stops withdrawals alone, and those of all. */
  readonly withdraw: "open" | "stressed" | "closed";
}

export const oracleAgeStaleMs = 15_000;
export const oracleAgeHaltMs = 60_000;

const closed: Permissions = {
  auctions: false,
  newRisk: false,
  reduce: false,
  liquidate: false,
  funding: false,
  postOnly: false,
  withdraw: "closed",
};

export function permissionsOf(market: Market, globals: Globals): Permissions {
  if (isHalted(market, globals) || market.resumedBatch === undefined) return closed;
  const { restartBatches } = globals.parameters;
  const sinceRestart = globals.batch - market.resumedBatch;
  if (sinceRestart < restartBatches) return closed;
  const isStale =
    globals.timeMs - market.indexTimeMs > oracleAgeStaleMs || market.confirmationsLeft > 0;
  const isAnchorLate = anchorAgeMs(globals) > globals.parameters.anchorSoftMs;
  return {
    auctions: true,
    newRisk: !isStale && !isAnchorLate && market.openLots < market.parameters.openLotsMax,
    reduce: true,
    liquidate: !isStale,
    funding: !isStale,
    postOnly: sinceRestart < 2 * restartBatches,
    withdraw: isStale ? "stressed" : "open",
  };
}

/** Without a price, or with nothing heard of L1, a market stands still; only cancelling is left. */
export function isHalted(market: Market, globals: Globals): boolean {
  return (
    market.indexTicks === 0 ||
    globals.timeMs - market.indexTimeMs > oracleAgeHaltMs ||
    isRollupHalted(globals)
  );
}

export function isRollupHalted(globals: Globals): boolean {
  const { anchorHardMs } = globals.parameters;
  const hasNeverHeard = globals.l1TimeMs === 0;
  return (
    hasNeverHeard ||
    globals.timeMs - globals.l1HeardMs > anchorHardMs ||
    anchorAgeMs(globals) > anchorHardMs
  );
}

export function anchorAgeMs(globals: Globals): number {
  return Math.max(0, globals.timeMs - globals.anchoredTimeMs);
}

/** Marks the end of a halt, from which the restart counts. */
export function noteHalt(market: Market, globals: Globals): boolean {
  const before = market.resumedBatch;
  if (isHalted(market, globals)) {
    market.resumedBatch = undefined;
    if (market.openLots > 0) globals.haltedBatch = globals.batch;
  } else market.resumedBatch ??= globals.batch;
  return before !== market.resumedBatch;
}
