// From one committee to the next on L1: validators show the Hub who may follow, and carry the checkpoint that hands over.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { type Committee, Epoch, nextCommitteeHash, zeroHash } from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import {
  certify,
  committee,
  eventually,
  type TestL1,
  type TestValidator,
  World,
} from "./settlement-l1.ts";

const world = new World();
const before = 2;

beforeAll(() => world.build(), 300_000);
afterEach(() => world.clean());
afterAll(() => world.destroy());

test("whoever has the turn shows the hub the next committee, once the epoch is old enough", async () => {
  const l1 = await world.start();
  const validators = [0, 1, 2, 3].map((index) => l1.validator(index));
  await l1.mine(3);
  await eventually(() => validators.every(({ state }) => state?.preparableFrom !== undefined));
  expect(await spent(l1)).toEqual([0, 0, 0, 0]);

  await l1.passEpoch();
  await l1.mineUntil(async () => (await prepared(l1)) > 0);
  await l1.mineUntil(() => preparedIn(validators[3]).length > 0);
  expect(preparedIn(validators[3])).toEqual([
    committee.members.map(({ publicKey, networkKey }) => ({ publicKey, networkKey })),
  ]);
  await l1.mine(4);
  expect(await spent(l1)).toEqual([1, 0, 0, 0]);
});

test("for a validator that is dead the next one shows it", async () => {
  const l1 = await world.start();
  const next = l1.validator(1);
  await l1.passEpoch();
  await l1.mineUntil(async () => (await prepared(l1)) > 0);
  expect(preparedIn(next)).toEqual([]);
  expect((await spent(l1))[1]).toBe(1);
});

test("the last checkpoint of an epoch hands over, and those after it wait for it", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const deployment = world.deployment;
  validator.settlement.anchor(certify(deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await l1.passEpoch();
  await l1.mineUntil(async () => (await prepared(l1)) > 0);
  const next: Committee = { ...committee, epoch: Epoch(1) };
  const last = certify(deployment, 2, { next: nextCommitteeHash(next) });
  const after = certify(deployment, 3, { epoch: 1 });
  // By whatever way it heard of the later one first.
  validator.settlement.anchor({ ...after, committee: next });
  validator.settlement.anchor({ ...last, next });
  await l1.mineUntil(async () => (await l1.latest()).number === 3);
  expect(await l1.latest()).toEqual({ number: 3, count: 3 });
  await eventually(() => validator.state?.epoch === 1);
  await l1.mineUntil(async () => (await l1.batches(1)) === 3);
  // What hands over settles as well.
  await eventually(() => validator.said("checkpoint anchored").length === 3);
  expect(validator.said("checkpoint anchored").map(({ settles }) => settles)).toEqual([0, 2, 2]);
});

test("a committee that nobody prepared is not handed over to, and nothing is paid for it", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const next: Committee = { ...committee, epoch: Epoch(1), members: committee.members.slice(1) };
  const last = certify(world.deployment, 1, { next: nextCommitteeHash(next) });
  validator.settlement.anchor({ ...last, next });
  await eventually(() => validator.said("L1 did not take a transaction").length > 0);
  expect(validator.said("L1 did not take a transaction")[0]).toMatchObject({
    reason: "UnknownCommittee",
  });
  expect(await l1.pendingOf(0)).toBe(before);
});

test("where validators are reached is known of those who have registered", async () => {
  const l1 = await world.start();
  await l1.mine(3);
  const { settlement } = l1.validator(0);
  const stranger = { publicKey: blstBls.publicKey(new Uint8Array(32).fill(7)) };
  const noKey = { publicKey: new Uint8Array(48) };
  const [first, , third] = committee.members;
  const asked = [first, third, stranger, noKey].filter((each) => each !== undefined);
  expect([...(await settlement.addressesOf(asked))]).toEqual([
    [toHex(first?.networkKey ?? zeroHash), "/ip4/127.0.0.1/tcp/9000"],
    [toHex(third?.networkKey ?? zeroHash), "/ip4/127.0.0.1/tcp/9002"],
  ]);
  expect((await settlement.addressesOf([stranger])).size).toBe(0);
  expect((await settlement.addressesOf([])).size).toBe(0);
});

test("in another place another one has the turn", async () => {
  const l1 = await world.start();
  const validator = l1.validator(1);
  validator.settlement.enter({ index: 0, seats: 2 });
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(1)) === before + 1);
  await l1.mineUntil(async () => (await l1.latest()).number === 1);
});

/** When the Hub was last shown a committee for epoch 1, seconds. */
async function prepared(l1: TestL1): Promise<number> {
  const hub = await l1.contract("Hub", world.deployment.hub);
  return Number(await hub.getFunction("preparedAt").staticCall(1));
}

function preparedIn(validator: TestValidator | undefined): unknown[] {
  const events = (validator?.blocks ?? []).flatMap((block) => block.events);
  return events.flatMap((event) => (event.type === "prepared" ? [event.candidates] : []));
}

async function spent(l1: TestL1): Promise<number[]> {
  const counts = await Promise.all([0, 1, 2, 3].map((index) => l1.pendingOf(index)));
  return counts.map((count) => count - before);
}
