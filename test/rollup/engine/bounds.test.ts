import { expect, test } from "vitest";
import { isSoundMarket, isSoundRollup, scopes } from "../../../rollup/engine/index.ts";
import { accountLeaf, marketLeaf } from "../../../rollup/state/index.ts";
import {
  addressOfTrader,
  limit,
  market,
  marketParameters,
  openWorld,
  World,
  rollupParameters,
} from "./world.ts";

const beyond = 2n ** 128n;

test("settings that a leaf of the state could not hold are not sound, and the largest that it holds are", () => {
  const { tiers } = marketParameters;
  const above = { notionalMax: beyond, initialPpm: 200_000, maintenancePpm: 100_000 };
  const markets = (value: bigint) => [
    { smallNotional: value },
    { takeoverNotionalMax: value },
    { tiers: [...tiers, { ...above, notionalMax: value }] },
  ];
  const rollups = (value: bigint) => [{ outflowMax: value }, { takeoverPerDayMax: value }];
  for (const change of markets(beyond))
    expect(isSoundMarket({ ...marketParameters, ...change })).toBe(false);
  for (const change of markets(beyond - 1n))
    expect(isSoundMarket({ ...marketParameters, ...change })).toBe(true);
  for (const change of rollups(beyond))
    expect(isSoundRollup({ ...rollupParameters, ...change })).toBe(false);
  for (const change of rollups(beyond - 1n))
    expect(isSoundRollup({ ...rollupParameters, ...change })).toBe(true);
  expect(isSoundMarket({ ...marketParameters, unit: 2n ** 54n + 1n })).toBe(false);
});

test("with the largest unit and at the highest price, the largest position still has a leaf", () => {
  const parameters = {
    ...marketParameters,
    unit: 2n ** 54n,
    positionLotsMax: 2 ** 40,
    openLotsMax: 2 ** 40,
    openLotsScale: 2 ** 40,
    tiers: [{ notionalMax: beyond - 1n, initialPpm: 2, maintenancePpm: 1 }],
    takerFeePpm: 0,
    makerFeePpm: 0,
  };
  const world = new World({ markets: [[market, parameters]] });
  for (const trader of [0, 1]) {
    const deposit = { type: "deposit", owner: addressOfTrader(trader), subId: 0 };
    world.l1({ ...deposit, tokenAmount: 2n ** 95n });
  }
  const highest = 2 ** 32 - 1;
  world.price(highest).anchored().run();
  world
    .act(0, limit(true, highest, 2 ** 40))
    .act(1, limit(false, highest, 2 ** 40))
    .run();
  expect(world.lots(0)).toBe(2 ** 40);
  for (const account of world.state.accounts) expect(accountLeaf(account)).toHaveLength(32);
  for (const each of world.state.markets) expect(marketLeaf(each)).toHaveLength(32);
});

test("a key's bound and a report's confidence are held to what the state can hold", () => {
  const world = openWorld(1);
  const key = { key: 1, address: addressOfTrader(9), scopes: scopes.trade, markets: [] };
  const give = { type: "authorize", ...key, expiryMs: 2_000_000, maxNotional: beyond } as const;
  world.act(0, give).run();
  expect(world.reasons()).toEqual(["SCOPE"]);
  world.act(0, { ...give, maxNotional: beyond - 1n }).run();
  expect(world.reasons()).toEqual([]);
  const reports = [0, 1, 2].map((reporter) => ({
    reporter,
    priceTicks: 610_000,
    confidencePpm: 2 ** 32,
  }));
  const update = { type: "oracle", market, publishTimeMs: world.timeMs, reports } as const;
  world.system(update).run();
  expect(world.state.markets[0]?.indexTicks).toBe(600_000);
});
