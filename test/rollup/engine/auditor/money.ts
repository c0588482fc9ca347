// Where the money is: nothing comes from nowhere, nobody owes, and what is open could be borne.

import {
  type Account,
  feesId,
  insuranceId,
  type Market,
  type State,
} from "../../../../rollup/engine/index.ts";
import { demand, eventsOf, frameOf, isOnlyReducing, marketIn, type Scene } from "./scene.ts";

/** Counts for itself what came and went. */
export class MoneyAuditor {
  #deposited = 0n;
  #withdrawn = 0n;
  #l1Index = 0;
  #windowSinceMs = 0;
  #window = 0n;

  check(scene: Scene): void {
    this.#checkSums(scene);
    checkFees(scene);
    checkTips(scene);
    for (const account of scene.after.accounts) {
      if (account.id === insuranceId) continue;
      demand(
        "nobody-owes",
        equityIn(scene.after, account) >= 0n,
        () => `account ${account.id} owes`,
      );
      checkCover(scene, account);
    }
    this.#checkWithdrawals(scene);
  }

  #checkSums({ after, batch, outcome }: Scene): void {
    const messages = batch.system
      .flatMap((message) => ("l1Index" in message ? [message] : []))
      .sort((a, b) => a.l1Index - b.l1Index);
    for (const message of messages) {
      if (message.l1Index !== this.#l1Index) continue;
      this.#l1Index++;
      if (message.type === "deposit") this.#deposited += message.tokenAmount * 1_000_000n;
    }
    for (const { tokenAmount } of outcome.withdrawals) this.#withdrawn += tokenAmount * 1_000_000n;
    let there = 0n;
    for (const account of after.accounts) {
      there += account.cash;
      for (const { market, lots, fundingIndex } of account.exposures)
        there -= BigInt(lots) * ((marketIn(after, market)?.fundingIndex ?? 0n) - fundingIndex);
    }
    const due = this.#deposited - this.#withdrawn;
    demand("conservation", there === due, () => `${there} is there, ${due} came and stayed`);
    demand(
      "l1-in-turn",
      after.globals.l1Index === this.#l1Index,
      () => `L1's next message is ${this.#l1Index}`,
    );
  }

  #checkWithdrawals({ after, outcome }: Scene): void {
    const { globals } = after;
    const { parameters } = globals;
    let sum = 0n;
    for (const { tokenAmount } of outcome.withdrawals) sum += tokenAmount * 1_000_000n;
    if (sum === 0n) return;
    if (globals.timeMs - this.#windowSinceMs >= parameters.outflowWindowMs) {
      this.#windowSinceMs = globals.timeMs;
      this.#window = 0n;
    }
    this.#window += sum;
    const isQuiet =
      globals.haltedBatch === 0 ||
      globals.batch - globals.haltedBatch >= parameters.withdrawalGateBatches;
    const isAnchored = globals.timeMs - globals.anchoredTimeMs <= parameters.anchorSoftMs;
    const hasHeard = globals.timeMs - globals.l1HeardMs <= parameters.anchorHardMs;
    const isOpen = globals.shortfall === 0n && isQuiet && isAnchored && hasHeard;
    demand("withdrawal-gate", isOpen, () => "withdrawn while withdrawals are closed");
    const isWithin = this.#window <= parameters.outflowMax;
    demand("outflow", isWithin, () => `${this.#window} flowed out in one window`);
  }
}

export function equityIn(state: State, { cash, exposures }: Account): bigint {
  let equity = cash;
  for (const { market: id, lots, fundingIndex } of exposures) {
    const market = marketIn(state, id);
    if (market === undefined || lots === 0) continue;
    equity += BigInt(lots) * BigInt(market.markTicks) * market.parameters.unit;
    equity -= BigInt(lots) * (market.fundingIndex - fundingIndex);
  }
  return equity;
}

/** Rounded in the account's favour, so that no reading of the rounding is held against the engine. */
export function maintenanceIn(state: State, { exposures }: Account): bigint {
  let sum = 0n;
  for (const { market, lots } of exposures) {
    const of = marketIn(state, market);
    if (of !== undefined) sum += (notional(of, lots) * BigInt(tierOf(of, lots)[1])) / 1_000_000n;
  }
  return sum;
}

