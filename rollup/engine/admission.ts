// Phase 2: what may join the book. Accounts are independent of each other: everything that is asked for here was there
// before the batch, or is the account's own.

import { flagBits, orderNumber, type PlaceOrder } from "./actions.ts";
import { isInScope, notionalBound, refuse } from "./authority.ts";
import type { SignedList } from "./batch.ts";
import { type Cancellations, type ReplacedOrder, replacementName } from "./cancels.ts";
import { isReducing } from "./derived.ts";
import type { RefusalReason, RemovalReason } from "./events.ts";
import { holds } from "./guards.ts";
import { adverseTicks, Cover, feeUnitOf, riskOf, riskStateOf } from "./margin.ts";
import { type MarketView, requirementOf } from "./market-view.ts";
import { isTrigger, openOrder, removeOrder, slotOf, wakeOrder } from "./orders.ts";
import { exposureOf, openExposure } from "./positions.ts";
import type { Account, Exposure, Order } from "./state.ts";
import { beginStep, endStep } from "./steps.ts";
import { ceilDiv, lotsMax, MarketId, ppm, type Quanta, ticksMax } from "./units.ts";
import { accountAt, viewOf, type Work } from "./work.ts";

/** Dormant orders whose guard holds, by slot. They are asked again what they could not be asked while they waited. */
export function wakeTriggers(work: Work): void {
  const due = [...work.derived.dormant]
    .filter(({ guard }) => guard !== undefined && holds(work, guard))
    .sort((a, b) => a.slot - b.slot);
  for (const order of due) {
    const view = viewOf(work, order.market);
    const { reduce, newRisk, postOnly } = view.permissions;
    if (!(isReducing(order) ? reduce : newRisk) || postOnly) continue;
    const account = accountAt(work, order.account);
    const exposure = exposureOf(account, order.market);
    if (exposure === undefined) continue;
    const crossed = crossedBy(exposure, order);
    const reason = refuseWaking(work, { account, exposure, order, crossed, view });
    if (reason !== undefined) removeOrder(work, order, reason);
    else {
      for (const own of crossed) removeOrder(work, own, "SELF_TRADE");
      wakeOrder(work, order);
      work.woken.push(order);
    }
  }
}

function refuseWaking(
  work: Work,
  {
    account,
    exposure,
    order,
    crossed,
    view,
  }: {
    readonly account: Account;
    readonly exposure: Exposure;
    readonly order: Order;
    readonly crossed: readonly Order[];
    readonly view: MarketView;
  },
): RemovalReason | undefined {
  if (crossed.length > 0 && !cancelsResting(order)) return "SELF_TRADE";
  if (isPostOnly(order) && crossesResting(view, order)) return "POST_ONLY";
  // One that finds nothing to reduce yet may have something after the auction.
  const isAgainst = exposure.lots !== 0 && exposure.lots > 0 !== order.isBuy;
  const isRisky = isReducing(order) && isAgainst && !leavesSafer(work, account, exposure, order);
  return isRisky ? "UNCOVERED" : undefined;
}

function cancelsResting({ flags }: Order): boolean {
  return (flags & flagBits.cancelResting) !== 0;
}

function isPostOnly({ flags }: { readonly flags: number }): boolean {
  return (flags & flagBits.postOnly) !== 0;
}

export function admitOrders(work: Work, cancellations: Cancellations): void {
  let cover: Cover | undefined;
  let of: Account | undefined;
  for (const list of work.lists) {
    const account = work.state.accounts[list.account];
    if (account === undefined) continue;
    for (const [place, action] of list.actions.entries()) {
      if (action.type !== "order" && action.type !== "replace") continue;
      if (account !== of) cover = undefined;
      of = account;
      cover ??= new Cover(work, account);
      const wanted = action.type === "order" ? action : action.order;
      const replaced =
        action.type === "replace"
          ? cancellations.replaced.get(replacementName(list, place))
          : undefined;
      const isLost = action.type === "replace" && replaced === undefined;
      const reason = isInScope(account, list, action)
        ? isLost || cancellations.numbers.get(account.id)?.has(orderNumber(list.nonce, place))
          ? "CANCELLED"
          : admit(work, { list, place, account, cover, wanted, replaced })
        : "SCOPE";
      if (reason !== undefined) refuse(work, list, place, reason);
    }
  }
}

interface Request {
  readonly list: SignedList;
  readonly place: number;
  readonly account: Account;
  readonly cover: Cover;
  readonly wanted: PlaceOrder;
  readonly replaced: ReplacedOrder | undefined;
}

function admit(work: Work, request: Request): RefusalReason | undefined {
  beginStep(work, "admit");
  const { account, wanted, cover, list } = request;
  const view = work.views.get(MarketId(wanted.market));
  if (view === undefined) return "NO_MARKET";
  const malformed = refuseForm(work, view, wanted);
  if (malformed !== undefined) return malformed;
  if (account.openOrders >= work.state.globals.parameters.openOrdersMax) return "TOO_MANY";
  const order = toOrder(work, request);
  const exposure = openExposure(work, account, order.market);
  work.changes.touch(account);
  const crossed = order.isDormant ? [] : crossedBy(exposure, order);
  if (crossed.length > 0 && !cancelsResting(order)) return "SELF_TRADE";
  if (isPostOnly(order) && !order.isDormant && crossesResting(view, order)) return "POST_ONLY";
  if (isReducing(order)) {
    if (!mayReduce(work, account, exposure, order)) return "REDUCE_ONLY";
  } else {
    const capped = refuseCap(view, exposure, order, notionalBound(account, list));
    if (capped !== undefined) return capped;
    if (!cover.admit(exposure, order)) return "MARGIN";
  }
  const removed = crossed.map((own) => slotOf(own));
  for (const own of crossed) removeOrder(work, own, "SELF_TRADE");
  openOrder(work, exposure, order);
  const { batch: age } = order;
  endStep(work, () => ({
    type: "admit",
    list,
    place: request.place,
    slot: slotOf(order),
    age,
    removed,
  }));
  if (crossed.length > 0) cover.refresh(exposure);
  if (order.isDormant) work.derived.dormant.add(order);
  work.admitted.push(order);
  return undefined;
}

