// One batch as it is seen from outside: the state before it, what was asked, what is said to have happened, and the state
// after. From it the rules are checked that the specification has, in words of their own: the engine's are not used.

import {
  type EngineAction,
  type EngineBatch,
  type EngineEvent,
  everyMarket,
  type Market,
  type MarketId,
  type Order,
  type OrderName,
  orderNumber,
  type Outcome,
  type PlaceOrder,
  type SignedList,
  type State,
} from "../../../../rollup/engine/index.ts";
import { Violation } from "../../../sim/observation.ts";
import { copyOf } from "../world.ts";

export interface Scene {
  readonly before: State;
  readonly after: State;
  readonly batch: EngineBatch;
  readonly outcome: Outcome;
  /** Lists whose nonce was used up. */
  readonly accepted: readonly SignedList[];
  /** Orders that accepted lists ask for, by name: with session keys several may have one. */
  readonly wanted: ReadonlyMap<string, readonly Wanted[]>;
  /** Orders that were there before, by name. */
  readonly known: ReadonlyMap<string, readonly Order[]>;
}

export interface Wanted {
  readonly list: SignedList;
  /** Of the action in its list. */
  readonly place: number;
  readonly order: PlaceOrder;
  readonly isReplacement: boolean;
}

/** Taken before a batch; `Scene` once it is applied. */
export function sceneBefore(state: State): State {
  const copy = copyOf(state);
  // What the copy shares with nobody may be kept as it is: derived fields stay for who looks.
  for (const order of copy.orders) if (order !== undefined) order.at = -1;
  return copy;
}

export function sceneOf(before: State, after: State, batch: EngineBatch, outcome: Outcome): Scene {
  const refused = new Set<SignedList>();
  for (const event of outcome.events)
    if (event.type === "refused" && event.place === -1) refused.add(event.list);
  const accepted = batch.lists.filter((list) => !refused.has(list));
  const wanted = new Map<string, Wanted[]>();
  for (const list of accepted)
    for (const [place, action] of list.actions.entries()) {
      if (action.type !== "order" && action.type !== "replace") continue;
      const order = action.type === "order" ? action : action.order;
      const number = orderNumber(list.nonce, place);
      const name = nameOf({ account: list.account, market: order.market, number });
      const wish: Wanted = { list, place, order, isReplacement: action.type === "replace" };
      wanted.set(name, [...(wanted.get(name) ?? []), wish]);
    }
  const known = new Map<string, Order[]>();
  for (const order of before.orders)
    if (order !== undefined) known.set(nameOf(order), [...(known.get(nameOf(order)) ?? []), order]);
  return { before, after, batch, outcome, accepted, wanted, known };
}

export function nameOf({
  account,
  market,
  number,
}: Pick<OrderName, "number"> & { readonly account: number; readonly market: number }): string {
  return `${account}/${market}/${number}`;
}

export function demand(checker: string, isTrue: boolean, what: () => string): void {
  if (!isTrue) throw new Violation(checker, what());
}

export function marketIn({ markets }: State, id: number): Market | undefined {
  return markets.find((market) => market.id === id);
}

export function eventsOf<Type extends EngineEvent["type"]>(
  { outcome }: Scene,
  type: Type,
): readonly Extract<EngineEvent, { readonly type: Type }>[] {
  return outcome.events.filter(
    (event): event is Extract<EngineEvent, { readonly type: Type }> => event.type === type,
  );
}

/** What a batch holds all traders to in a market: prices of phase 0 stand in the state after it. */
export interface Frame {
  readonly market: Market;
  readonly old: Market | undefined;
  readonly low: number;
  readonly high: number;
  readonly isHalted: boolean;
  readonly isCancelOnly: boolean;
  readonly isPostOnly: boolean;
  readonly isStale: boolean;
  readonly mayAddRisk: boolean;
}

export function frameOf({ before, after }: Scene, id: MarketId): Frame {
  const market = marketIn(after, id);
  demand("reading", market !== undefined, () => `no market ${id}`);
  const { globals } = after;
  const { restartBatches, anchorHardMs, anchorSoftMs } = globals.parameters;
  const now = globals.timeMs;
  const anchorAge = now - globals.anchoredTimeMs;
  const { markTicks, parameters, indexTicks, indexTimeMs } = market as Market;
  const { bandPpm, openLotsMax } = parameters;
  const isHalted =
    indexTicks === 0 ||
    now - indexTimeMs > 60_000 ||
    globals.l1TimeMs === 0 ||
    now - globals.l1HeardMs > anchorHardMs ||
    anchorAge > anchorHardMs;
  const since = globals.batch - ((market as Market).resumedBatch ?? globals.batch);
  const isStale = now - indexTimeMs > 15_000 || (market as Market).confirmationsLeft > 0;
  const old = marketIn(before, id);
  const [mark, band] = [BigInt(markTicks), BigInt(bandPpm)];
  return {
    market: market as Market,
    old,
    low: Math.max(1, Number((mark * (1_000_000n - band) + 999_999n) / 1_000_000n)),
    high: Math.min(2 ** 32 - 1, Number((mark * (1_000_000n + band)) / 1_000_000n)),
    isHalted,
    isCancelOnly: isHalted || since < restartBatches,
    isPostOnly: since < 2 * restartBatches,
    isStale,
    mayAddRisk: !isStale && anchorAge <= anchorSoftMs && (old?.openLots ?? 0) < openLotsMax,
  };
}

/** A limit as it counts inside the band; undefined when it cannot trade there. */
export function effective(
  { low, high }: Frame,
  isBuy: boolean,
  priceTicks: number,
): number | undefined {
  if (isBuy) return priceTicks < low ? undefined : Math.min(priceTicks, high);
  return priceTicks > high ? undefined : Math.max(priceTicks, low);
}

export function isOnlyReducing({ flags }: { readonly flags: number }): boolean {
  return (flags & 2) !== 0;
}

/** Whether a cancel reaches orders of the market. */
export function reaches(
  action: EngineAction,
  market: number,
): action is EngineAction & { type: "cancel" } {
  return action.type === "cancel" && (action.market === market || action.market === everyMarket);
}
