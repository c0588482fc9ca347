// Phase 4: the markets one after the other, each with one price. Cash and positions move at that price, and fees to the
// fund that they are for; afterwards what is left of the batch's orders rests or goes.

import { keccak256, toHex, u64Bytes } from "../../sdk/index.ts";
import { flagBits } from "./actions.ts";
import { type AuctionFill, type AuctionResult, holdAuction } from "./auction.ts";
import { enterBook } from "./derived.ts";
import { checkFilled } from "./invariants.ts";
import { equityOf } from "./margin.ts";
import type { MarketView } from "./market-view.ts";
import { isOpen, openOrder, removeOrder, restOrder, shrinkOrder, slotOf } from "./orders.ts";
import { exposureOf, pay, trade } from "./positions.ts";
import { clipReducing, removeOrphans } from "./reduce-only.ts";
import { beginStep, endStep } from "./steps.ts";
import type { Account, Order } from "./state.ts";
import { ceilDiv, feesId, insuranceId, type MarketId, ppm, type Ticks } from "./units.ts";
import { accountAt, bookOf, nameOf, type Work } from "./work.ts";

/** The price of each auction that was held. */
export function holdAuctions(work: Work, liquidations: readonly Order[]): Map<MarketId, Ticks> {
  const prices = new Map<MarketId, Ticks>();
  for (const order of liquidations) {
    const exposure = exposureOf(accountAt(work, order.account), order.market);
    if (exposure !== undefined) openOrder(work, exposure, order);
  }
  const all = [...liquidations, ...work.woken, ...work.admitted];
  const entered = all.filter((order) => isOpen(order));
  for (const order of entered)
    if (!order.isDormant && order.at === -1) enterBook(work.derived, order);
  clipReducing(work);
  const tieOf = (order: Order): string =>
    toHex(
      keccak256(
        work.batch.seed,
        u64Bytes(order.account),
        u64Bytes(order.key),
        u64Bytes(order.number),
      ),
    );
  const wholes = entered.filter(({ timeInForce }) => timeInForce === 2);
  const solvent = new Map<Account, boolean>();
  for (const view of work.views.values()) {
    if (!view.isAuctionDue) continue;
    const { id, indexTicks } = view.market;
    const result = holdAuction(bookOf(work, id), {
      low: view.low,
      high: view.high,
      reference: indexTicks,
      wholes: wholes.filter(({ market }) => market === id),
      tieOf,
    });
    if (result === undefined) continue;
    prices.set(id, result.priceTicks);
    for (const { order } of result.fills) noteSolvency(work, solvent, order);
    settleAuction(work, view, result);
  }
  checkFilled(work, solvent);
  for (const order of entered) finish(work, order);
  for (const order of work.admitted) if (isOpen(order)) restOrder(work, order);
  removeOrphans(work);
  return prices;
}

function noteSolvency(work: Work, solvent: Map<Account, boolean>, { account: id }: Order): void {
  const account = accountAt(work, id);
  if (!solvent.has(account)) solvent.set(account, equityOf(work, account) >= 0n);
}

function settleAuction(
  work: Work,
  view: MarketView,
  { priceTicks, lots, fills }: AuctionResult,
): void {
  const market = view.market.id;
  work.events.push({ type: "auction", market, priceTicks, lots });
  const sorted = fills.toSorted(
    ({ order: a }, { order: b }) =>
      a.account - b.account ||
      a.key - b.key ||
      a.number - b.number ||
      Number(a.isLiquidation) - Number(b.isLiquidation),
  );
  for (const fill of sorted) settleFill(work, view, fill, priceTicks);
}

function settleFill(
  work: Work,
  view: MarketView,
  { order, lots }: AuctionFill,
  priceTicks: Ticks,
): void {
  const account = accountAt(work, order.account);
  const { unit, makerFeePpm, takerFeePpm, liquidationFeePpm } = view.market.parameters;
  const isMaker = order.batch < work.batch.number || (order.flags & flagBits.postOnly) !== 0;
  const feePpm = order.isLiquidation ? liquidationFeePpm : isMaker ? makerFeePpm : takerFeePpm;
  const fee = ceilDiv(BigInt(lots) * BigInt(priceTicks) * unit * BigInt(feePpm), ppm);
  const slot = slotOf(order);
  beginStep(work, "fill");
  trade(work, account, { market: order.market, lots: order.isBuy ? lots : -lots, priceTicks });
  if (fee > 0n)
    pay(work, account, accountAt(work, order.isLiquidation ? insuranceId : feesId), fee);
  const { isBuy, isLiquidation } = order;
  work.events.push({
    type: "fill",
    order: nameOf(order),
    isBuy,
    lots,
    priceTicks,
    fee,
    isMaker,
    isLiquidation,
  });
  shrinkOrder(work, order, lots);
  endStep(work, () => ({
    type: "fill",
    slot,
    account: account.id,
    market: order.market,
    lots,
    priceTicks,
    fee,
    isLiquidation,
  }));
}

/** What was for this batch only goes. */
function finish(work: Work, order: Order): void {
  if (!isOpen(order)) return;
  if (order.isLiquidation) removeOrder(work, order, undefined);
  else if (order.timeInForce !== 0 && !order.isDormant) removeOrder(work, order, "NOT_FILLED");
}
