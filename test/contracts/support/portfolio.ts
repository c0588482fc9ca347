// One account with positions and open orders under arbitrary rules, as a state by itself: somebody else has the other sides,
// and the next batch moves neither marks nor positions.

import {
  AccountId,
  genesisState,
  type Market,
  MarketId,
  type MarketParameters,
  type Order,
  type OrderSlot,
  type State,
} from "../../../rollup/engine/index.ts";
import { exposureFor, newAccount, newMarket } from "../../../rollup/engine/state.ts";
import { marketParameters, rollupParameters } from "../../rollup/engine/world.ts";
import type { SeededRandom } from "../../sim/random.ts";

const timeMs = 1_000_000_000;
export const subject: AccountId = AccountId(2);
const other = AccountId(3);

export function anyPortfolio(random: SeededRandom, owner: Uint8Array): State {
  const state = genesisState({ ...rollupParameters, outflowMax: 2n ** 120n });
  Object.assign(state.globals, {
    batch: 100,
    timeMs,
    l1TimeMs: timeMs,
    l1HeardMs: timeMs,
    anchoredTimeMs: timeMs - random.between(0, 500_000),
  });
  state.accounts.push(newAccount(subject, owner, 0), newAccount(other, new Uint8Array(20), 7));
  for (let count = random.between(1, 3); count > 0; count--) {
    const market = anyMarket(random, MarketId(10 * state.markets.length + random.between(0, 9)));
    state.markets.push(market);
    if (random.chance(0.8)) hold(state, market, random);
    for (let orders = random.between(0, 3); orders > 0; orders--) rest(state, market, random);
  }
  fund(state, subject, 10n ** 30n);
  return state;
}

export function fund({ accounts, globals }: State, id: AccountId, quanta: bigint): void {
  const account = accounts[id];
  if (account === undefined) return;
  account.cash += quanta;
  globals.deposited += quanta;
}

function anyMarket(random: SeededRandom, id: MarketId): Market {
  const indexTicks = random.between(1_000, 2_000_000);
  const parameters = anyParameters(random);
  const band = Math.floor((indexTicks * parameters.bandPpm) / 1_000_000);
  const markTicks = indexTicks + random.between(-band, band);
  return {
    ...newMarket(id, parameters),
    indexTicks,
    indexTimeMs: timeMs - random.between(0, 18_000),
    confidencePpm: random.pick([0, 10_000, 10_001]),
    markTicks,
    // The median of index, index and basis, and last auction: the mark as it is.
    basis: (markTicks - indexTicks) * 2 ** 16,
    lastAuctionTicks: markTicks,
    variance: random.pick([0, 1, random.between(2, 1_000_000), 10_000_000_000]),
    fundingIndex: BigInt(random.between(-1_000_000_000, 1_000_000_000)) * 1_001n,
    bidDepth: random.between(0, 50_000),
    askDepth: random.between(0, 50_000),
    resumedBatch: 1,
  };
}

function anyParameters(random: SeededRandom): MarketParameters {
  const maintenancePpm = random.between(1_000, 30_000);
  const initialPpm = maintenancePpm + random.between(1, 30_000);
  const tier = { notionalMax: BigInt(random.between(1, 1_000_000)) * 10n ** 13n };
  return {
    ...marketParameters,
    unit: BigInt(random.pick([1, 7, random.between(8, 1_000_000_000)])),
    bandPpm: random.between(10_000, 300_000),
    moveCapPpm: 400_000,
    takerFeePpm: random.between(0, 3_000),
    openLotsScale: random.between(1_000, 1_000_000),
    tiers: [
      { ...tier, initialPpm, maintenancePpm },
      {
        notionalMax: 10n ** 30n,
        initialPpm: 3 * initialPpm,
        maintenancePpm: 2 * maintenancePpm,
      },
    ],
    bufferMode: random.pick(["off", "restrict", "delever"]),
    bufferMilliSigmas: random.between(0, 6_000),
    bufferPpmMax: random.between(1_000, 300_000),
    participationPpm: random.between(1, 400_000),
    depthLotsMin: random.between(1, 10_000),
  };
}

function hold(state: State, market: Market, random: SeededRandom): void {
  const lots = random.between(1, 200_000) * random.pick([-1, 1]);
  const late = BigInt(random.between(-1_000_000, 1_000_000));
  for (const [id, size] of [
    [subject, lots],
    [other, -lots],
  ] as const) {
    const account = state.accounts[id];
    if (account === undefined) continue;
    const exposure = exposureFor(account, market);
    exposure.lots = size;
    exposure.fundingIndex = market.fundingIndex - late;
    fund(state, id, 10n ** 30n);
  }
  market.openLots = Math.abs(lots);
}

/** One side in each market, so that nothing trades. */
function rest(state: State, market: Market, random: SeededRandom): void {
  const reach = Math.floor(market.markTicks / 3);
  const order: Order = {
    account: subject,
    market: market.id,
    number: 64 + state.orders.length,
    isBuy: market.id % 2 === 0,
    priceTicks: Math.max(1, market.markTicks + random.between(-reach, reach)),
    timeInForce: 0,
    flags: random.pick([0, 0, 0, 2]),
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    key: 0,
    isLiquidation: false,
    lots: random.between(1, 100_000),
    batch: 50 + state.orders.length,
    isDormant: false,
    slot: state.orders.length as OrderSlot,
    live: 0,
    at: -1,
  };
  state.orders.push(order);
}
