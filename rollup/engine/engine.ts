// One batch after the other, each in the same eight phases. No clock, no chance, nothing awaited: whoever applies the same
// batches has the same state.

import { assert } from "../../sdk/index.ts";
import { admitOrders, wakeTriggers } from "./admission.ts";
import { acceptLists } from "./authority.ts";
import { takeOver } from "./backstop.ts";
import type { EngineBatch } from "./batch.ts";
import { applyCancels, expireOrders, sweepUncovered } from "./cancels.ts";
import { Changes } from "./changes.ts";
import { deleverage } from "./deleveraging.ts";
import { type Derived, derive } from "./derived.ts";
import type { Outcome } from "./events.ts";
import { noteAuction, notePremium } from "./funding.ts";
import { checkInvariants } from "./invariants.ts";
import { liquidate } from "./liquidation.ts";
import { positiveEquityOf } from "./margin.ts";
import { holdAuctions } from "./matching.ts";
import { makePayments } from "./payments.ts";
import { closeExposures } from "./positions.ts";
import type { State } from "./state.ts";
import type { StepPort } from "./steps.ts";
import { applySystem } from "./system.ts";
import { floorShift, type MarketId, type Ticks } from "./units.ts";
import { bookOf, type Work } from "./work.ts";

export class Engine {
  /** After the last batch. To be read only; `Outcome.dirty` says what of it a batch changed. */
  readonly state: State;
  readonly #derived: Derived;
  #isWhole = true;

  /** From genesis, or from a state that was stored: both decide the same from then on. */
  constructor(state: State) {
    this.state = state;
    this.#derived = derive(state);
  }

  /** Throws `InvariantBreach`: then nothing of the batch may be kept, and the engine is of no further use. */
  apply(batch: EngineBatch, port?: StepPort): Outcome {
    assert(this.#isWhole, "an engine that broke off is not used again");
    const { globals } = this.state;
    assert(batch.number === globals.batch + 1, "batches are applied in turn");
    this.#isWhole = false;
    const beforeMs = globals.timeMs;
    globals.batch = batch.number;
    globals.timeMs = Math.max(beforeMs, batch.timeMs);
    const work = this.#workOn({ ...batch, timeMs: globals.timeMs }, port);
    run(work, beforeMs);
    port?.done(work.changes.takeRecent());
    this.#isWhole = true;
    const { events, withdrawals, changes } = work;
    return { events, withdrawals, dirty: changes.toDirtyLeaves() };
  }

  #workOn(batch: EngineBatch, port: StepPort | undefined): Work {
    return {
      state: this.state,
      derived: this.#derived,
      batch,
      changes: new Changes(port !== undefined),
      port,
      events: [],
      withdrawals: [],
      views: new Map(),
      lists: [],
      woken: [],
      admitted: [],
      fallen: new Set(),
      openDelta: new Map(),
    };
  }
}

function run(work: Work, beforeMs: number): void {
  applySystem(work, beforeMs);
  work.lists = acceptLists(work);
  const cancellations = applyCancels(work);
  expireOrders(work);
  sweepUncovered(work, work.state.accounts);
  noteBests(work);
  wakeTriggers(work);
  admitOrders(work, cancellations);
  const prices = holdAuctions(work, liquidate(work));
  deleverage(work, takeOver(work));
  // Losses in one market uncover orders in another. Who was not touched is covered as after the first sweep.
  sweepUncovered(work, work.changes.touchedWith([]));
  makePayments(work);
  closeBatch(work, prices, work.batch.timeMs - beforeMs);
  checkInvariants(work);
}

/** What rested before the batch: post-only orders must not meet it. */
function noteBests(work: Work): void {
  for (const view of work.views.values()) {
    const { bids, asks } = bookOf(work, view.market.id);
    view.bestBid = bids.best?.priceTicks ?? 0;
    view.bestAsk = asks.best?.priceTicks ?? 0;
  }
}

function closeBatch(work: Work, prices: ReadonlyMap<MarketId, Ticks>, passedMs: number): void {
  for (const account of work.changes.accounts) closeExposures(account);
  for (const view of work.views.values()) {
    const { market } = view;
    market.openLots += floorShift(work.openDelta.get(market.id) ?? 0, 1);
    const price = prices.get(market.id);
    if (price !== undefined) noteAuction(market, price);
    notePremium(work, market, view.permissions, {
      price: price ?? midOf(work, market.id),
      passedMs,
    });
    const { bids, asks } = bookOf(work, market.id);
    market.bidDepth = averaged(market.bidDepth, bids.depthTo(view.low));
    market.askDepth = averaged(market.askDepth, asks.depthTo(view.high));
  }
  work.state.globals.sumPositiveEquity = positiveEquityOf(work);
}

function midOf(work: Work, id: MarketId): Ticks | undefined {
  const { bids, asks } = bookOf(work, id);
  if (bids.best === undefined || asks.best === undefined) return undefined;
  return floorShift(bids.best.priceTicks + asks.best.priceTicks, 1);
}

/** What rests for one batch only counts for a quarter. */
function averaged(before: number, now: number): number {
  return floorShift(3 * before + now + 2, 2);
}
