import type { Contract } from "ethers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { inboxMessageHash } from "../../protocol/index.ts";
import { hubAbi, topics } from "../../sequencer/settlement/abi.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import {
  anchorNow,
  certify,
  eventually,
  failoverMs,
  settleNow,
  type TestL1,
  type TestValidator,
  World,
} from "./settlement-l1.ts";

const world = new World();
/** Transactions of each validator before the test: it has approved and registered. */
const before = 2;
/** What is included before the others in a block. */
const first = { maxPriorityFeePerGas: 50_000_000_000n, maxFeePerGas: 60_000_000_000n };
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

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
  expect((await paid(l1)).toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
  await eventually(() => validators.every(({ state }) => state?.settled.get(1)?.batches === 1));
  for (const { state } of validators) {
    expect(state?.number).toBe(1);
    expect(state?.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(state?.settled.get(0)?.transaction).toBe(state?.settled.get(1)?.transaction);
  }
});

test("a node that posts nothing sees all the same what L1 holds", async () => {
  const l1 = await world.start();
  const poster = l1.validator(0);
  const reader = l1.validator(1, { posting: undefined });
  for (const { settlement } of [poster, reader]) settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(() => reader.state?.number === 1);
  expect(await paid(l1)).toEqual([1, 0, 0, 0]);
});

test("for a validator that is dead the next one posts, once time and blocks have gone by", async () => {
  const l1 = await world.start();
  const next = l1.validator(1);
  next.settlement.anchor(certify(world.deployment, 1));
  await pause(2 * failoverMs);
  // L1 stands still: who comes first could not have been included, so nobody pays for being the second.
  expect(await l1.pendingOf(1)).toBe(before);
  await l1.mineUntil(async () => (await l1.latest()).number === 1);
  expect((await paid(l1))[1]).toBeGreaterThanOrEqual(1);
});

test("who loses a race loses little, and goes on", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const anchorable = certify(world.deployment, 1);
  validator.settlement.anchor(anchorable);
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  await anchorNow(l1, anchorable, first);
  await l1.mine();
  expect(await l1.latest()).toEqual({ number: 1, count: 1 });
  await eventually(() => validator.counts.get("l1_transactions_failed_total") === 1);
  expect(validator.said("an L1 transaction did nothing")[0]?.["gas"]).toBeLessThan(60_000);
  validator.settlement.anchor(certify(world.deployment, 2));
  await l1.mineUntil(async () => (await l1.batches(1)) === 2);
  expect(await l1.latest()).toEqual({ number: 2, count: 2 });
});

test("what another has sent already is not sent again", async () => {
  const l1 = await world.start();
  const anchorable = certify(world.deployment, 1);
  await anchorNow(l1, anchorable, {});
  const validator = l1.validator(0);
  validator.settlement.anchor(anchorable);
  await eventually(() => validator.said("L1 did not take a transaction").length > 0);
  expect(validator.said("L1 did not take a transaction")[0]).toMatchObject({ reason: "Stale" });
  expect(await l1.pendingOf(0)).toBe(before);
  await l1.mine();
  await eventually(() => validator.state?.number === 1);
});

test("a later checkpoint stands for all before it", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  for (const number of [1, 3, 2, 5, 4])
    validator.settlement.anchor(certify(world.deployment, number));
  await l1.mineUntil(async () => (await l1.batches(1)) === 5);
  expect(await l1.latest()).toEqual({ number: 5, count: 1 });
});

test("a quorum is enough: one may be absent", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1, { signers: [0, 2, 3] }));
  await l1.mineUntil(async () => (await l1.latest()).number === 1);
});

test("a certificate that the Hub refuses costs nothing, and the next one goes through", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  const wrong = certify(world.deployment, 1);
  const other = certify(world.deployment, 2);
  const certified = { ...wrong.certified, signature: other.certified.signature };
  validator.settlement.anchor({ ...wrong, certified });
  await eventually(() => validator.said("L1 did not take a transaction").length > 0);
  expect(validator.said("L1 did not take a transaction")[0]).toMatchObject({
    type: "anchor",
    reason: "BadSignature",
  });
  expect(await l1.pendingOf(0)).toBe(before);
  validator.settlement.anchor(certify(world.deployment, 3));
  await l1.mineUntil(async () => (await l1.latest()).number === 3);
});

