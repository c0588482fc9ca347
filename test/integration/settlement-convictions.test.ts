// Who contradicted itself loses its stake: one of those who saw it says so on L1, and the others need not pay for it.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { certify, contradict, eventually, type TestL1, World } from "./settlement-l1.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";

const world = new World();
const before = 2;
/** Which of four has the first turn. */
const view = 9;
const offender = 3;

beforeAll(() => world.build(), 300_000);
afterEach(() => world.clean());
afterAll(() => world.destroy());

test("of all who saw a lie the one whose turn it is convicts, and the stake is gone", async () => {
  const l1 = await world.start();
  const validators = [0, 1, 2].map((index) => l1.validator(index));
  const call = contradict(world.deployment, { offender, view });
  expect(await stakeOf(l1, offender)).toBeGreaterThan(0n);
  for (const { settlement } of validators) settlement.convict(call);
  await l1.mineUntil(async () => (await stakeOf(l1, offender)) === 0n);
  await eventually(() => validators[1]?.said("validator convicted").length === 1);
  expect(validators[1]?.said("validator convicted")).toMatchObject([{ epoch: 0, slot: view }]);
  // The others come after it and find it done; asking costs nothing.
  await l1.mineUntil(() =>
    [0, 2].every((i) => (validators[i]?.said("L1 did not take a conviction").length ?? 0) > 0),
  );
  expect(validators[2]?.said("L1 did not take a conviction")[0]).toMatchObject({
    reason: "NothingToSlash",
  });
  expect(await spent(l1)).toEqual([0, 1, 0, 0]);
});

test("for a validator that is dead the next one convicts", async () => {
  const l1 = await world.start();
  const next = l1.validator(2);
  next.settlement.convict(contradict(world.deployment, { offender, view }));
  await l1.mineUntil(async () => (await stakeOf(l1, offender)) === 0n);
  expect((await spent(l1))[2]).toBe(1);
});

test("what L1 refuses costs nothing, and neither keeps checkpoints nor a better proof waiting", async () => {
  const l1 = await world.start();
  const validator = l1.validator(1);
  const { settlement } = validator;
  settlement.convict(contradict(world.deployment, { offender, view, signer: 0 }));
  settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(() => validator.said("L1 did not take a conviction").length > 0);
  expect(validator.said("L1 did not take a conviction")[0]).toMatchObject({
    reason: "BadSignature",
  });
  await l1.mineUntil(async () => (await l1.latest()).number === 1);
  const posted = (await spent(l1))[1] ?? 0;
  expect(await stakeOf(l1, offender)).toBeGreaterThan(0n);
  settlement.convict(contradict(world.deployment, { offender, view }));
  await l1.mineUntil(async () => (await stakeOf(l1, offender)) === 0n);
  expect((await spent(l1))[1]).toBeGreaterThan(posted);
});

async function stakeOf(l1: TestL1, validator: number): Promise<bigint> {
  const hub = await l1.contract("Hub", world.deployment.hub);
  const address = (await hub.getFunction("STAKE").staticCall()) as string;
  const stake = await l1.contract("Stake", address);
  const operator = devAccount(validator + 1).address;
  const [, amount] = (await stake.getFunction("operatorOf").staticCall(operator)) as [
    string,
    bigint,
  ];
  return amount;
}

async function spent(l1: TestL1): Promise<number[]> {
  const counts = await Promise.all([0, 1, 2, 3].map((index) => l1.pendingOf(index)));
  return counts.map((count) => count - before);
}
