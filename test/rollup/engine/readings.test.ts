import { expect, test } from "vitest";
import {
  type AccountReading,
  readAccount,
  readMarket,
  readingOf,
  refusalOf,
} from "../../../rollup/engine/index.ts";
import { runCampaign } from "./campaign.ts";
import { accountOfTrader, addressOfTrader, limit, openWorld, type World } from "./world.ts";

function read(world: World, trader: number): AccountReading {
  const account = world.state.accounts[accountOfTrader(trader)];
  if (account === undefined) throw new Error("the trader has an account");
  return readAccount(readingOf(world.state), account);
}

/** Trader 0 is long of 1000 lots for 60,000 USDC, with 100 USDC more than the fees. */
function withLong(tokens: number): World {
  const world = openWorld(2, tokens);
  world
    .act(0, limit(true, 600_000, 1_000))
    .act(1, limit(false, 600_000, 1_000))
    .run();
  expect(world.lots(0)).toBe(1_000);
  return world;
}

test("an account's reading says what it is worth at the mark and what it must be worth", () => {
  const world = withLong(10_000);
  const before = read(world, 0);
  world.price(601_000).anchored().run();
  const after = read(world, 0);
  const [position] = after.positions;
  const gain = 1_000n * BigInt((world.state.markets[0]?.markTicks ?? 0) - 600_000) * 100_000_000n;
  expect(gain).toBeGreaterThan(0n);
  expect(after.equity - before.equity).toBe(gain);
  expect(position).toMatchObject({ lots: 1_000, unrealised: gain, fundingOwed: 0n });
  expect(after.maintenance).toBe(((position?.notional ?? 0n) * 25n) / 1_000n);
  expect(after.riskState).toBe("OK");
  expect(after.free).toBeLessThan(after.equity - after.initial + 1n);
});

test("open orders take from what is free, and from nothing else", () => {
  const world = withLong(10_000);
  const before = read(world, 0);
  world.act(0, limit(true, 590_000, 500)).run();
  const after = read(world, 0);
  expect(after.free).toBeLessThan(before.free);
  expect({ ...after, free: 0n }).toEqual({ ...before, free: 0n });
});

test.each([0, 1])(
  "at the liquidation price trader %i is liquidated, and not before it",
  (trader) => {
    const liquidated = (world: World): boolean =>
      world.log.some((each) => each.type === "fill" && each.isLiquidation);
    const at = (offset: number): boolean => {
      const world = withLong(4_000);
      world.act(1 - trader, limit(trader === 0, 600_000, 1));
      const price = read(world, trader).positions[0]?.liquidationTicks ?? 0;
      const safer = trader === 0 ? offset : -offset;
      // Somebody is there to take the other side.
      world
        .deposit(2, 1_000_000)
        .price(price + safer)
        .anchored()
        .run();
      expect(world.state.markets[0]?.markTicks).toBe(price + safer);
      return liquidated(world) || ["LIQ", "BACKSTOP"].includes(read(world, trader).riskState);
    };
    expect(at(5)).toBe(false);
    expect(at(-5)).toBe(true);
  },
);

test("the funding that a market would pay now is what it pays when the hour ends", () => {
  const world = withLong(10_000);
  while (world.timeMs < 3_600_000) {
    world.act(0, limit(true, 601_000, 1)).act(1, limit(false, 601_000, 1));
    world.price(600_000).anchored().run(10_000);
  }
  const [market] = world.state.markets;
  if (market === undefined) throw new Error("there is a market");
  const { fundingPerLot, nextFundingMs, low, high } = readMarket(readingOf(world.state), market);
  expect([nextFundingMs, fundingPerLot > 0n]).toEqual([3_600_000, true]);
  expect(low < 600_000 && high > 600_000).toBe(true);
  world.price(600_000).anchored().run();
  const paid = world.log.find((each) => each.type === "funding");
  expect(paid).toEqual({ type: "funding", market: market.id, perLot: fundingPerLot });
});

test("a list is refused ahead of its batch for the reason that the batch would give, and nothing is used up", () => {
  const refused = new Map<string, number>();
  runCampaign({
    seed: 5,
    batches: 60,
    onBatch: (batch, { state }) => {
      for (const list of batch.lists) {
        const reason = refusalOf(state, list, batch.timeMs) ?? "none";
        expect(refusalOf(state, list, batch.timeMs) ?? "none").toBe(reason);
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      }
    },
  });
  expect(refused.get("none")).toBeGreaterThan(50);
  const world = openWorld(1);
  const list = world.list(0, []);
  const ask = (changes: object): string | undefined =>
    refusalOf(world.state, { ...list, ...changes }, world.timeMs);
  expect(ask({})).toBeUndefined();
  expect(ask({ account: 99 })).toBe("NO_ACCOUNT");
  expect(ask({ signer: addressOfTrader(1) })).toBe("BAD_SIGNER");
  expect(ask({ validUntilMs: world.timeMs - 1 })).toBe("EXPIRED");
  world.submit(list).run();
  expect(ask({})).toBe("NONCE_USED");
});
