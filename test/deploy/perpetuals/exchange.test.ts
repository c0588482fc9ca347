import { afterEach, beforeEach, expect, test } from "vitest";
import { Exchange, toQuanta, toSight } from "../../../deploy/devnet/perpetuals/exchange.ts";
import { toHex } from "../../../sdk/index.ts";
import { House, ownerOf } from "../../rollup/api/house.ts";
import { limit, market } from "../../rollup/engine/world.ts";

let house: House;
let exchange: Exchange;

beforeEach(async () => {
  house = await House.open();
  exchange = new Exchange(house.url);
});

afterEach(() => house.close());

test("bots see the accounts of an owner, what each is worth, and its orders and positions", async () => {
  const [account] = await exchange.accountsOf(`0x${toHex(ownerOf("alice"))}`);
  if (account === undefined) throw new Error("alice has deposited");
  await house.post(house.sign("alice", [limit(true, 599_000, 5), limit(true, 600_000, 3)]));
  await house.post(house.sign("bob", [limit(false, 600_000, 3)]));
  house.run();
  const { equity, lots, orders } = await exchange.holding(account.id);
  const fee = 3n * 600_000n * 50_000n;
  expect(equity).toBe(100_000n * 10n ** 12n - fee);
  expect(lots).toEqual(new Map([[market, 3]]));
  expect(orders).toMatchObject([{ market, isBuy: true, priceTicks: 599_000, lots: 5 }]);
});

test("bots see the markets, and beside them the price of the world outside", async () => {
  await house.post(house.sign("alice", [limit(true, 599_000, 5)]));
  house.run();
  const { markets } = await exchange.status();
  expect(markets.map((each) => toSight(each, 601_234))).toEqual([
    {
      id: market,
      fairTicks: 601_234,
      indexTicks: 600_000,
      markTicks: 600_000,
      bestBid: 599_000,
      bestAsk: 0,
      unit: 100_000_000n,
      initialPpm: 50_000,
      takerFeePpm: 500,
    },
  ]);
  expect(exchange.prices).toBe("BTC-PERP 60000.0");
});

test("a node that is not there is not ready", async () => {
  expect(await exchange.isReady()).toBe(true);
  await house.close();
  expect(await exchange.isReady()).toBe(false);
  await expect(exchange.account(2)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
});

test("amounts are read to the last quantum", () => {
  expect(toQuanta("1.000000000001")).toBe(10n ** 12n + 1n);
  expect(toQuanta("-0.5")).toBe(-5n * 10n ** 11n);
  expect(() => toQuanta("1e3")).toThrow("no amount");
});
