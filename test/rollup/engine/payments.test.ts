// What leaves an account, and when it may.

import { expect, test } from "vitest";
import { insuranceId, scopes } from "../../../rollup/engine/index.ts";
import {
  addressOfTrader,
  limit,
  market,
  marketParameters,
  openWorld,
  traderId,
  type World,
} from "./world.ts";

const usdc = 10n ** 12n;
const transfer = (to: number, tokens: number) =>
  ({ type: "transfer", to: traderId(to), quanta: BigInt(tokens) * usdc }) as const;
const withdraw = (tokens: number) =>
  ({
    type: "withdraw",
    tokenAmount: BigInt(tokens) * 1_000_000n,
    to: addressOfTrader(0),
  }) as const;

/** Trader 0 is long, trader 1 short, 6,000 of notional against 1,000; trader 2 has no position. */
function held(): World {
  const world = openWorld(3, 1_000);
  world
    .act(0, limit(true, 600_000, 100))
    .act(1, limit(false, 600_000, 100))
    .run();
  return world;
}

test("while a price is stale nothing gets around the stressed mark by way of another account", () => {
  const tried = (waitMs: number): string[] => {
    const world = held();
    world.run(waitMs);
    world.act(0, transfer(2, 650)).act(2, withdraw(1_000)).run();
    return world.reasons();
  };
  // 1,000 less 300 of margin are free; 5 % of 6,000 more are not, while the price is in doubt.
  expect([tried(1_000), tried(16_000)]).toEqual([[], ["MARGIN"]]);
  const tip = held();
  tip.run(16_000);
  const relayer = addressOfTrader(2);
  tip.submit(tip.list(0, [], { relayTip: 650n * usdc, relayer })).run();
  expect(tip.last?.events).toEqual([]);
});

test("from a position in a market that stands still nothing leaves, not even to another account", () => {
  const world = held();
  world.run(61_000);
  world.act(0, transfer(2, 1)).act(2, transfer(1, 1)).run();
  expect(world.reasons()).toEqual(["HALTED"]);
});

test("while anchors are late cash still moves between accounts, and nothing to L1", () => {
  const world = held();
  world.timeMs += 620_000;
  world.price(600_000).run(1_000);
  world.price(600_000).run(1_000);
  world.act(0, transfer(2, 1), withdraw(1)).run();
  expect(world.reasons()).toEqual(["WITHDRAWALS_CLOSED"]);
});

test("a tip goes to who relays, never to the house, and is all or nothing", () => {
  const world = openWorld(2, 1_000);
  const fund = world.state.accounts[insuranceId]?.cash;
  world.submit(world.list(0, [], { relayTip: usdc, relayer: new Uint8Array(20) }));
  world.submit(world.list(0, [], { relayTip: 2_000n * usdc, relayer: addressOfTrader(1) }));
  world.run();
  expect([world.state.accounts[insuranceId]?.cash, world.cash(0)]).toEqual([fund, 1_000n * usdc]);
  world.submit(world.list(0, [], { relayTip: 3n * usdc, relayer: addressOfTrader(1) })).run();
  expect([world.cash(0), world.cash(1)]).toEqual([997n * usdc, 1_003n * usdc]);
});

test("a tip is owed for a list whose actions fail, and not for one that came too late", () => {
  const world = openWorld(2, 1_000);
  const tip = { relayTip: usdc, relayer: addressOfTrader(1) };
  world.submit(world.list(0, [limit(true, 600_000, 1_000_000)], tip));
  world.submit(world.list(0, [], { ...tip, validUntilMs: world.timeMs - 1 })).run();
  expect(world.reasons()).toEqual(["EXPIRED", "MARGIN"]);
  expect(world.cash(1)).toBe(1_001n * usdc);
});

test("a transfer needs someone to receive it, an amount, and cash that is free", () => {
  const world = openWorld(2, 1_000);
  world
    .act(0, transfer(0, 1), transfer(1, 0), transfer(77, 1), { ...transfer(1, 1), to: insuranceId })
    .act(0, transfer(1, 1_001), transfer(1, 1_000))
    .run();
  expect(world.reasons()).toEqual([
    "NO_RECIPIENT",
    "AMOUNT",
    "NO_RECIPIENT",
    "NO_RECIPIENT",
    "MARGIN",
  ]);
  expect([world.cash(0), world.cash(1)]).toEqual([0n, 2_000n * usdc]);
});

test("a key for some markets cancels in these alone", () => {
  const world = openWorld(1);
  const address = addressOfTrader(99);
  world
    .act(0, limit(true, 590_000, 1), {
      type: "authorize",
      key: 1,
      address,
      scopes: scopes.cancel,
      markets: [market],
      expiryMs: world.timeMs + 250,
      maxNotional: 0n,
    })
    .run();
  const cancel = { type: "cancel", market, orderNonce: 0 } as const;
  const by = { key: 1, signer: address };
  world.submit(world.list(0, [{ ...cancel, market: 0xffff_ffff }], by)).run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["SCOPE"], 1]);
  // And from its expiry on nowhere.
  world.submit(world.list(0, [cancel], by)).run();
  expect([world.reasons(), world.openOrders(0)]).toEqual([["BAD_SIGNER"], 1]);
  world.timeMs -= 500;
  world.act(0, cancel).run();
  expect(world.openOrders(0)).toBe(0);
});

test("a maker's fee above the taker's is refused: what orders may cost is reckoned with the taker's", () => {
  const world = openWorld(1);
  const parameters = { ...marketParameters, makerFeePpm: 501, takerFeePpm: 500 };
  world.l1({ type: "set-market", market, parameters }).run();
  expect(world.state.markets[0]?.parameters.makerFeePpm).toBe(100);
});
