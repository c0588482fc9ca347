// The two markets of the devnet, with the settings that a small exchange might begin with: what breaks them would break it.

import {
  MarketId,
  type MarketParameters,
  type RollupParameters,
} from "../../../rollup/engine/index.ts";

export interface ListedMarket {
  readonly id: MarketId;
  readonly name: string;
  /** USDC, as a decimal string. */
  readonly tickSize: string;
  readonly startTicks: number;
  readonly parameters: MarketParameters;
}

const usdc = 10n ** 12n;

const common: Omit<MarketParameters, "bufferMode" | "depthLotsMin"> = {
  unit: 100_000_000n,
  bandPpm: 50_000,
  moveCapPpm: 20_000,
  takerFeePpm: 500,
  makerFeePpm: 100,
  liquidationFeePpm: 2_000,
  auctionEvery: 1,
  orderLotsMin: 1,
  positionLotsMax: 50_000,
  openLotsMax: 200_000,
  openLotsScale: 50_000,
  tiers: [
    { notionalMax: 1_000_000n * usdc, initialPpm: 50_000, maintenancePpm: 30_000 },
    { notionalMax: 1_000_000_000n * usdc, initialPpm: 100_000, maintenancePpm: 50_000 },
  ],
  bufferMilliSigmas: 3_000,
  bufferPpmMax: 50_000,
  participationPpm: 250_000,
  smallNotional: 2_500n * usdc,
  liquidationSpreadPpm: 20_000,
  interestPpb: 100_000,
  fundingCapPpb: 40_000_000,
  reporters: 3,
  reporterQuorum: 2,
  jumpPpmMin: 30_000,
  takeoverNotionalMax: 250_000n * usdc,
};

export const listedMarkets: readonly ListedMarket[] = [
  {
    id: MarketId(1),
    name: "BTC-PERP",
    // A lot is 0.001 BTC.
    tickSize: "0.1",
    startTicks: 600_000,
    parameters: { ...common, bufferMode: "restrict", depthLotsMin: 200 },
  },
  {
    id: MarketId(2),
    name: "ETH-PERP",
    // A lot is 0.01 ETH. It counts as thin: what is in danger is closed before it must be.
    tickSize: "0.01",
    startTicks: 300_000,
    parameters: { ...common, bufferMode: "delever", depthLotsMin: 100 },
  },
];

export const devnetRollup: RollupParameters = {
  batchIntervalMs: 500,
  openOrdersMax: 128,
  anchorGraceMs: 120_000,
  anchorSoftMs: 600_000,
  anchorHardMs: 1_800_000,
  restartBatches: 2,
  withdrawalGateBatches: 4,
  outflowWindowMs: 3_600_000,
  outflowMax: 10_000_000n * usdc,
  takeoverPerDayMax: 100_000n * usdc,
  deleveragedMax: 100,
};