function refuseForm(work: Work, view: MarketView, wanted: PlaceOrder): RefusalReason | undefined {
  const { permissions } = view;
  const isReduceOnly = (wanted.flags & flagBits.reduceOnly) !== 0;
  if (!(isReduceOnly ? permissions.reduce : permissions.newRisk)) return "HALTED";
  if (permissions.postOnly && !isPostOnly(wanted)) return "HALTED";
  // What closes a position may be as small as the position: dust never has to stay.
  const lotsMin = isReduceOnly ? 1 : view.market.parameters.orderLotsMin;
  const { lots, priceTicks } = wanted;
  if (!Number.isSafeInteger(lots) || lots < lotsMin || lots > lotsMax) return "SIZE";
  if (!Number.isSafeInteger(priceTicks) || priceTicks < 1 || priceTicks > ticksMax) return "PRICE";
  if (wanted.validUntilMs !== 0 && wanted.validUntilMs < work.batch.timeMs) return "EXPIRED";
  if (isPostOnly(wanted) && wanted.timeInForce !== 0) return "POST_ONLY";
  if (isTrigger(wanted)) return wanted.guard !== undefined ? undefined : "GUARD";
  return wanted.guard === undefined || holds(work, wanted.guard) ? undefined : "GUARD";
}

function toOrder(work: Work, { list, place, account, wanted, replaced }: Request): Order {
  const { isBuy, priceTicks, lots, timeInForce, flags, validUntilMs, clientId, guard } = wanted;
  const keepsAge =
    replaced !== undefined &&
    replaced.market === wanted.market &&
    replaced.isBuy === isBuy &&
    replaced.priceTicks === priceTicks &&
    lots <= replaced.lots;
  return {
    account: account.id,
    market: MarketId(wanted.market),
    number: orderNumber(list.nonce, place),
    isBuy,
    priceTicks,
    timeInForce,
    flags,
    validUntilMs,
    clientId,
    guard,
    key: list.key,
    isLiquidation: false,
    lots,
    batch: keepsAge ? replaced.batch : work.batch.number,
    isDormant: isTrigger(wanted),
    slot: -1,
    live: 0,
    at: -1,
  };
}

/** The account's own orders that it would meet. */
function crossedBy(exposure: Exposure, { isBuy, priceTicks }: Order): Order[] {
  const crossed: Order[] = [];
  for (const own of exposure.orders) {
    if (own.isBuy === isBuy || own.isDormant) continue;
    if (isBuy ? priceTicks >= own.priceTicks : priceTicks <= own.priceTicks) crossed.push(own);
  }
  return crossed.length > 1
    ? crossed.sort((a, b) => a.number - b.number || a.key - b.key)
    : crossed;
}

function crossesResting({ bestBid, bestAsk }: MarketView, { isBuy, priceTicks }: Order): boolean {
  return isBuy ? bestAsk !== 0 && priceTicks >= bestAsk : priceTicks <= bestBid;
}

function mayReduce(work: Work, account: Account, exposure: Exposure, order: Order): boolean {
  // A dormant one may wait for a position yet to come.
  if (order.isDormant) return true;
  if (exposure.lots === 0 || exposure.lots > 0 === order.isBuy) return false;
  return leavesSafer(work, account, exposure, order);
}

/** Who falls short may not become less safe: equity over maintenance may not fall, whatever price it is filled at. */
function leavesSafer(work: Work, account: Account, exposure: Exposure, order: Order): boolean {
  const risk = riskOf(work, account);
  if (riskStateOf(risk) === "OK") return true;
  const { batchIntervalMs } = work.state.globals.parameters;
  const view = viewOf(work, order.market);
  const lots = Math.min(order.lots, Math.abs(exposure.lots));
  const left = exposure.lots - Math.sign(exposure.lots) * lots;
  const { unit, takerFeePpm } = view.market.parameters;
  const cost =
    BigInt(adverseTicks(view, order.isBuy, order.priceTicks)) * BigInt(lots) * unit +
    ceilDiv(BigInt(lots) * feeUnitOf(view, takerFeePpm), ppm);
  const maintenance =
    risk.maintenance -
    requirementOf(view, exposure.lots, batchIntervalMs).maintenance +
    requirementOf(view, left, batchIntervalMs).maintenance;
  return (risk.equity - cost) * risk.maintenance >= risk.equity * maintenance;
}

function refuseCap(
  view: MarketView,
  exposure: Exposure,
  order: Order,
  notionalMax: Quanta | undefined,
): RefusalReason | undefined {
  const up = exposure.lots + exposure.bidLots + (order.isBuy ? order.lots : 0);
  const down = exposure.lots - exposure.askLots - (order.isBuy ? 0 : order.lots);
  const worst = order.isBuy ? Math.abs(up) : Math.abs(down);
  if (worst > view.market.parameters.positionLotsMax) return "CAP";
  if (exposure.bidLots + exposure.askLots + order.lots > lotsMax) return "CAP";
  if (notionalMax !== undefined && BigInt(worst) * view.markUnit > notionalMax) return "CAP";
  return undefined;
}
