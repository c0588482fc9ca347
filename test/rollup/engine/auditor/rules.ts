// Who may do what, and when: nonces, cancels, guards, halts, positions.

import {
  type ActionGuard,
  insuranceId,
  orderNumber,
  type SignedList,
} from "../../../../rollup/engine/index.ts";
import {
  demand,
  eventsOf,
  frameOf,
  isOnlyReducing,
  marketIn,
  nameOf,
  reaches,
  type Scene,
  type Wanted,
} from "./scene.ts";

/** Remembers what was used up. */
export class NonceAuditor {
  readonly #used: Set<string> = new Set();
  readonly #top: Map<string, number> = new Map();

  check(scene: Scene): void {
    const accepted = new Set(scene.accepted);
    const sorted = [...scene.batch.lists].sort((a, b) => a.nonce - b.nonce);
    for (const list of sorted) {
      const key = `${list.account}/${list.key}`;
      const name = `${key}/${list.nonce}`;
      const top = this.#top.get(key) ?? 0;
      const isFresh = !this.#used.has(name);
      if (accepted.has(list)) {
        demand("exactly-once", isFresh, () => `list ${name} acts again`);
        demand("in-time", list.validUntilMs >= scene.after.globals.timeMs, () => `${name} is late`);
        demand("signer", isOfSigner(scene, list), () => `list ${name} is not its account's`);
        this.#used.add(name);
        this.#top.set(key, Math.max(top, list.nonce));
      } else if (isFresh && isPlainlyGood(scene, list, top))
        demand("accepted", false, () => `list ${name} should have acted`);
    }
  }
}

