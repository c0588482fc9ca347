import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { chainInbox, type L1Block, type L1Event, zeroHash } from "../../protocol/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { ContractFactory } from "ethers";
import { concatBytes } from "../../base/index.ts";
import { g1Uncompressed } from "../../crypto/index.ts";
import {
  bytes,
  committee,
  eventually,
  hexOf,
  root,
  type TestL1,
  type TestValidator,
  World,
} from "./settlement-l1.ts";

const world = new World();
/** By how much L1's finalized block is behind its newest here. */
const finality = 2;

beforeAll(() => world.build(), 300_000);
afterEach(() => world.clean());
afterAll(() => world.destroy());

test("subscriptions and payments are read once, in order, from the block after the start", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  await l1.mine(finality);
  await follow(l1, validator);
  expect(validator.blocks[0]?.number).toBe(world.deployment.l1Start + 1);
  const told = eventsOf(validator).filter((event) => event.type !== "prepared");
  expect(told.map(({ type, namespace }) => `${type} ${namespace}`)).toEqual([
    "subscribed 0",
    "funded 0",
    "subscribed 1",
    "funded 1",
  ]);
  const [subscribed, funded] = eventsOf(validator);
  expect(subscribed).toMatchObject({
    settlement: bytes(world.deployment.settlements[0] ?? ""),
    policy: { sealingRequired: true, classOrder: true, senderMayPay: false },
  });
  expect(funded).toMatchObject({ amount: 1_000_000_000_000 });
});

test("whom the hub was shown as the next committee is told, in the order of their seats", async () => {
  const l1 = await world.start();
  // One that posts would show it by itself, and be faster at times.
  const validator = l1.validator(0, { posting: undefined });
  await l1.passEpoch();
  const hub = await l1.contract("Hub", world.deployment.hub, 9);
  const keys = committee.members.map(({ publicKey }) => g1Uncompressed(publicKey) ?? publicKey);
  await l1.include(hub.getFunction("prepare").send(hexOf(concatBytes(...keys))));
  await l1.mine(finality);
  await follow(l1, validator);
  expect(eventsOf(validator).filter(({ type }) => type === "prepared")).toEqual([
    {
      type: "prepared",
      epoch: 1,
      candidates: committee.members.map(({ publicKey, networkKey }) => ({ publicKey, networkKey })),
    },
  ]);
});

test("a message is not told before it is final, and then with the hash that its Settlement has", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const lengths = [0, 1, 33, 32_768];
  await l1.include(
    ...lengths.map((length, i) => l1.enqueue(1, new Uint8Array(length).fill(7), 9 + i)),
  );
  await follow(l1, validator);
  expect(eventsOf(validator).filter(({ type }) => type === "inbox")).toEqual([]);
  await l1.mine(finality);
  await follow(l1, validator);
  const messages = eventsOf(validator).filter((event) => event.type === "inbox");
  expect(messages.map(({ index, namespace }) => [index, namespace])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  expect(messages.map(({ data }) => data.length).toSorted((a, b) => a - b)).toEqual(lengths);
  const chained = messages.map(({ messageHash }) => messageHash).reduce(chainInbox, zeroHash);
  const settlement = await l1.contract("Settlement", world.deployment.settlements[1] ?? "");
  expect(await settlement.getFunction("inboxHash").staticCall(4)).toBe(hexOf(chained));
});

test("who makes a registry of its own speaks for no rollup of ours", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const { hub } = world.deployment;
  const owner = devAccount(9).connect(l1.provider);
  let nonce = 0;
  const deploy = async (source: string, ...values: readonly unknown[]): Promise<string> => {
    const { abi, bytecode } = await readArtifact(root, source);
    const options = { nonce: nonce++, gasLimit: 5_000_000 };
    const factory = new ContractFactory([...abi], bytecode, owner);
    const contract = await factory.deploy(...values, options);
    await l1.mine();
    return contract.getAddress();
  };
  const rollups = await deploy("Rollups", hub);
  // Its id there is 0, as the id of our first rollup.
  const fake = await deploy("Settlement", hub, rollups, owner.address, 3, 7 * 24 * 3600);
  const settlement = await l1.contract("Settlement", fake, 9);
  expect(await settlement.getFunction("ID").staticCall()).toBe(0n);
  await settlement.getFunction("enqueue").send("0x1234", { nonce, gasLimit: 200_000 });
  await l1.mine(1 + finality);
  await follow(l1, validator);
  expect(eventsOf(validator)).toHaveLength(4);
});

