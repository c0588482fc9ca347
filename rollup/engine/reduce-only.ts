// Before an auction: how much of each reducing order takes part. All of an account's together close no more than the position
// that its plain orders leave, and lose no more than what is left to it once those have lost all that they can.

import { adverseTicks, Cover, feeUnitOf } from "./margin.ts";
import { removeOrder } from "./orders.ts";
import { exposureOf } from "./positions.ts";
import type { Account, Order } from "./state.ts";
import { ceilDiv, floorDiv, type Lots, ppm, type Quanta } from "./units.ts";
import { accountAt, viewOf, type Work } from "./work.ts";

export function clipReducing(work: Work): void {
  const byAccount = new Map<Account, Order[]>();
  for (const order of work.derived.reducing) {
    const account = accountAt(work, order.account);
    const own = byAccount.get(account);
    if (own === undefined) byAccount.set(account, [order]);
    else own.push(order);
  }
  for (const [account, orders] of byAccount) clipOf(work, account, orders.sort(byUrgency));
}

function clipOf(work: Work, account: Account, orders: readonly Order[]): void {
  let headroom = new Cover(work, account).headroom;
  const closable = new Map<Order["market"], number>();
  for (const order of orders) {
    const view = viewOf(work, order.market);
    const exposure = exposureOf(account, order.market);
    const isAgainst =
      exposure !== undefined && exposure.lots !== 0 && exposure.lots > 0 !== order.isBuy;
    order.live = 0;
    if (!isAgainst || !view.isAuctionDue) continue;
    const plain = order.isBuy ? exposure.bidLots : exposure.askLots;
    const open = closable.get(order.market) ?? Math.max(0, Math.abs(exposure.lots) - plain);
    const each = costOfLot(work, order);
    const wanted = Math.min(order.lots, open);
    const live = Math.min(wanted, lotsWithin(headroom, each, wanted));
    order.live = live;
    headroom -= each * BigInt(live);
    closable.set(order.market, open - live);
  }
}

function lotsWithin(headroom: Quanta, each: Quanta, wanted: Lots): Lots {
  if (headroom < 0n) return 0;
  return each * BigInt(wanted) <= headroom ? wanted : Number(floorDiv(headroom, each));
}

/** The most that a lot can lose against the mark and pay. */
function costOfLot(work: Work, order: Order): Quanta {
  const view = viewOf(work, order.market);
  const { unit, takerFeePpm, makerFeePpm, liquidationFeePpm } = view.market.parameters;
  const feePpm = Math.max(takerFeePpm, makerFeePpm, order.isLiquidation ? liquidationFeePpm : 0);
  return (
    BigInt(adverseTicks(view, order.isBuy, order.priceTicks)) * unit +
    ceilDiv(feeUnitOf(view, feePpm), ppm)
  );
}

/** Liquidations first, then market by market the best price, the oldest, and the first placed. */
function byUrgency(a: Order, b: Order): number {
  return (
    Number(b.isLiquidation) - Number(a.isLiquidation) ||
    a.market - b.market ||
    Number(b.isBuy) - Number(a.isBuy) ||
    (a.isBuy ? b.priceTicks - a.priceTicks : a.priceTicks - b.priceTicks) ||
    a.batch - b.batch ||
    a.key - b.key ||
    a.number - b.number
  );
}

/** Afterwards: what no longer has anything to reduce goes. */
export function removeOrphans(work: Work): void {
  const orphans = [...work.derived.reducing].filter((order) => {
    const exposure = exposureOf(accountAt(work, order.account), order.market);
    return exposure === undefined || exposure.lots === 0 || exposure.lots > 0 === order.isBuy;
  });
  for (const order of orphans.sort(
    (a, b) => a.account - b.account || a.key - b.key || a.number - b.number,
  ))
    removeOrder(work, order, "ORPHANED");
}