function isOfSigner({ before, after }: Scene, { account, key, signer }: SignedList): boolean {
  const owner = after.accounts[account]?.owner;
  if (key === 0) return owner !== undefined && isSame(owner, signer);
  return [before, after].some(({ accounts, globals }) => {
    const session = accounts[account]?.keys.get(key);
    if (session === undefined || !isSame(session.address, signer)) return false;
    return session.expiryMs >= globals.timeMs;
  });
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

/** By the owner's own key, in time, and above all that was used: nothing can be said against it. */
function isPlainlyGood(scene: Scene, list: SignedList, top: number): boolean {
  const isOwners = list.key === 0 && list.account >= 2 && isOfSigner(scene, list);
  const isNext = list.nonce > top && list.nonce <= top + 2 ** 20;
  return isOwners && isNext && list.validUntilMs >= scene.after.globals.timeMs;
}

export function checkCancels(scene: Scene): void {
  const { after, before, accepted } = scene;
  for (const list of accepted) {
    if (list.key !== 0) continue;
    for (const action of list.actions)
      for (const order of after.orders) {
        if (order?.account !== list.account || !reaches(action, order.market)) continue;
        const isOld = before.orders.some(
          (each) => each?.number === order.number && each.account === order.account,
        );
        const isMeant =
          action.orderNonce === 0
            ? isOld && order.batch < after.globals.batch && !isTwin(scene, order)
            : action.orderNonce === order.number;
        demand("cancels", !isMeant, () => `${nameOf(order)} was cancelled and is there`);
      }
  }
  for (const order of after.orders)
    if (order !== undefined && order.validUntilMs > 0)
      demand(
        "expiry",
        order.validUntilMs >= after.globals.timeMs,
        () => `${nameOf(order)} has expired`,
      );
}

/** An order that this batch brought under the name of an older one, kept in age by a replacement. */
function isTwin(scene: Scene, order: { account: number; market: number; number: number }): boolean {
  return (scene.wanted.get(nameOf(order))?.length ?? 0) > 0;
}

/** What the batch's lists brought and what has got into the book or traded was allowed to. */
export function checkAdmitted(scene: Scene): void {
  const names = new Set<string>();
  for (const { order, isLiquidation } of eventsOf(scene, "fill"))
    if (!isLiquidation) names.add(nameOf(order));
  for (const order of scene.after.orders) if (order !== undefined) names.add(nameOf(order));
  for (const name of names) {
    if (scene.known.has(name)) continue;
    const all = scene.wanted.get(name) ?? [];
    demand("asked-for", all.length > 0, () => `${name} was not asked for`);
    const refusal = all.map((wanted) => refusalOf(scene, wanted));
    const isAllowed = refusal.some((each) => each === undefined);
    demand(refusal[0] ?? "", isAllowed, () => `${name} was admitted`);
  }
  for (const { id, openOrders } of scene.after.accounts)
    demand(
      "too-many",
      openOrders <= scene.after.globals.parameters.openOrdersMax,
      () => `account ${id} has ${openOrders} orders`,
    );
  checkWoken(scene);
}

function refusalOf(scene: Scene, { list, order }: Wanted): string | undefined {
  const { market, isPostOnly, isCancelOnly, mayAddRisk } = frameOf(scene, order.market as never);
  const isReducing = isOnlyReducing(order);
  if (isCancelOnly || (!isReducing && !mayAddRisk)) return "halts";
  if (isPostOnly && (order.flags & 1) === 0) return "halts";
  if (order.guard !== undefined && (order.flags & 4) === 0 && !holdsNow(scene, order.guard))
    return "guards";
  if (order.validUntilMs > 0 && order.validUntilMs < scene.after.globals.timeMs) return "expiry";
  if (order.lots < (isReducing ? 1 : market.parameters.orderLotsMin)) return "size";
  return list.key === 0 || mayTrade(scene, list, order.market) ? undefined : "scope";
}

function mayTrade({ before, after }: Scene, { account, key }: SignedList, market: number): boolean {
  return [before, after].some(({ accounts }) => {
    const session = accounts[account]?.keys.get(key);
    if (session === undefined || (session.scopes & 1) === 0) return false;
    return session.markets.length === 0 || session.markets.some((each) => each === market);
  });
}

function holdsNow(
  { after }: Scene,
  { market: id, op, priceTicks, maxAgeMs }: ActionGuard,
): boolean {
  const market = marketIn(after, id);
  if (market === undefined || market.indexTicks === 0) return false;
  if (after.globals.timeMs - market.indexTimeMs > maxAgeMs) return false;
  const price = op === 1 || op === 2 ? market.indexTicks : market.markTicks;
  return op === 1 || op === 3 ? price >= priceTicks : price <= priceTicks;
}

/** A dormant order is awake only since its guard held, and while what it does was allowed. */
function checkWoken(scene: Scene): void {
  const woken = scene.before.orders.filter((old) => {
    if (old?.isDormant !== true) return false;
    const name = nameOf(old);
    // Where two have one name it cannot be told which one it was.
    if (scene.known.get(name)?.length !== 1 || scene.wanted.has(name)) return false;
    const isFilled = eventsOf(scene, "fill").some(({ order }) => nameOf(order) === name);
    const isAwake = scene.after.orders.some(
      (order) => order !== undefined && nameOf(order) === name && !order.isDormant,
    );
    return isFilled || isAwake;
  });
  for (const order of woken) {
    if (order?.guard === undefined) continue;
    const name = nameOf(order);
    demand("guards", holdsNow(scene, order.guard), () => `${name} woke`);
    const { mayAddRisk, isCancelOnly, isPostOnly } = frameOf(scene, order.market);
    const isAllowed = !isCancelOnly && !isPostOnly && (isOnlyReducing(order) || mayAddRisk);
    demand("halts", isAllowed, () => `${name} woke`);
  }
}

/** Who traded with reducing orders alone has no larger position than before, nor one on the other side. */
export function checkReducing(scene: Scene): void {
  const closed = new Set<number>();
  for (const { account } of eventsOf(scene, "takeover")) closed.add(account);
  for (const { account, against } of eventsOf(scene, "deleveraged"))
    closed.add(account).add(against);
  const fills = eventsOf(scene, "fill");
  for (const { order } of fills) {
    const { account, market } = order;
    if (closed.has(account)) continue;
    const own = fills.filter(
      (each) => each.order.account === account && each.order.market === market,
    );
    const areReducing = own.every(
      (each) =>
        each.isLiquidation ||
        [
          ...(scene.known.get(nameOf(each.order)) ?? []),
          ...(scene.wanted.get(nameOf(each.order)) ?? []).map((wanted) => wanted.order),
        ].every((candidate) => isOnlyReducing(candidate)),
    );
    if (!areReducing) continue;
    const before = lotsIn(scene.before, account, market);
    const after = lotsIn(scene.after, account, market);
    const isSmaller = Math.abs(after) < Math.abs(before) && after * before >= 0;
    demand("reducing", isSmaller, () => `account ${account} went from ${before} to ${after}`);
  }
}

export function lotsIn(state: Scene["after"], account: number, market: number): number {
  return state.accounts[account]?.exposures.find((each) => each.market === market)?.lots ?? 0;
}

/** The index moves by newer reports alone, and no further at once than it may without confirmation. */
export function checkPrices(scene: Scene): void {
  for (const { id, indexTicks, indexTimeMs, markTicks, parameters, variance } of scene.after
    .markets) {
    const old = marketIn(scene.before, id);
    const frame = frameOf(scene, id);
    if (old === undefined || old.indexTicks === 0 || indexTicks === 0) continue;
    if (indexTicks !== old.indexTicks) {
      const updates = scene.batch.system.flatMap((each) =>
        each.type === "oracle" && each.market === id ? [each] : [],
      );
      const isNewer =
        indexTimeMs > old.indexTimeMs && indexTimeMs <= scene.after.globals.timeMs + 1_000;
      const isTold = updates.some((each) =>
        each.reports.some(({ priceTicks }) => priceTicks === indexTicks),
      );
      demand("oracle", isNewer && isTold, () => `market ${id} moved to ${indexTicks} by itself`);
      const moved = Math.abs(indexTicks - old.indexTicks) / old.indexTicks;
      const seconds = (indexTimeMs - old.indexTimeMs) / 1_000;
      const deviation = Math.sqrt(Math.max(old.variance, variance) * seconds) / 1e6;
      const isLeap = moved > parameters.jumpPpmMin / 1e6 + 1e-6 && moved > 10 * deviation + 1e-5;
      const isConfirmed = old.confirmationsLeft > 0 || updates.length > 1;
      demand("confirmation", !isLeap || isConfirmed, () => `market ${id} leapt by ${moved}`);
    }
    if (frame.isHalted) {
      demand("halts", markTicks === old.markTicks, () => `the mark of ${id} moved in a halt`);
      continue;
    }
    const cap = Math.max(1, (old.markTicks * parameters.moveCapPpm) / 1e6);
    const step = Math.abs(markTicks - old.markTicks);
    demand("mark", step <= cap, () => `the mark of ${id} moved by ${step}`);
    const band = (indexTicks * parameters.bandPpm) / 1e6;
    const isNear = Math.abs(markTicks - indexTicks) <= band + 1;
    demand(
      "mark",
      isNear || step >= Math.floor(cap),
      () => `mark ${markTicks}, index ${indexTicks}`,
    );
  }
}

/** Funding is paid when an hour ends, never more than its cap, and not when most of the hour had no price to trust. */
export function checkFunding(scene: Scene): void {
  for (const { market: id, perLot } of eventsOf(scene, "funding")) {
    const { market, old } = frameOf(scene, id);
    const hour = (ms: number): number => Math.floor(ms / 3_600_000);
    const isDue = hour(scene.after.globals.timeMs) > hour(scene.before.globals.timeMs);
    const isTrusted = 2 * (old?.staleMs ?? 0) <= 3_600_000;
    const { unit, fundingCapPpb } = market.parameters;
    const most = BigInt(market.markTicks) * unit * BigInt(fundingCapPpb);
    const size = (perLot < 0n ? -perLot - 1n : perLot) * 8_000_000_000n;
    demand(
      "funding",
      isDue && isTrusted && size <= most,
      () => `market ${id} paid ${perLot} a lot`,
    );
  }
}

/** Numbers that the batch's lists give are names of nobody else's orders. */
export function checkNames(scene: Scene): void {
  for (const list of scene.accepted)
    for (const [place] of list.actions.entries())
      demand("names", Number.isSafeInteger(orderNumber(list.nonce, place)), () => `${list.nonce}`);
  const { exposures = [] } = scene.after.accounts[insuranceId] ?? {};
  demand(
    "house",
    exposures.every(({ orders }) => orders.length === 0),
    () => "the fund has orders",
  );
}
