// Who was closed, by how much, at which price; and who should have been.

import { type Account, insuranceId, type MarketId } from "../../../../rollup/engine/index.ts";
import { equityIn, maintenanceIn } from "./money.ts";
import { demand, eventsOf, frameOf, type Scene } from "./scene.ts";

export function checkLiquidations(scene: Scene): void {
  checkSlices(scene);
  checkTakeovers(scene);
  checkNoneIsLeft(scene);
  checkDeleveraged(scene);
}

/** What an account was worth when the batch's prices were known, and before anything was done with it. */
function asFound(scene: Scene, id: number): { account: Account; equity: bigint } | undefined {
  const was = scene.before.accounts[id];
  if (was === undefined) return undefined;
  let { cash } = was;
  for (const { account, quanta } of eventsOf(scene, "deposited"))
    if (account === id) cash += quanta;
  const account = { ...was, cash };
  return { account, equity: equityIn(scene.after, account) };
}

function checkSlices(scene: Scene): void {
  const taken = new Map<string, number>();
  for (const fill of eventsOf(scene, "fill")) {
    if (!fill.isLiquidation) continue;
    const { account: id, market } = fill.order;
    const frame = frameOf(scene, market);
    const found = asFound(scene, id);
    if (found === undefined) continue;
    const { account, equity } = found;
    const what = (): string => `account ${id}, ${fill.lots} at ${fill.priceTicks}`;
    demand("halts", !frame.isStale && !frame.isCancelOnly, what);
    const maintenance = maintenanceIn(scene.after, account);
    const mayBeAhead = frame.market.parameters.bufferMode === "delever";
    // Requirements are rounded up for each position.
    const isShort = equity < maintenance + BigInt(account.exposures.length) || mayBeAhead;
    demand("liquidated-too-soon", isShort, what);
    const { markTicks, parameters, id: name } = frame.market;
    const away = fill.isBuy ? fill.priceTicks - markTicks : markTicks - fill.priceTicks;
    demand("spread", away * 1e6 <= markTicks * parameters.liquidationSpreadPpm, what);
    const size = Math.abs(account.exposures.find((each) => each.market === market)?.lots ?? 0);
    const notional = BigInt(size) * BigInt(markTicks) * parameters.unit;
    if (notional <= parameters.smallNotional) continue;
    const since = account.liquidatedSinceMs;
    const elapsed = since === 0 ? 0 : Math.min(30_000, scene.after.globals.timeMs - since);
    const share = 0.2 + (0.8 * elapsed) / 30_000;
    demand("slice", fill.lots <= Math.ceil(size * share + 1e-6), what);
    const side = `${name}/${fill.isBuy}`;
    taken.set(side, (taken.get(side) ?? 0) + fill.lots);
    const depth = (fill.isBuy ? frame.old?.askDepth : frame.old?.bidDepth) ?? 0;
    const borne = (Math.max(parameters.depthLotsMin, depth) * parameters.participationPpm) / 1e6;
    demand("participation", (taken.get(side) ?? 0) <= Math.max(1, borne), what);
  }
}

function checkTakeovers(scene: Scene): void {
  const { takeoverPerDayMax } = scene.after.globals.parameters;
  let debts = 0n;
  for (const { account: id, equity } of eventsOf(scene, "takeover")) {
    if (equity < 0n) debts -= equity;
    const found = asFound(scene, id);
    const hasTraded = eventsOf(scene, "fill").some(({ order }) => order.account === id);
    if (found === undefined || hasTraded) continue;
    const what = (): string => `account ${id} with ${equity}`;
    const slack = BigInt(found.account.exposures.length);
    const isGone =
      equity <= 0n || 3n * equity < 2n * (maintenanceIn(scene.after, found.account) + slack);
    demand("taken-too-soon", isGone, what);
    const isDoubtful = found.account.exposures.some(({ lots, market }) => {
      const { isStale, isCancelOnly } = frameOf(scene, market);
      return lots !== 0 && (isStale || isCancelOnly);
    });
    demand("halts", !isDoubtful || equity < 0n, what);
  }
  const isDay = debts <= takeoverPerDayMax;
  demand("takeover-caps", isDay, () => `the fund took over debts of ${debts}`);
  for (const { market, lots } of scene.after.accounts[insuranceId]?.exposures ?? []) {
    const { parameters, markTicks } = frameOf(scene, market).market;
    const before = scene.before.accounts[insuranceId]?.exposures.find(
      (each) => each.market === market,
    );
    const notional = BigInt(Math.abs(lots)) * BigInt(markTicks) * parameters.unit;
    const hasGrown = Math.abs(lots) > Math.abs(before?.lots ?? 0);
    const isWithin = !hasGrown || notional <= parameters.takeoverNotionalMax;
    demand("takeover-caps", isWithin, () => `the fund holds ${lots} in ${market}`);
  }
}

/** At the end of a batch nobody is left whom the fund or the other side should have taken. */
function checkNoneIsLeft(scene: Scene): void {
  const closings = eventsOf(scene, "deleveraged");
  if (closings.length >= scene.after.globals.parameters.deleveragedMax) return;
  const charged = new Set(closings.map(({ account }) => account as number));
  for (const account of scene.after.accounts) {
    const open = account.exposures.filter(({ lots }) => lots !== 0);
    if (account.id === insuranceId || open.length === 0 || charged.has(account.id)) continue;
    const equity = equityIn(scene.after, account);
    if (equity > 0n && 3n * equity >= 2n * maintenanceIn(scene.after, account)) continue;
    const mayWait = open.some(({ market }) => isInDoubt(scene, market));
    demand("left-open", mayWait, () => `account ${account.id} has ${equity}`);
  }
}

function isInDoubt(scene: Scene, market: MarketId): boolean {
  const { isStale, isCancelOnly } = frameOf(scene, market);
  return isStale || isCancelOnly;
}

/** At the mark, from the other side, no more than one has; who had no position pays nothing. */
function checkDeleveraged(scene: Scene): void {
  for (const { account, charge, lots } of eventsOf(scene, "deleveraged")) {
    const what = (): string => `account ${account} was charged ${charge} for ${lots}`;
    demand("deleveraging", charge >= 0n && lots > 0, what);
    const had = scene.before.accounts[account]?.exposures.some((each) => each.lots !== 0);
    const traded = eventsOf(scene, "fill").some(({ order }) => order.account === account);
    const isFund = account === insuranceId;
    demand("deleveraging", had === true || traded || isFund, what);
  }
}
