import { expect, test } from "vitest";
import { limit, market, openWorld } from "./world.ts";

test("two orders that cross trade at the index, when it lies between them", () => {
  const world = openWorld(2);
  world
    .act(0, limit(true, 601_000, 10))
    .act(1, limit(false, 599_000, 10))
    .run();
  const auction = world.last?.events.find(({ type }) => type === "auction");
  expect(auction).toEqual({ type: "auction", market, priceTicks: 600_000, lots: 10 });
  expect([world.lots(0), world.lots(1)]).toEqual([10, -10]);
});

test("orders that do not cross rest in the lowest slots, and a freed slot is the next to be taken", () => {
  const world = openWorld(2);
  world.act(0, limit(true, 599_000, 1), limit(true, 598_000, 2)).run();
  expect(world.state.orders.map((order) => order?.lots)).toEqual([1, 2]);
  world.act(0, { type: "cancel", market, orderNonce: 64 }).run();
  expect(world.state.orders.map((order) => order?.lots)).toEqual([undefined, 2]);
  world.act(1, limit(false, 602_000, 3)).run();
  expect(world.state.orders.map((order) => order?.lots)).toEqual([3, 2]);
});
