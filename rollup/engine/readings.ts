// What those who watch ask between two batches: what accounts are worth and must be worth, and what a market pays next. By
// the same rules as in a batch, and nothing is changed.

import { fundingOf, hourMs } from "./funding.ts";
import type { Permissions } from "./halts.ts";
import { Cover, type RiskState, riskOf, riskStateOf } from "./margin.ts";
import { requirementOf, viewMarket } from "./market-view.ts";
import { fundingOwed } from "./positions.ts";
import type { Account, Exposure, Market, State } from "./state.ts";
import {
  ceilDiv,
  floorDiv,
  intDiv,
  type Lots,
  type MarketId,
  ppm,
  type Quanta,
  type Ticks,
  ticksMax,
} from "./units.ts";
import { type Seen, viewOf } from "./work.ts";

/** All markets as they stand after a batch; of no use once the next was applied. */
export type Reading = Seen;

export interface AccountReading {
  readonly equity: Quanta;
  readonly maintenance: Quanta;
  readonly buffer: Quanta;
  /** Of the positions alone, with the buffer. */
  readonly initial: Quanta;
  /** What is left for new orders and withdrawals once all open orders have lost what they can; may be below 0. */
  readonly free: Quanta;
  readonly riskState: RiskState;
  readonly positions: readonly PositionReading[];
}

export interface PositionReading {
  readonly market: MarketId;
  /** Above 0 is long. */
  readonly lots: Lots;
  readonly entryQuote: Quanta;
  readonly notional: Quanta;
  /** Against what it was entered for, without funding. */
  readonly unrealised: Quanta;
  /** Since it was last settled; above 0 it is to be paid. */
  readonly fundingOwed: Quanta;
  readonly maintenance: Quanta;
  /** The mark at which the account would be liquidated if no other mark moved; undefined when none does it. */
  readonly liquidationTicks: Ticks | undefined;
}

export interface MarketReading {
  /** What trades is between these two. */
  readonly low: Ticks;
  readonly high: Ticks;
  readonly permissions: Permissions;
  /** Of eight hours, as it would be if the hour ended now; undefined when nothing would be paid. */
  readonly fundingRatePpb: number | undefined;
  readonly fundingPerLot: Quanta;
  readonly nextFundingMs: number;
}

export function readingOf(state: State): Reading {
  const views = new Map(state.markets.map((each) => [each.id, viewMarket(each, state.globals)]));
  return { state, views };
}

export function readAccount(reading: Reading, account: Account): AccountReading {
  const risk = riskOf(reading, account);
  const positions = account.exposures
    .filter(({ lots }) => lots !== 0)
    .map((exposure) => readPosition(reading, exposure, risk.equity - risk.maintenance));
  const { excess } = new Cover(reading, account);
  return { ...risk, free: excess, riskState: riskStateOf(risk), positions };
}

function readPosition(reading: Reading, exposure: Exposure, spare: Quanta): PositionReading {
  const view = viewOf(reading, exposure.market);
  const { lots, entryQuote, market } = exposure;
  const size = BigInt(Math.abs(lots));
  const notional = size * view.markUnit;
  const { batchIntervalMs } = reading.state.globals.parameters;
  const { maintenance } = requirementOf(view, lots, batchIntervalMs);
  return {
    market,
    lots,
    entryQuote,
    notional,
    unrealised: lots > 0 ? notional - entryQuote : entryQuote - notional,
    fundingOwed: fundingOwed(exposure, view.market.fundingIndex),
    maintenance,
    liquidationTicks: liquidationTicks(exposure, { ...view, maintenance, notional, spare }),
  };
}

/** Where what is spare is used up: a tick costs a lot its unit, and changes maintenance by its own part of that. */
function liquidationTicks(
  { lots }: Exposure,
  {
    market,
    mark,
    notional,
    maintenance,
    spare,
  }: {
    readonly market: Market;
    readonly mark: Ticks;
    readonly notional: Quanta;
    readonly maintenance: Quanta;
    readonly spare: Quanta;
  },
): Ticks | undefined {
  if (notional === 0n) return undefined;
  const perTick = BigInt(Math.abs(lots)) * market.parameters.unit;
  const ratioPpm = ceilDiv(maintenance * ppm, notional);
  const perTickPpm = lots > 0 ? ppm - ratioPpm : ppm + ratioPpm;
  if (perTickPpm <= 0n) return undefined;
  const away = Number(floorDiv(spare * ppm, perTick * perTickPpm));
  const ticks = lots > 0 ? mark - away : mark + away;
  return ticks < 1 || ticks > ticksMax ? undefined : ticks;
}

export function readMarket(reading: Reading, market: Market): MarketReading {
  const { low, high, permissions } = viewOf(reading, market.id);
  const funding = fundingOf(market);
  const { timeMs } = reading.state.globals;
  return {
    low,
    high,
    permissions,
    fundingRatePpb: funding?.ratePpb,
    fundingPerLot: funding?.perLot ?? 0n,
    nextFundingMs: (intDiv(timeMs, hourMs) + 1) * hourMs,
  };
}
