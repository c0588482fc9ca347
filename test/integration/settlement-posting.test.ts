import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { certify, eventually, type TestL1, World } from "./settlement-l1.ts";

const world = new World();

beforeAll(() => world.build(), 300_000);
afterEach(() => world.clean());
afterAll(() => world.destroy());

test("who has the turn anchors, the next settles all rollups in one transaction, nobody else pays", async () => {
  const l1 = await world.start();
  const validators = [0, 1, 2, 3].map((index) => l1.validator(index));
  const anchorable = certify(world.deployment, 1);
  for (const { settlement } of validators) settlement.anchor(anchorable);
  await l1.mineUntil(async () => (await l1.batches(0)) === 1);

  expect(await l1.latest()).toEqual({ number: 1, count: 1 });
  expect(await l1.batches(1)).toBe(1);
  const paid = await transactions(l1);
  expect(paid.reduce((sum, each) => sum + each)).toBe(2 + 2 * 4);
  await eventually(() => validators.some(({ gauges }) => gauges.has("settle_gas")));
  await eventually(() => validators.every(({ state }) => state?.settled.get(1)?.batches === 1));
  for (const { state } of validators) {
    expect(state?.number).toBe(1);
    expect(state?.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(state?.settled.get(0)?.transaction).toBe(state?.settled.get(1)?.transaction);
  }
});

async function transactions(l1: TestL1): Promise<number[]> {
  return Promise.all([0, 1, 2, 3].map((index) => l1.transactionsOf(index)));
}
