// What users and owners can do on a real L1 without the sequencer: have a message executed, leave, and change the hub.
import { ContractFactory, type TransactionResponse } from "ethers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { g1Uncompressed } from "../../crypto/index.ts";
import { committeeHash, committeeHead, zeroHash } from "../../protocol/index.ts";
import { type Forced, inboxToExecute } from "../../sdk/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import {
  bytes,
  certify,
  committee,
  eventually,
  hexOf,
  root,
  type TestL1,
  World,
} from "./settlement-l1.ts";

const world = new World();
const day = 24 * 3600;

beforeAll(() => world.build(), 300_000);
afterEach(() => world.clean());
afterAll(() => world.destroy());

test("when the sequencer is gone a user's message is executed all the same, and then everyone may leave", async () => {
  const l1 = await world.start();
  const sequencer = l1.validator(0);
  sequencer.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(0)) === 1);
  await sequencer.settlement.close();

  await l1.include(l1.enqueue(0, utf8("pay me out")));
  expect(await refusal(l1, "force", 1)).toBe("NotOverdue");
  await l1.wait(day);
  await l1.include(send(l1, "force", 1));
  // As whoever follows the rollup executes it: behind the only batch there is.
  const forced = await forcedIn(l1);
  expect(forced).toEqual([{ batches: 1, from: 0, to: 1 }]);
  expect(inboxToExecute({ number: 2, inbox: [] }, forced).forced).toEqual([0]);

  expect(await refusal(l1, "escape")).toBe("EscapeTooEarly");
  await l1.wait(3 * day);
  await l1.include(send(l1, "escape"));
  const settlement = await l1.contract("Settlement", place(l1));
  expect(await settlement.getFunction("escapeActive").staticCall()).toBe(true);

  // Should it come back, it serves the others.
  const returned = l1.validator(0);
  returned.settlement.anchor(certify(world.deployment, 2));
  await l1.mineUntil(async () => (await l1.batches(1)) === 2);
  await eventually(() => returned.said("a rollup cannot be settled now").length > 0);
  expect(await l1.batches(0)).toBe(1);
});

test("a hub is replaced for the rollups that want another, once their users had time to leave", async () => {
  const l1 = await world.start();
  const old = l1.validator(0);
  old.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  const hub = await deployHub(l1);
  await l1.include(send(l1, "proposeHub", hub));
  await l1.wait(7 * day - 3_600);
  expect(await refusal(l1, "acceptHub")).toBe("TooEarly");
  await l1.wait(3_600);
  await l1.include(send(l1, "acceptHub"));

  // What the old one says no longer counts for this rollup.
  old.settlement.anchor(certify(world.deployment, 2));
  await l1.mineUntil(async () => (await l1.batches(1)) === 2);
  expect(await l1.batches(0)).toBe(1);
  await old.settlement.close();

  const deployment = { ...world.deployment, hub };
  const next = l1.validator(1, { hub: bytes(hub) });
  next.settlement.anchor(certify(deployment, 3));
  await l1.mineUntil(async () => (await l1.batches(0)) === 3);
  expect(await l1.batches(1)).toBe(2);
});

function place(l1: TestL1): string {
  return l1.world.deployment.settlements[0] ?? "";
}

/** To the first rollup's settlement, by its owner, without asking first. */
async function send(
  l1: TestL1,
  name: string,
  ...values: readonly unknown[]
): Promise<TransactionResponse> {
  const settlement = await l1.contract("Settlement", place(l1), 0);
  return settlement.getFunction(name).send(...values, { gasLimit: 200_000 });
}

/** The error that it would end in. */
async function refusal(
  l1: TestL1,
  name: string,
  ...values: readonly unknown[]
): Promise<string | undefined> {
  const settlement = await l1.contract("Settlement", place(l1), 0);
  try {
    await settlement.getFunction(name).staticCall(...values);
    return undefined;
  } catch (error) {
    return (error as { revert?: { name: string } }).revert?.name;
  }
}

async function forcedIn(l1: TestL1): Promise<Forced[]> {
  const settlement = await l1.contract("Settlement", place(l1));
  const event = settlement.interface.getEvent("Forced")?.topicHash ?? "";
  const filter = { address: place(l1), topics: [event], fromBlock: 0 };
  return (await l1.provider.getLogs(filter)).map((log) => {
    const args = settlement.interface.parseLog(log)?.args;
    const [batches = 0, from = 0, to = 0] = args?.toArray().map(Number) ?? [];
    return { batches, from, to };
  });
}

/** With the same committee and token. */
async function deployHub(l1: TestL1): Promise<string> {
  const keys = committee.members.map(({ publicKey }) => ({
    publicKey: g1Uncompressed(publicKey) ?? zeroHash,
    weight: 1,
  }));
  const { abi, bytecode } = await readArtifact(root, "Hub");
  const factory = new ContractFactory([...abi], bytecode, devAccount(0).connect(l1.provider));
  const spans = { epoch: day, firstEpoch: day, unbonding: 21 * day };
  const head = hexOf(committeeHash(committeeHead(keys) ?? zeroHash));
  const hub = await factory.deploy(head, world.deployment.token, 100_000_000n, spans);
  await l1.mine();
  return hub.getAddress();
}
