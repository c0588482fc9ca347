// Phase 5: the insurance fund takes over the whole portfolio of who is too far gone for the book, cash and positions: exact,
// and nobody else is asked. Within caps, or a thin market could be pushed to make the fund inherit any loss.

import { type Risk, riskOf, riskStateOf } from "./margin.ts";
import { removeOrder } from "./orders.ts";
import { exposureOf, pay, shift } from "./positions.ts";
import type { Account } from "./state.ts";
import { bigMax, insuranceId, intDiv, type Quanta } from "./units.ts";
import { accountAt, viewOf, type Work } from "./work.ts";

const dayMs = 86_400_000;

/** Those that the fund may not take, to be deleveraged at once. */
export function takeOver(work: Work): Account[] {
  const beyond: Account[] = [];
  // A batch has one mark: since the last look only those can have fallen who were touched.
  for (const account of work.changes.touchedWith(work.fallen)) {
    if (account.id < 2 || !account.exposures.some(({ lots }) => lots !== 0)) continue;
    const risk = riskOf(work, account);
    if (riskStateOf(risk) !== "BACKSTOP") continue;
    // A price in doubt closes nobody, unless the account already owes: that nobody may.
    if (risk.equity >= 0n && !mayLiquidate(work, account)) continue;
    removeOrders(work, account);
    if (isWithinCaps(work, account, risk)) transferAll(work, account, risk);
    else beyond.push(account);
  }
  return beyond;
}

/** Whether no position stands in a market whose price is in doubt. */
export function mayLiquidate(work: Work, account: Account): boolean {
  return account.exposures.every(
    ({ lots, market }) => lots === 0 || viewOf(work, market).permissions.liquidate,
  );
}

export function removeOrders(work: Work, account: Account): void {
  const orders = account.exposures.flatMap((exposure) => exposure.orders);
  for (const order of orders.sort((a, b) => a.slot - b.slot))
    removeOrder(work, order, "LIQUIDATED");
}

function isWithinCaps(work: Work, account: Account, risk: Risk): boolean {
  const { globals } = work.state;
  const insurance = accountAt(work, insuranceId);
  const used = dayOf(work) === globals.takeoverDay ? globals.takeoverUsed : 0n;
  if (used + capitalFor(risk) > globals.parameters.takeoverPerDayMax) return false;
  return account.exposures.every(({ market, lots }) => {
    if (lots === 0) return true;
    const view = viewOf(work, market);
    const after = (exposureOf(insurance, market)?.lots ?? 0) + lots;
    return BigInt(Math.abs(after)) * view.markUnit <= view.market.parameters.takeoverNotionalMax;
  });
}

/** A debt is gone at once: uncounted, who leaves debts on purpose could take more than the day's cap out of the fund. */
function capitalFor({ equity, maintenance }: Risk): Quanta {
  return maintenance + bigMax(0n, -equity);
}

function transferAll(work: Work, account: Account, risk: Risk): void {
  const { globals } = work.state;
  const insurance = accountAt(work, insuranceId);
  if (globals.takeoverDay !== dayOf(work)) {
    globals.takeoverDay = dayOf(work);
    globals.takeoverUsed = 0n;
  }
  globals.takeoverUsed += capitalFor(risk);
  work.events.push({ type: "takeover", account: account.id, equity: risk.equity });
  for (const { market, lots } of account.exposures) {
    if (lots === 0) continue;
    const quote = BigInt(Math.abs(lots)) * viewOf(work, market).markUnit;
    shift(work, account, market, { lots: -lots, quote });
    shift(work, insurance, market, { lots, quote });
  }
  pay(work, account, insurance, account.cash);
}

function dayOf({ batch }: Work): number {
  return intDiv(batch.timeMs, dayMs);
}