function notional({ markTicks, parameters }: Market, lots: number): bigint {
  return BigInt(Math.abs(lots)) * BigInt(markTicks) * parameters.unit;
}

/** Initial and maintenance, in millionths. */
function tierOf(market: Market, lots: number): readonly [number, number] {
  const { tiers } = market.parameters;
  const tier = tiers.find(({ notionalMax }) => notional(market, lots) <= notionalMax);
  const { initialPpm = 0, maintenancePpm = 0 } = tier ?? tiers.at(-1) ?? {};
  return [initialPpm, maintenancePpm];
}

/** At least what the specification asks: margin for the worst of all outcomes, without the buffers. */
function initialFor({ before }: Scene, market: Market, lots: number): bigint {
  const scale = (marketIn(before, market.id)?.openLots ?? 0) / market.parameters.openLotsScale;
  const ppm = Math.min(1_000_000, tierOf(market, lots)[0] * Math.max(1, scale));
  return (notional(market, lots) * BigInt(Math.floor(ppm * (1 - 1e-12)))) / 1_000_000n;
}

function checkCover(scene: Scene, account: Account): void {
  const orders = scene.after.orders.filter(
    (order) => order?.account === account.id && !isOnlyReducing(order),
  );
  if (orders.length === 0) return;
  let needed = 0n;
  for (const { market: id } of account.exposures) {
    const { market, low, high } = frameOf(scene, id);
    const lots = account.exposures.find((each) => each.market === id)?.lots ?? 0;
    let [bids, asks] = [0, 0];
    for (const order of orders) {
      if (order?.market !== id) continue;
      if (order.isBuy) bids += order.lots;
      else asks += order.lots;
      const limit = order.isBuy
        ? Math.min(order.priceTicks, high)
        : Math.max(order.priceTicks, low);
      const loss = order.isBuy ? limit - market.markTicks : market.markTicks - limit;
      const { unit, takerFeePpm } = market.parameters;
      if (loss > 0) needed += BigInt(loss) * BigInt(order.lots) * unit;
      needed +=
        (BigInt(order.lots) * BigInt(market.markTicks) * unit * BigInt(takerFeePpm)) / 1_000_000n;
    }
    const [up, down] = [
      initialFor(scene, market, lots + bids),
      initialFor(scene, market, lots - asks),
    ];
    needed += up > down ? up : down;
  }
  const equity = equityIn(scene.after, account);
  const what = (): string => `account ${account.id} has ${equity} for orders that need ${needed}`;
  demand("cover", equity >= needed, what);
}

/** Each fill pays what its kind pays, rounded up; the fees' account has all of it. */
function checkFees(scene: Scene): void {
  let fees = 0n;
  for (const { order, lots, priceTicks, fee, isMaker, isLiquidation } of eventsOf(scene, "fill")) {
    const { unit, makerFeePpm, takerFeePpm, liquidationFeePpm } = frameOf(scene, order.market)
      .market.parameters;
    const ppm = isLiquidation ? liquidationFeePpm : isMaker ? makerFeePpm : takerFeePpm;
    const due = BigInt(lots) * BigInt(priceTicks) * unit * BigInt(ppm);
    const isRoundedUp = fee * 1_000_000n >= due && fee * 1_000_000n < due + 1_000_000n;
    demand("fees", isRoundedUp, () => `a fee of ${fee} for ${due} millionths`);
    if (!isLiquidation) fees += fee;
  }
  for (const { account, quanta } of eventsOf(scene, "deposited"))
    if (account === feesId) fees += quanta;
  const [had, has] = [scene.before.accounts[feesId]?.cash, scene.after.accounts[feesId]?.cash];
  demand("fees", (has ?? 0n) - (had ?? 0n) === fees, () => `the fees grew by other than ${fees}`);
}

/** No more than was signed for, each list once. */
function checkTips(scene: Scene): void {
  const open = scene.accepted.map(({ account, relayTip }) => `${account}/${relayTip}`);
  for (const { from, quanta } of eventsOf(scene, "tip")) {
    const at = open.indexOf(`${from}/${quanta}`);
    demand("tips", at >= 0, () => `account ${from} tips ${quanta} once too often`);
    open.splice(at, 1);
  }
}
