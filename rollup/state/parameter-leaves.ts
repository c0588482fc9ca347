// Parameters stand in the leaves of markets and globals by their hash: they change seldom, and only their own change has to
// show them.

import type { MarketParameters, RollupParameters } from "../engine/index.ts";
import type { Keccak } from "./keccak.ts";
import { Words } from "./words.ts";

/** Parameters are replaced whole and never changed, so each is hashed once. */
const hashes = new WeakMap<MarketParameters | RollupParameters, Uint8Array>();

export function hashParameters(
  parameters: MarketParameters | RollupParameters,
  keccak: Keccak,
): Uint8Array {
  const known = hashes.get(parameters);
  if (known !== undefined) return known;
  const encoded =
    "unit" in parameters ? encodeMarketParameters(parameters) : encodeRollupParameters(parameters);
  const hash = keccak(encoded);
  hashes.set(parameters, hash);
  return hash;
}

const bufferModes = { off: 0, restrict: 1, delever: 2 } as const;

export function encodeMarketParameters(p: MarketParameters): Uint8Array {
  const fields = 25;
  const words = new Words(1 + fields + 1 + 3 * p.tiers.length)
    .offset(1)
    .uint128(p.unit)
    .uint(64, p.bandPpm)
    .uint(64, p.moveCapPpm)
    .uint(64, p.takerFeePpm)
    .uint(64, p.makerFeePpm)
    .uint(64, p.liquidationFeePpm)
    .uint(64, p.auctionEvery)
    .uint(64, p.orderLotsMin)
    .uint(64, p.positionLotsMax)
    .uint(64, p.openLotsMax)
    .uint(64, p.openLotsScale)
    .uint(8, bufferModes[p.bufferMode])
    .uint(64, p.bufferMilliSigmas)
    .uint(64, p.bufferPpmMax)
    .uint(64, p.participationPpm)
    .uint(64, p.depthLotsMin)
    .uint128(p.smallNotional)
    .uint(64, p.liquidationSpreadPpm)
    .int64(p.interestPpb)
    .uint(64, p.fundingCapPpb)
    .uint(64, p.reporters)
    .uint(64, p.reporterQuorum)
    .uint(64, p.jumpPpmMin)
    .uint128(p.takeoverNotionalMax)
    .offset(fields)
    .uint(64, p.tiers.length);
  for (const { notionalMax, initialPpm, maintenancePpm } of p.tiers)
    words.uint128(notionalMax).uint(64, initialPpm).uint(64, maintenancePpm);
  return words.finish();
}

export function encodeRollupParameters(p: RollupParameters): Uint8Array {
  return new Words(11)
    .uint(64, p.batchIntervalMs)
    .uint(64, p.openOrdersMax)
    .uint(64, p.anchorGraceMs)
    .uint(64, p.anchorSoftMs)
    .uint(64, p.anchorHardMs)
    .uint(64, p.restartBatches)
    .uint(64, p.withdrawalGateBatches)
    .uint(64, p.outflowWindowMs)
    .uint128(p.outflowMax)
    .uint128(p.takeoverPerDayMax)
    .uint(64, p.deleveragedMax)
    .finish();
}
