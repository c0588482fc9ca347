// What an auction must have been, seen from its fills and from what it left: no book has to be built again for that.

import {
  type EngineEvent,
  type MarketId,
  type Order,
  orderNumber,
} from "../../../../rollup/engine/index.ts";
import { keccak256, toHex, u64Bytes } from "../../../../sdk/index.ts";
import {
  demand,
  effective,
  eventsOf,
  type Frame,
  frameOf,
  isOnlyReducing,
  marketIn,
  nameOf,
  type Scene,
  type Wanted,
} from "./scene.ts";

type Fill = Extract<EngineEvent, { readonly type: "fill" }>;

export function checkAuctions(scene: Scene): void {
  for (const { id } of scene.after.markets) {
    const held = eventsOf(scene, "auction").filter(({ market }) => market === id);
    const fills = eventsOf(scene, "fill").filter(({ order }) => order.market === id);
    const frame = frameOf(scene, id);
    demand("auction", held.length <= 1, () => `market ${id} had ${held.length} auctions`);
    const [auction] = held;
    const isDue =
      !frame.isCancelOnly && scene.after.globals.batch % frame.market.parameters.auctionEvery === 0;
    demand("halts", auction === undefined || isDue, () => `an auction in market ${id}`);
    if (auction === undefined) demand("auction", fills.length === 0, () => "fills without auction");
    else checkPrice(scene, frame, auction.priceTicks, { fills, lots: auction.lots });
    if (isDue) checkLeft(scene, frame, id);
    checkWholes(scene, fills);
  }
}

function checkPrice(
  scene: Scene,
  frame: Frame,
  price: number,
  { fills, lots }: { readonly fills: readonly Fill[]; readonly lots: number },
): void {
  const id = frame.market.id;
  const isInBand = price >= frame.low && price <= frame.high;
  demand("band", isInBand, () => `market ${id} traded at ${price}`);
  const sides = [true, false].map((isBuy) =>
    fills.filter((fill) => fill.isBuy === isBuy).reduce((sum, fill) => sum + fill.lots, 0),
  );
  const isBalanced = sides[0] === lots && sides[1] === lots;
  demand("balance", isBalanced, () => `market ${id}: ${sides.join()} of ${lots}`);
  const sideOf = new Map<number, boolean>();
  for (const { order, isBuy } of fills) {
    const before = sideOf.get(order.account) ?? isBuy;
    demand("self-trade", before === isBuy, () => `account ${order.account} met itself`);
    sideOf.set(order.account, isBuy);
  }
  for (const fill of fills) checkFill(scene, fill);
  checkAges(scene, frame, price, fills);
  checkShares(scene, frame, price, fills);
  // The engine's own limits are not told: one of them may stand at the price.
  const isLiquidating = scene.after.accounts.some(({ liquidatedSinceMs }) => liquidatedSinceMs > 0);
  if (price === frame.market.indexTicks || isLiquidating) return;
  // Away from the reference only because an order stands at the price that would else be passed.
  const isAbove = price > frame.market.indexTicks;
  const isHeld = limitsAt(scene, frame, fills).some(
    ({ isBuy, limit, isFilled }) => limit === price && isFilled !== (isBuy === isAbove),
  );
  demand("reference", isHeld, () => `market ${id} at ${price}, not ${frame.market.indexTicks}`);
}

interface Candidate {
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  readonly flags: number;
  readonly timeInForce: number;
  /** Since which batch; undefined where a replacement may have kept an age that is not known here. */
  readonly age: number | undefined;
  readonly account: number;
  readonly key: number;
  readonly number: number;
}

/** All that an order of this name can be. */
function candidates(scene: Scene, name: string): readonly Candidate[] {
  const now = scene.after.globals.batch;
  const toNew = ({ order, list, place, isReplacement }: Wanted): Candidate => ({
    ...order,
    account: list.account,
    key: list.key,
    number: orderNumber(list.nonce, place),
    age: isReplacement ? undefined : now,
  });
  const toOld = (order: Order): Candidate => {
    // One that has woken in this batch is as young as the others of it.
    return { ...order, age: order.isDormant ? now : order.batch };
  };
  return [
    ...(scene.known.get(name) ?? []).map(toOld),
    ...(scene.wanted.get(name) ?? []).map(toNew),
  ];
}

function checkFill(scene: Scene, fill: Fill): void {
  if (fill.isLiquidation) return;
  const { order, priceTicks, isBuy, lots, isMaker } = fill;
  const all = candidates(scene, nameOf(order));
  const fits = all.filter(
    (each) =>
      each.isBuy === isBuy &&
      (isBuy ? priceTicks <= each.priceTicks : priceTicks >= each.priceTicks) &&
      lots <= each.lots,
  );
  const name = nameOf(order);
  demand("limit", fits.length > 0, () => `${name} was filled with ${lots} at ${priceTicks}`);
  const now = scene.after.globals.batch;
  const isMeant = fits.some(({ age, flags }) => {
    const isFirst = (flags & 1) !== 0;
    return age === undefined || isMaker === (isFirst || age < now);
  });
  demand("maker", isMeant, () => `${name} paid as ${isMaker ? "maker" : "taker"}`);
}

interface Limit {
  readonly isBuy: boolean;
  readonly limit: number | undefined;
  readonly isFilled: boolean;
}