test("the inbox that a checkpoint has read is settled with it", async () => {
  const l1 = await world.start();
  await l1.include(l1.enqueue(1, utf8("deposit")));
  const validator = l1.validator(0);
  await l1.mineUntil(() => validator.blocks.some(({ events }) => events.some(isInbox)));
  const message = validator.blocks.flatMap(({ events }) => events).find(isInbox);
  const inbox = new Map([[1, message === undefined ? [] : [inboxMessageHash(message)]]]);
  validator.settlement.anchor(certify(world.deployment, 1, { inbox }));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
});

test("a rollup that somebody else settles first does not hold up the rest", async () => {
  const l1 = await world.start();
  const anchorable = certify(world.deployment, 1);
  await anchorNow(l1, anchorable, {});
  await l1.mine();
  // After the first checkpoint it is this one's turn to settle.
  const validator = l1.validator(2);
  validator.settlement.anchor(anchorable);
  await eventually(async () => (await l1.pendingOf(2)) === before + 1);
  // In the same block as the bundle, and before it.
  await settleNow(l1, anchorable, 0, first);
  await l1.mine();
  expect([await l1.batches(0), await l1.batches(1)]).toEqual([1, 1]);
  const [manual, bundled] = await Promise.all([0, 1].map((id) => l1.settledBy(id)));
  expect(manual).not.toEqual(bundled);
});

test("rollups whose settlements are none cost nothing and stop nobody", async () => {
  const l1 = await world.start();
  const { deployment } = world;
  const rollups = await l1.contract("Rollups", deployment.rollups, 9);
  const settlements = [devAccount(8).address, deployment.token, deployment.hub];
  const nonce = await l1.provider.getTransactionCount(devAccount(9).address);
  for (const [i, settlement] of settlements.entries())
    await subscribe(rollups, settlement, nonce + i);
  await l1.mine();
  const validator = l1.validator(0);
  await l1.mineUntil(() => validator.blocks.flatMap(({ events }) => events).length >= 7);
  validator.settlement.anchor(certify(deployment, 1, { rollups: 5 }));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  const spent = await l1.transactionsOf(0);
  await l1.mine(3);
  await pause(200);
  expect(await l1.pendingOf(0)).toBe(spent);
  expect(spent).toBe(before + 2);
});

test("what has been settled before is settled and collected together with its checkpoint", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  const spent = await l1.transactionsOf(0);
  const token = await l1.contract("devnet/FeeToken", world.deployment.token);
  const balance = async (): Promise<bigint> =>
    (await token.getFunction("balanceOf").staticCall(devAccount(1).address)) as bigint;
  const owned = await balance();

  validator.settlement.anchor(certify(world.deployment, 2, { spent: 5_000_000 }));
  await l1.mineUntil(async () => (await l1.latest()).number === 2);
  expect([await l1.batches(0), await l1.batches(1)]).toEqual([2, 2]);
  // A tenth of what two rollups have spent.
  expect((await balance()) - owned).toBe(1_000_000n);
  await eventually(() => validator.said("checkpoint anchored").length === 2);
  expect(validator.said("checkpoint anchored")[1]).toMatchObject({ settles: 2, collects: 2 });

  // Too little has come since to be worth its gas.
  validator.settlement.anchor(certify(world.deployment, 3, { spent: 5_000_100 }));
  await l1.mineUntil(async () => (await l1.batches(1)) === 3);
  await l1.mine(3);
  await eventually(() => validator.said("checkpoint anchored").length === 3);
  expect(validator.said("checkpoint anchored")[2]).toMatchObject({ settles: 2, collects: 0 });
  expect(await l1.transactionsOf(0)).toBe(spent + 2);
});

test("a rollup that cannot be settled stops neither the checkpoint nor the others", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await l1.include(l1.enqueue(1, utf8("unread")));
  await l1.wait(24 * 3600);

  validator.settlement.anchor(certify(world.deployment, 2));
  await l1.mineUntil(async () => (await l1.batches(0)) === 2);
  expect(await l1.batches(1)).toBe(1);
  await eventually(() => validator.said("a rollup cannot be settled now").length > 0);
  // The next time it is known beforehand.
  validator.settlement.anchor(certify(world.deployment, 3));
  await l1.mineUntil(async () => (await l1.batches(0)) === 3);
  await eventually(() => validator.said("checkpoint anchored").length === 3);
  const posts = validator.said("checkpoint anchored").map(({ settles }) => settles);
  expect(posts).toEqual([0, 0, 1]);
});

test("settling is not put off for ever while checkpoints come faster than L1 takes them", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  let number = 0;
  await l1.mineUntil(async () => {
    validator.settlement.anchor(certify(world.deployment, ++number));
    return (await l1.batches(0)) > 0;
  });
  expect((await l1.latest()).number).toBeLessThan(number);
});

