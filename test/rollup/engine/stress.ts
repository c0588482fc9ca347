// A crash while L1 stands still: longs at the largest leverage that they are given, some of whom come while it already
// does; makers with little depth; a price that first trembles and then falls. What it costs those who did not trade is the
// measure.

import { insuranceId, type MarketParameters } from "../../../rollup/engine/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { limit, market, marketParameters, openWorld, type World } from "./world.ts";

export interface StressResult {
  /** What the fund lost, and what others were charged, in quanta. */
  readonly cost: bigint;
  /** What those owed whom the fund took over, what others were charged, and what is missing yet. */
  readonly badDebt: bigint;
  readonly fundBefore: bigint;
  readonly fundAfter: bigint;
  readonly shortfall: bigint;
  readonly takeovers: number;
  readonly liquidationFills: number;
}

const longs = 12;
const makers = [12, 13];
/** They come one after the other while L1 stands still. */
const lateLongs = [14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
/** The step of the crash that is a gap: no price in between at which anyone could be closed. */
const gapAt = 1;
const fundTokens = 40_000;

export function runStress(seed: number, bufferMode: MarketParameters["bufferMode"]): StressResult {
  const random = new SeededRandom(seed);
  const parameters = { ...marketParameters, bufferMode, bandPpm: 40_000, takerFeePpm: 200 };
  const world = openWorld(longs, 1_000, { markets: [[market, parameters]] });
  for (const maker of makers) world.deposit(maker, 1_000_000);
  for (const trader of lateLongs) world.deposit(trader, 1_000);
  world.l1({
    type: "deposit",
    owner: new Uint8Array(20),
    subId: 0,
    tokenAmount: BigInt(fundTokens) * 1_000_000n,
  });
  world.run(1_000);
  let price = 600_000;
  const step = (isAnchored: boolean): void => {
    world.price(Math.floor(price));
    if (isAnchored) world.anchored();
    quote(world, Math.floor(price));
    world.run(1_000);
  };
  // A price that trembles teaches the variance.
  for (let at = 0; at < 120; at++) {
    price *= 1 + random.between(-1_500, 1_500) / 1_000_000;
    step(true);
  }
  for (let trader = 0; trader < longs; trader++) leverUp(world, trader, Math.floor(price));
  step(true);
  const fundBefore = fundOf(world);
  // L1 stands still for some minutes, and in that time the price goes.
  for (let at = 0; at < 280; at++) {
    price *= 1 + random.between(-1_500, 1_400) / 1_000_000;
    const late = at >= 180 ? lateLongs[(at - 180) / 10] : undefined;
    if (late !== undefined) leverUp(world, late, Math.floor(price));
    step(false);
  }
  for (let at = 0; at < 12; at++) {
    price *= 1 - (at === gapAt ? 50_000 : random.between(5_000, 15_000)) / 1_000_000;
    step(false);
  }
  for (let at = 0; at < 60; at++) step(at > 20);
  const fundAfter = fundOf(world);
  let charged = 0n;
  let owed = 0n;
  for (const event of world.log) {
    if (event.type === "deleveraged") charged += event.charge;
    if (event.type === "takeover" && event.equity < 0n) owed -= event.equity;
  }
  return {
    cost: fundBefore - fundAfter + charged,
    badDebt: owed + charged + world.state.globals.shortfall,
    fundBefore,
    fundAfter,
    shortfall: world.state.globals.shortfall,
    takeovers: world.log.filter(({ type }) => type === "takeover").length,
    liquidationFills: world.log.filter((each) => each.type === "fill" && each.isLiquidation).length,
  };
}

/** Orders from large to small: what margin allows is taken. */
function leverUp(world: World, trader: number, price: number): void {
  world.act(
    trader,
    ...[256, 128, 64, 32, 16, 8, 4].map((lots) =>
      limit(true, price + 6_000, lots, { timeInForce: 1 }),
    ),
  );
  world.act(makers[0] ?? 0, limit(false, price, 512, { timeInForce: 1 }));
}

function quote(world: World, price: number): void {
  for (const maker of makers)
    world.act(
      maker,
      { type: "cancel", market, orderNonce: 0 },
      limit(true, Math.floor(price * 0.996), 40),
      limit(false, Math.floor(price * 1.004), 40),
    );
}

/** With what it holds at the mark: what it took over it may lose on yet. */
function fundOf(world: World): bigint {
  const { cash = 0n, exposures = [] } = world.state.accounts[insuranceId] ?? {};
  const { markTicks = 0, parameters } = world.state.markets[0] ?? {};
  const lots = exposures.reduce((sum, each) => sum + each.lots, 0);
  return cash + BigInt(lots) * BigInt(markTicks) * (parameters?.unit ?? 0n);
}
