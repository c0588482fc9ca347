// Phase 3: accounts that fall short are closed in slices, the worst first. A slice is what is needed, as long as the market
// and the time that has passed allow it; its price is at most what the account can pay, so that no fill makes it owe.

import { mayLiquidate } from "./backstop.ts";
import { equityOf, type Risk, riskOf, riskStateOf } from "./margin.ts";
import { depthShare, type MarketView, requirementOf } from "./market-view.ts";
import type { Account, Exposure, Order } from "./state.ts";
import {
  bigMax,
  ceilDiv,
  clamp,
  floorDiv,
  intDiv,
  type Lots,
  type MarketId,
  ppm,
  type Quanta,
  scaleCeil,
  scaleFloor,
  type Ticks,
} from "./units.ts";
import { viewOf, type Work } from "./work.ts";

/** How long until a slice may be the whole position, and with which part it begins. */
const rampMs = 30_000;
const rampStartPpm = 200_000;

interface Case {
  readonly account: Account;
  readonly risk: Risk;
}

export function liquidate(work: Work): Order[] {
  const cases = findCases(work);
  // What a market bears in one batch is for all together.
  const left = new Map<string, Lots>();
  return cases.sort(worseFirst).flatMap((each) => slicesOf(work, each, left));
}

/** Also keeps in the state since when an account is being liquidated, and in the batch who is past it. */
function findCases(work: Work): Case[] {
  const cases: Case[] = [];
  for (const account of work.state.accounts) {
    if (account.id < 2) continue;
    if (account.exposures.every(({ lots }) => lots === 0)) {
      noteLiquidation(work, account, false);
      continue;
    }
    const risk = riskOf(work, account);
    const state = riskStateOf(risk);
    if (state === "BACKSTOP") work.fallen.add(account);
    const isDue =
      state === "LIQ" ||
      (state === "PRE" && hasDeleverMarket(work, account)) ||
      // One lot in a market whose price is in doubt keeps the fund off; it must not keep everyone off.
      (state === "BACKSTOP" && !mayLiquidate(work, account));
    noteLiquidation(work, account, isDue);
    if (isDue) cases.push({ account, risk });
  }
  return cases;
}

function noteLiquidation(work: Work, account: Account, isDue: boolean): void {
  if (isDue === account.liquidatedSinceMs > 0) return;
  work.changes.touch(account);
  account.liquidatedSinceMs = isDue ? work.batch.timeMs : 0;
}

function hasDeleverMarket(work: Work, account: Account): boolean {
  return account.exposures.some((each) => each.lots !== 0 && mayDelever(viewOf(work, each.market)));
}

function mayDelever(view: MarketView): boolean {
  return view.market.parameters.bufferMode === "delever";
}

/** By equity over maintenance, compared exactly; then by index. */
function worseFirst(a: Case, b: Case): number {
  const left = a.risk.equity * b.risk.maintenance;
  const right = b.risk.equity * a.risk.maintenance;
  return left < right ? -1 : left > right ? 1 : a.account.id - b.account.id;
}

function slicesOf(work: Work, { account, risk }: Case, left: Map<string, Lots>): Order[] {
  const isAhead = risk.equity >= risk.maintenance;
  let missing = risk.maintenance + risk.buffer - risk.equity;
  const orders: Order[] = [];
  const byNotional = account.exposures
    .filter(({ lots }) => lots !== 0)
    .map((exposure) => ({ exposure, view: viewOf(work, exposure.market) }))
    .sort((a, b) => {
      const difference = notionalOf(b.exposure, b.view) - notionalOf(a.exposure, a.view);
      return difference < 0n ? -1 : difference > 0n ? 1 : a.exposure.market - b.exposure.market;
    });
  for (const { exposure, view } of byNotional) {
    if (missing <= 0n) break;
    if (!view.isAuctionDue || !view.permissions.liquidate) continue;
    if (isAhead && !mayDelever(view)) continue;
    const priceTicks = limitOf(work, account, exposure, view);
    const relief = reliefOfLot(work, exposure, view, priceTicks);
    const lots = sliceOf(work, { account, exposure, view, relief, missing }, left);
    if (lots === 0) continue;
    missing -= relief * BigInt(lots);
    orders.push(toOrder(work, account, exposure, { lots, priceTicks, place: orders.length }));
  }
  return orders;
}

