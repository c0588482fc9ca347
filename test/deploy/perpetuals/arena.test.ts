// All of the devnet's bots together, for some minutes of a market that crashes.

import { expect, test } from "vitest";
import { cast } from "../../../deploy/devnet/perpetuals/bots/cast.ts";
import { dustMaker } from "../../../deploy/devnet/perpetuals/bots/dust-maker.ts";
import { maker } from "../../../deploy/devnet/perpetuals/bots/maker.ts";
import { sniper } from "../../../deploy/devnet/perpetuals/bots/sniper.ts";
import { devnetRollup, listedMarkets } from "../../../deploy/devnet/perpetuals/markets.ts";
import { isSoundMarket, isSoundRollup } from "../../../rollup/engine/index.ts";
import { Arena, roleOf } from "./arena.ts";

test("the devnet's settings are sound", () => {
  expect(listedMarkets.every(({ parameters }) => isSoundMarket(parameters))).toBe(true);
  expect(isSoundRollup(devnetRollup)).toBe(true);
});

test.each([1, 2, 3])(
  "every market trades, and somebody is liquidated in the first crash (%i)",
  (seed) => {
    const { events } = new Arena(cast, "crash", seed).run(75);
    for (const { id } of listedMarkets)
      expect(events.some((each) => each.type === "fill" && each.order.market === id)).toBe(true);
    expect(events.some((each) => each.type === "fill" && each.isLiquidation)).toBe(true);
  },
);

test("nobody is liquidated on a calm path while the cast trades for a minute", () => {
  const { events } = new Arena(cast, "calm").run(60);
  expect(events.filter((each) => each.type === "fill").length).toBeGreaterThan(50);
  expect(events.some((each) => each.type === "fill" && each.isLiquidation)).toBe(false);
});

test("through several crashes no money vanishes, and the house owes nothing", () => {
  const { state } = new Arena(cast, "crash").run(600);
  const { deposited, withdrawn, shortfall } = state.globals;
  const cash = state.accounts.reduce((sum, each) => sum + each.cash, 0n);
  // Positions are zero-sum, and every trade is paid in cash: what is left is what came in.
  expect(cash).toBe(deposited - withdrawn);
  expect(shortfall).toBe(0n);
});

test("most lists of the cast are accepted: bots are no noise", () => {
  const { events } = new Arena(cast, "calm").run(300);
  const refused = events.filter((each) => each.type === "refused" && each.reason !== "HALTED");
  const done = events.filter((each) => each.type === "fill" || each.type === "rested");
  expect(refused.length).toBeLessThan(done.length / 10);
});

test("the sniper gains from a maker while prices slide, more than it pays in fees", () => {
  const roles = [roleOf("maker", maker, [1_000_000]), roleOf("sniper", sniper, [100_000])];
  const arena = new Arena(roles, "crash").run(120);
  const [holding] = arena.holdings("sniper");
  expect(holding?.equity).toBeGreaterThan(100_000n * 10n ** 12n);
});

test("a maker loses next to nothing to the dust maker", () => {
  const roles = [roleOf("maker", maker, [1_000_000]), roleOf("dust", dustMaker, [50_000])];
  const arena = new Arena(roles, "calm").run(300);
  const [holding] = arena.holdings("maker");
  expect(holding?.equity).toBeGreaterThan(999_900n * 10n ** 12n);
});
