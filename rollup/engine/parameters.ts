// What can be set per market and for the rollup, by the timelock on L1 alone; and which settings are refused.

import { amountMax, type Lots, type Ppm, type Quanta, ticksMax } from "./units.ts";

/** What positions up to a notional must be backed by. */
export interface MarginTier {
  /** In quanta; of the last tier it does not count. */
  readonly notionalMax: Quanta;
  readonly initialPpm: Ppm;
  readonly maintenancePpm: Ppm;
}

export interface MarketParameters {
  /** What one lot gains when the price rises by one tick. */
  readonly unit: Quanta;
  /** How far from the mark anything trades. */
  readonly bandPpm: Ppm;
  /** How far the mark moves in one batch. */
  readonly moveCapPpm: Ppm;
  readonly takerFeePpm: Ppm;
  readonly makerFeePpm: Ppm;
  /** Paid to the insurance fund by who is liquidated, in place of the taker's fee. */
  readonly liquidationFeePpm: Ppm;
  /** An auction every so many batches. */
  readonly auctionEvery: number;
  readonly orderLotsMin: Lots;
  readonly positionLotsMax: Lots;
  /** From this open interest on, positions are only reduced. */
  readonly openLotsMax: Lots;
  /** From this open interest on, initial margin grows with it. */
  readonly openLotsScale: Lots;
  readonly tiers: readonly MarginTier[];
  /** What the predictive buffer does: nothing, keep from new risk, or close slices before maintenance is reached. */
  readonly bufferMode: "off" | "restrict" | "delever";
  /** Standard deviations that the buffer covers, in thousandths. */
  readonly bufferMilliSigmas: number;
  readonly bufferPpmMax: Ppm;
  /** Which part of the resting depth a liquidation may take in one batch. */
  readonly participationPpm: Ppm;
  /** What depth is taken to be when less rests. */
  readonly depthLotsMin: Lots;
  /** Positions up to this notional are liquidated at once. */
  readonly smallNotional: Quanta;
  /** How far from the mark a liquidation may trade. */
  readonly liquidationSpreadPpm: Ppm;
  /** Of eight hours. */
  readonly interestPpb: number;
  readonly fundingCapPpb: number;
  readonly reporters: number;
  readonly reporterQuorum: number;
  /** A move of the index beyond it waits for confirmation, whatever the volatility. */
  readonly jumpPpmMin: Ppm;
  /** The largest position that the insurance fund takes over, as notional. */
  readonly takeoverNotionalMax: Quanta;
}

export interface RollupParameters {
  readonly batchIntervalMs: number;
  readonly openOrdersMax: number;
  /** An anchor older than this adds to the buffers. */
  readonly anchorGraceMs: number;
  readonly anchorSoftMs: number;
  readonly anchorHardMs: number;
  /** Batches of cancels only after a halt, then as many of post-only. */
  readonly restartBatches: number;
  readonly withdrawalGateBatches: number;
  readonly outflowWindowMs: number;
  readonly outflowMax: Quanta;
  /** What the insurance fund puts up in a day: maintenance margin of what it takes over, and the debts that come with it. */
  readonly takeoverPerDayMax: Quanta;
  /** Counterparties that one batch closes at most; the rest waits for the next. */
  readonly deleveragedMax: number;
}

const ppmMax = 1_000_000;
const halfPpm = 500_000;
/** Times the largest size and the highest price it is still an amount. */
const unitMax: Quanta = 2n ** 54n;

/** Whether the arithmetic and the margin rules hold under them. */
export function isSoundMarket(p: MarketParameters): boolean {
  const ratios = [p.takerFeePpm, p.makerFeePpm, p.liquidationFeePpm, p.bufferPpmMax];
  const shares = [
    p.bandPpm,
    p.moveCapPpm,
    p.participationPpm,
    p.liquidationSpreadPpm,
    p.jumpPpmMin,
  ];
  const sizes = [p.orderLotsMin, p.positionLotsMax, p.openLotsMax, p.openLotsScale, p.depthLotsMin];
  return (
    p.unit > 0n &&
    p.unit <= unitMax &&
    ratios.every((each) => isWithin(each, 0, halfPpm)) &&
    shares.every((each) => isWithin(each, 1, halfPpm)) &&
    // What open orders may cost is reckoned with the taker's.
    p.makerFeePpm <= p.takerFeePpm &&
    sizes.every((each) => isWithin(each, 1, 2 ** 40)) &&
    p.liquidationSpreadPpm <= p.bandPpm &&
    isWithin(p.auctionEvery, 1, 1_000) &&
    isWithin(p.bufferMilliSigmas, 0, 20_000) &&
    isWithin(p.interestPpb, -1e8, 1e8) &&
    isWithin(p.fundingCapPpb, 0, 1e9) &&
    isWithin(p.reporters, 1, 64) &&
    isWithin(p.reporterQuorum, 1, p.reporters) &&
    isAmount(p.smallNotional) &&
    isAmount(p.takeoverNotionalMax) &&
    areSoundTiers(p.tiers)
  );
}

/** Larger positions need at least as much of each; initial is above maintenance. */
function areSoundTiers(tiers: readonly MarginTier[]): boolean {
  if (tiers.length === 0 || tiers.length > 16) return false;
  return tiers.every((tier, i) => {
    const before = tiers[i - 1];
    const grows =
      before === undefined ||
      (tier.notionalMax > before.notionalMax &&
        tier.initialPpm >= before.initialPpm &&
        tier.maintenancePpm >= before.maintenancePpm);
    const isBacked = tier.maintenancePpm >= 1 && tier.initialPpm > tier.maintenancePpm;
    const isBounded = isAmount(tier.notionalMax) && isWithin(tier.initialPpm, 1, ppmMax);
    return grows && isBacked && isBounded;
  });
}

export function isSoundRollup(p: RollupParameters): boolean {
  return (
    isWithin(p.batchIntervalMs, 1, 60_000) &&
    isWithin(p.openOrdersMax, 1, 1_024) &&
    isWithin(p.anchorGraceMs, 0, ticksMax) &&
    isWithin(p.anchorSoftMs, 1, ticksMax) &&
    isWithin(p.anchorHardMs, p.anchorSoftMs, ticksMax) &&
    isWithin(p.restartBatches, 0, 10_000) &&
    isWithin(p.withdrawalGateBatches, 0, 1_000_000) &&
    isWithin(p.outflowWindowMs, 1, ticksMax) &&
    isWithin(p.deleveragedMax, 1, 100_000) &&
    isAmount(p.outflowMax) &&
    isAmount(p.takeoverPerDayMax)
  );
}

/** What a leaf of the state can hold. */
function isAmount(value: Quanta): boolean {
  return value >= 0n && value <= amountMax;
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isSafeInteger(value) && value >= low && value <= high;
}