function limitsAt(scene: Scene, frame: Frame, fills: readonly Fill[]): readonly Limit[] {
  const limits: Limit[] = [];
  const id = frame.market.id;
  for (const { order, isLiquidation } of fills) {
    if (isLiquidation) continue;
    for (const { isBuy, priceTicks } of candidates(scene, nameOf(order)))
      limits.push({ isBuy, limit: effective(frame, isBuy, priceTicks), isFilled: true });
  }
  for (const order of scene.after.orders) {
    if (order?.market !== id) continue;
    const { isBuy, priceTicks } = order;
    limits.push({ isBuy, limit: effective(frame, isBuy, priceTicks), isFilled: false });
  }
  for (const { order } of eventsOf(scene, "removed")) {
    if (order.market !== id) continue;
    for (const { isBuy, priceTicks } of candidates(scene, nameOf(order)))
      limits.push({ isBuy, limit: effective(frame, isBuy, priceTicks), isFilled: false });
  }
  return limits;
}

/** Plain orders that are left after it: none is better than the price, none could have met another. */
function checkLeft(scene: Scene, frame: Frame, id: MarketId): void {
  let [bid, ask] = [0, Number.MAX_SAFE_INTEGER];
  const plain = plainLeft(scene, frame, id);
  for (const { isBuy, limit } of plain) {
    if (isBuy) bid = Math.max(bid, limit);
    else ask = Math.min(ask, limit);
  }
  demand("crossed", bid < ask, () => `market ${id} is left with ${bid} over ${ask}`);
  const auction = eventsOf(scene, "auction").find(({ market }) => market === id);
  if (auction === undefined) return;
  const isBest = bid <= auction.priceTicks && ask >= auction.priceTicks;
  demand("better-unfilled", isBest, () => `${bid} and ${ask} are left at ${auction.priceTicks}`);
}

interface Left {
  readonly order: Order;
  readonly isBuy: boolean;
  readonly limit: number;
}

function plainLeft(scene: Scene, frame: Frame, id: MarketId): readonly Left[] {
  return scene.after.orders.flatMap((order) => {
    if (order?.market !== id || order.isDormant || isOnlyReducing(order)) return [];
    const limit = effective(frame, order.isBuy, order.priceTicks);
    return limit === undefined ? [] : [{ order, isBuy: order.isBuy, limit }];
  });
}

/** At one price the older batch is filled before the newer. */
function checkAges(scene: Scene, frame: Frame, price: number, fills: readonly Fill[]): void {
  for (const { order: left, isBuy, limit } of plainLeft(scene, frame, frame.market.id)) {
    if (limit !== price) continue;
    for (const fill of fills) {
      if (fill.isBuy !== isBuy || fill.isLiquidation) continue;
      const all = candidates(scene, nameOf(fill.order));
      const isYounger = all.every(
        (each) =>
          effective(frame, isBuy, each.priceTicks) === price && (each.age ?? 0) > left.batch,
      );
      const what = (): string => `${nameOf(fill.order)} before ${nameOf(left)} at ${price}`;
      demand("age", !isYounger, what);
    }
  }
}

/** Inside one batch and price all have the same part, to a lot; of equals it goes to the lower tie. */
function checkShares(scene: Scene, frame: Frame, price: number, fills: readonly Fill[]): void {
  const filledOf = new Map(fills.map(({ order, lots }) => [nameOf(order), lots]));
  const names = new Set([
    ...filledOf.keys(),
    ...plainLeft(scene, frame, frame.market.id).map(({ order }) => nameOf(order)),
  ]);
  const parts = [...names].flatMap((name) => {
    const all = candidates(scene, name);
    const [only] = all;
    // Names that two orders have, and orders whose part was clipped or whose age is not known, say nothing.
    if (all.length !== 1 || only?.age === undefined || isOnlyReducing(only)) return [];
    if (effective(frame, only.isBuy, only.priceTicks) !== price) return [];
    return [{ ...only, filled: filledOf.get(name) ?? 0 }];
  });
  for (const a of parts)
    for (const b of parts) {
      if (a.isBuy !== b.isBuy || a.age !== b.age) continue;
      const isFair = a.filled * b.lots - b.filled * a.lots <= a.lots + b.lots;
      const what = (): string =>
        `${a.filled} of ${a.lots} beside ${b.filled} of ${b.lots} at ${price}`;
      demand("pro-rata", isFair, what);
      if (a.lots !== b.lots || a.filled <= b.filled) continue;
      demand("tie", tieOf(scene, a) < tieOf(scene, b), what);
    }
}

function tieOf({ batch: { seed } }: Scene, { account, key, number }: Candidate): string {
  return toHex(keccak256(seed, u64Bytes(account), u64Bytes(key), u64Bytes(number)));
}

/** Whole or not at all; and what was for one batch is gone after it. */
function checkWholes(scene: Scene, fills: readonly Fill[]): void {
  for (const { order, lots } of fills) {
    const all = candidates(scene, nameOf(order));
    const isWhole = all.every((each) => each.timeInForce !== 2 || lots === each.lots);
    demand("whole", all.length > 1 || isWhole, () => `${nameOf(order)} was filled with ${lots}`);
  }
  for (const order of scene.after.orders)
    if (order !== undefined && order.timeInForce !== 0)
      demand("one-batch", order.isDormant, () => `${nameOf(order)} is still there`);
  for (const { market } of scene.after.orders.filter((order) => order !== undefined))
    demand("reading", marketIn(scene.after, market) !== undefined, () => `no market ${market}`);
}