test("what a reorganisation takes back is posted again, once", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  const from = await l1.provider.getBlockNumber();
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  const depth = (await l1.provider.getBlockNumber()) - from;
  const carrier = validator.state?.transaction;
  await l1.ask("anvil_reorg", depth, []);
  expect(await l1.latest()).toEqual({ number: 0, count: 0 });

  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await l1.mine(2);
  expect(await l1.latest()).toEqual({ number: 1, count: 1 });
  expect(await finalized(l1)).toHaveLength(1);
  expect((await paid(l1))[0]).toBe(2);
  await eventually(async () => validator.state?.transaction === (await finalized(l1))[0]);
  expect(validator.state?.transaction).not.toBe(carrier);
});

test("a transaction that offers too little by now is replaced at its nonce, and included once", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  for (let i = 0; i < 4; i++) {
    await l1.ask("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
    await l1.mine();
  }
  expect((await l1.latest()).number).toBe(0);
  await eventually(async () => {
    await l1.ask("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
    await l1.mine();
    return (await l1.latest()).number === 1;
  });
  expect(await finalized(l1)).toHaveLength(1);
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  expect((await paid(l1))[0]).toBe(2);
});

test("while L1 makes no blocks fees are not raised and nothing piles up", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  const fees = await pendingFees(l1);
  await pause(6 * failoverMs);
  expect(await pendingFees(l1)).toEqual(fees);
  await l1.mine();
  expect((await l1.latest()).number).toBe(1);
});

test("a node that restarts while its transaction waits goes on at the same nonce", async () => {
  const l1 = await world.start();
  const old = l1.validator(0);
  old.settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  await old.settlement.close();
  const same = l1.validator(0);
  same.settlement.anchor(certify(world.deployment, 1));
  const waiting = await pendingHashes(l1);
  await eventually(() => same.said("L1 did not take a transaction").length > 0);
  expect(await pendingHashes(l1)).toEqual(waiting);
  await same.settlement.close();
  // With something newer, the transaction that it knows nothing of has to be outbid.
  const newer = l1.validator(0);
  newer.settlement.anchor(certify(world.deployment, 2));
  await eventually(async () => {
    const [hash] = await pendingHashes(l1);
    const waiting = await l1.provider.getTransaction(hash ?? "");
    return hubAbi.parseTransaction({ data: waiting?.data ?? "0x" })?.args[0][0] === 2n;
  });
  await l1.mine();
  expect(await l1.latest()).toEqual({ number: 2, count: 1 });
});

test("closing is prompt while a transaction waits", async () => {
  const l1 = await world.start();
  const { settlement } = l1.validator(0);
  settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(0)) === before + 1);
  const start = performance.now();
  await settlement.close();
  expect(performance.now() - start).toBeLessThan(1_000);
});

const isInbox = (
  event: TestValidator["blocks"][number]["events"][number],
): event is Extract<typeof event, { type: "inbox" }> => event.type === "inbox";

async function paid(l1: TestL1): Promise<number[]> {
  const spent = await Promise.all([0, 1, 2, 3].map((index) => l1.transactionsOf(index)));
  return spent.map((each) => each - before);
}

/** The transactions that have made a checkpoint final on the chain as it is. */
async function finalized(l1: TestL1): Promise<string[]> {
  const filter = { address: world.deployment.hub, topics: [topics.finalized], fromBlock: 0 };
  return (await l1.provider.getLogs(filter)).map(({ transactionHash }) => transactionHash);
}

interface Pool {
  readonly pending: Record<string, Record<string, { maxFeePerGas: string; hash: string }>>;
}

async function pool(l1: TestL1): Promise<{ maxFeePerGas: string; hash: string }[]> {
  const { pending } = (await l1.ask("txpool_content")) as Pool;
  return Object.values(pending).flatMap((byNonce) => Object.values(byNonce));
}

async function pendingFees(l1: TestL1): Promise<string[]> {
  return (await pool(l1)).map(({ maxFeePerGas }) => maxFeePerGas);
}

async function pendingHashes(l1: TestL1): Promise<string[]> {
  return (await pool(l1)).map(({ hash }) => hash);
}

async function subscribe(rollups: Contract, settlement: string, nonce: number): Promise<void> {
  const owner = devAccount(9).address;
  await rollups.getFunction("subscribe").send(settlement, owner, 0, { nonce, gasLimit: 200_000 });
}