test("many blocks at once come one by one, each as it is on L1", async () => {
  const l1 = await world.start();
  await l1.ask("anvil_mine", "0x64");
  await l1.include(l1.enqueue(0, new Uint8Array(1)));
  await l1.ask("anvil_mine", "0x14");
  const validator = l1.validator(0);
  await follow(l1, validator);
  await expectTruth(l1, validator.blocks);
  expect(validator.blocks.length).toBeGreaterThan(2 * 64);
  expect(eventsOf(validator).filter(({ type }) => type === "inbox")).toHaveLength(1);
});

test("a node that restarts goes on after the last block it has, with the rollups it knows", async () => {
  const l1 = await world.start();
  await l1.mine(finality);
  const old = l1.validator(0);
  await follow(l1, old);
  await old.settlement.close();
  await l1.include(l1.enqueue(1, new Uint8Array(3)));
  await l1.mine(finality);
  const last = old.blocks.at(-1);
  const settlements = new Map(
    world.deployment.settlements.map((address, id) => [id, bytes(address)]),
  );
  const from = { number: last?.number ?? 0, hash: last?.hash };
  const next = l1.validator(0, { from, settlements });
  await follow(l1, next);
  expect(next.blocks[0]?.number).toBe((last?.number ?? 0) + 1);
  expect(eventsOf(next)).toMatchObject([{ type: "inbox", namespace: 1, index: 0 }]);
});

test("a reorganisation above what is final is not even noticed", async () => {
  const l1 = await world.start();
  await l1.mine(4);
  const validator = l1.validator(0);
  await follow(l1, validator);
  await l1.include(l1.enqueue(0, new Uint8Array(1)));
  await l1.ask("anvil_reorg", 1, []);
  await l1.mine(3);
  await follow(l1, validator);
  await expectTruth(l1, validator.blocks);
  expect(eventsOf(validator).filter(({ type }) => type === "inbox")).toEqual([]);
  expect(validator.counts.has("l1_finality_violations_total")).toBe(false);
});

test("a final block that changes is reported once and never followed", async () => {
  const l1 = await world.start();
  await l1.mine(10);
  const validator = l1.validator(0);
  await follow(l1, validator);
  const last = validator.last;
  await l1.ask("anvil_reorg", 6, []);
  await l1.mine(8);
  await eventually(() => validator.counts.has("l1_finality_violations_total"));
  await l1.mine(2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(validator.last).toBe(last);
  expect(validator.counts.get("l1_finality_violations_total")).toBe(1);
  const errors = validator.logs.filter(({ level }) => level === "error");
  expect(errors).toHaveLength(1);
  expect(errors[0]?.phrase).toBe("a finalized L1 block has changed, reading no further");
});

test("another chain than that of genesis is named, and neither read nor posted to", async () => {
  const l1 = await world.start();
  await l1.mine(finality);
  const validator = l1.validator(0, { chainId: 1 });
  await eventually(() => validator.said("this is not the L1 of genesis").length === 2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const said = validator.said("this is not the L1 of genesis");
  expect(said.map(({ work }) => work)).toEqual(expect.arrayContaining(["reading", "posting"]));
  expect(said.map(({ code }) => code)).toEqual(["WRONG_CHAIN", "WRONG_CHAIN"]);
  expect(validator.blocks).toEqual([]);
  expect(validator.state).toBeUndefined();
  expect(validator.settlement.isUp).toBe(false);
});

test("an L1 without our Hub is named, and read all the same", async () => {
  const l1 = await world.start();
  await l1.mine(finality);
  const validator = l1.validator(0, { hub: new Uint8Array(20).fill(1) });
  await eventually(() => validator.said("this is not the L1 of genesis").length === 1);
  expect(validator.said("this is not the L1 of genesis")[0]).toMatchObject({ code: "NO_CONTRACT" });
  await follow(l1, validator);
  expect(eventsOf(validator)).toHaveLength(4);
});

function eventsOf({ blocks }: TestValidator): L1Event[] {
  return blocks.flatMap(({ events }) => events);
}

/** Waits until it has read what is final. */
async function follow(l1: TestL1, validator: TestValidator): Promise<void> {
  const finalized = await l1.provider.getBlock("finalized");
  await eventually(() => validator.last === finalized?.number);
}

async function expectTruth(l1: TestL1, blocks: readonly L1Block[]): Promise<void> {
  const start = world.deployment.l1Start + 1;
  expect(blocks.map(({ number }) => number)).toEqual(blocks.map((_, i) => start + i));
  const onL1 = await Promise.all(blocks.map(({ number }) => l1.provider.getBlock(number)));
  expect(blocks.map(({ hash }) => hexOf(hash))).toEqual(onL1.map((block) => block?.hash));
}