function sliceOf(
  work: Work,
  {
    account,
    exposure,
    view,
    relief,
    missing,
  }: {
    readonly account: Account;
    readonly exposure: Exposure;
    readonly view: MarketView;
    readonly relief: Quanta;
    readonly missing: Quanta;
  },
  left: Map<string, Lots>,
): Lots {
  const size = Math.abs(exposure.lots);
  const isLong = exposure.lots > 0;
  const side = `${view.market.id}/${isLong}`;
  const available = left.get(side) ?? depthShare(view, isLong);
  const isSmall = notionalOf(exposure, view) <= view.market.parameters.smallNotional;
  const elapsed = clamp(work.batch.timeMs - account.liquidatedSinceMs, 0, rampMs);
  const sharePpm = rampStartPpm + intDiv((1_000_000 - rampStartPpm) * elapsed, rampMs);
  const share = isSmall ? size : Math.max(1, scaleCeil(size, sharePpm, 1_000_000));
  const needed = relief <= 0n ? BigInt(size) : ceilDiv(missing, relief);
  const wanted = needed >= BigInt(size) ? size : Number(needed);
  // A small position never waits: dust must not keep an account from being closed.
  const lots = isSmall ? size : Math.min(size, share, wanted, available);
  left.set(side, Math.max(0, available - lots));
  return lots;
}

/** By how much closing one lot at the limit brings the account nearer to what it needs. */
function reliefOfLot(work: Work, exposure: Exposure, view: MarketView, priceTicks: Ticks): Quanta {
  const { unit, liquidationFeePpm } = view.market.parameters;
  const { batchIntervalMs } = work.state.globals.parameters;
  const { maintenance, buffer } = requirementOf(view, exposure.lots, batchIntervalMs);
  const freed = floorDiv(maintenance + buffer, BigInt(Math.abs(exposure.lots)));
  const cost =
    BigInt(Math.abs(view.mark - priceTicks)) * unit +
    ceilDiv(BigInt(view.high) * unit * BigInt(liquidationFeePpm), ppm);
  return freed - cost;
}

/** From the mark as far as the cap, and as far as this position's part of the equity pays for. */
function limitOf(work: Work, account: Account, exposure: Exposure, view: MarketView): Ticks {
  const { unit, liquidationSpreadPpm, liquidationFeePpm } = view.market.parameters;
  const cap = scaleFloor(view.mark, liquidationSpreadPpm, 1_000_000);
  let all = 0n;
  for (const each of account.exposures) all += notionalOf(each, viewOf(work, each.market));
  const part = floorDiv(
    bigMax(0n, equityOf(work, account)) * notionalOf(exposure, view),
    bigMax(1n, all) * BigInt(Math.abs(exposure.lots)),
  );
  const fee = ceilDiv(BigInt(view.high) * unit * BigInt(liquidationFeePpm), ppm);
  const affordable = floorDiv(bigMax(0n, part - fee), unit);
  const spread = affordable < BigInt(cap) ? Number(affordable) : cap;
  return exposure.lots > 0
    ? Math.max(view.low, view.mark - spread)
    : Math.min(view.high, view.mark + spread);
}

function notionalOf({ lots }: Exposure, { markUnit }: MarketView): Quanta {
  return BigInt(Math.abs(lots)) * markUnit;
}

function toOrder(
  work: Work,
  account: Account,
  exposure: Exposure,
  {
    lots,
    priceTicks,
    place,
  }: { readonly lots: Lots; readonly priceTicks: Ticks; readonly place: number },
): Order {
  const market: MarketId = exposure.market;
  return {
    account: account.id,
    market,
    // No list has nonce 0, so no trader's order has such a number.
    number: place,
    isBuy: exposure.lots < 0,
    priceTicks,
    timeInForce: 1,
    flags: 2,
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    key: 0,
    isLiquidation: true,
    lots,
    batch: work.batch.number,
    isDormant: false,
    slot: -1,
    live: 0,
    at: -1,
  };
}
