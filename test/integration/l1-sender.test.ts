// One transaction at a time, each once, on a real chain whose blocks come when the test says so.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Wallet } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { FileJournal, L1, type Outcome, type Plan, Sender } from "../../l1/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { eventually, type TestL1, World } from "./settlement-l1.ts";

const world = new World();
const account = devAccount(9);

let chain: TestL1;
let l1: L1;
let journal: FileJournal;

beforeAll(() => world.build(), 300_000);

beforeEach(async () => {
  chain = await world.start();
  const { hub, rollups } = world.deployment;
  l1 = await L1.connect({ rpcUrl: chain.url, chainId: 31_337, hub, rollups });
  const place = { chainId: 31_337, account: account.address };
  journal = new FileJournal(mkdtempSync(join(world.folder, "journal-")), place);
});

afterEach(async () => {
  l1.close();
  await world.clean();
});

afterAll(() => world.destroy());

test("what gets stuck is replaced by what offers more, and done once", async () => {
  const { done, outcomes } = carryOut({ replaceMs: 100 });
  await eventually(async () => (await waiting()).length === 1);
  const [first] = await waiting();
  await eventually(async () => {
    // Blocks that it is too cheap for, and its replacement is not.
    await chain.ask("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
    await chain.mine();
    return outcomes.length === 1;
  });
  await done;
  expect(outcomes[0]).toMatchObject({ status: "done", included: [{ what: "do nothing" }] });
  const [included] = outcomes[0]?.included ?? [];
  expect(included?.receipt.hash).not.toBe(first?.hash);
  expect(await chain.provider.getTransactionReceipt(first?.hash ?? "")).toBeNull();
  expect(await chain.provider.getTransactionCount(account.address)).toBe(1);
  expect(await journal.read()).toBeUndefined();
});

test("the journal has it before the chain, and forgets it after the report", async () => {
  const { done, outcomes } = carryOut({});
  await eventually(async () => (await waiting()).length === 1);
  const entry = await journal.read();
  expect(entry).toMatchObject({ intent: "test", isLast: true, nonce: 0 });
  expect(entry?.sent[0]?.hash).toBe((await waiting())[0]?.hash);
  await chain.mineUntil(() => outcomes.length === 1);
  await done;
});

test("a transaction whose nonce another one took is not waited for", async () => {
  const { done } = carryOut({});
  const ended = expect(done).rejects.toMatchObject({ code: "L1_NONCE_SPENT" });
  await eventually(async () => (await waiting()).length === 1);
  await account.connect(chain.provider).sendTransaction({
    to: account.address,
    nonce: 0,
    maxFeePerGas: 10n ** 12n,
    maxPriorityFeePerGas: 10n ** 11n,
  });
  await chain.mine();
  await ended;
  expect(await journal.read()).toBeUndefined();
});

test("what reverts after it was sent is said in the contract's words, and forgotten", async () => {
  const rollups = await chain.contract("Rollups", world.deployment.rollups);
  const token = await chain.contract("devnet/FeeToken", world.deployment.token);
  const all = 2n ** 53n - 1n - prepaid;
  await chain.ask("evm_setAutomine", true);
  for (const owner of [account, devAccount(0)]) {
    await (await token.getFunction("mint").send(owner.address, all)).wait();
    const own = await chain.contract(
      "devnet/FeeToken",
      world.deployment.token,
      owner === account ? 9 : 0,
    );
    await (await own.getFunction("approve").send(world.deployment.rollups, all)).wait();
  }
  await chain.ask("evm_setAutomine", false);
  const { data } = await rollups.getFunction("fund").populateTransaction(0, 1);
  const { done } = carryOut({ to: world.deployment.rollups, data });
  const ended = expect(done).rejects.toMatchObject({
    code: "L1_REFUSED",
    details: { error: "FundedTooMuch" },
  });
  await eventually(async () => (await waiting()).length === 1);
  // Somebody else is before it in the same block, after which there is no room.
  const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n, gasLimit: 200_000 };
  await rollups.getFunction("fund").send(0, all, fees);
  await chain.mine();
  await ended;
  expect(await journal.read()).toBeUndefined();
});

/** Of each rollup of the world. */
const prepaid = 1_000_000_000_000n;

interface Call {
  readonly to?: string;
  readonly data?: string;
  readonly replaceMs?: number;
}

/** By default what does nothing, to nobody. */
function carryOut({ to = account.address, data = "0x", replaceMs = 60_000 }: Call): {
  readonly done: Promise<void>;
  readonly outcomes: readonly Outcome[];
} {
  const outcomes: Outcome[] = [];
  const wallet = new Wallet(account.privateKey);
  const sender = new Sender({
    l1,
    wallet,
    journal,
    progress: () => undefined,
    pollMs: 20,
    replaceMs,
  });
  const steps = [{ what: "do nothing", to, data }];
  const plan = (): Promise<Plan> => Promise.resolve({ type: "steps", steps });
  const done = sender.carryOut({ intent: "test", plan }, (outcome) => void outcomes.push(outcome));
  return { done, outcomes };
}

interface Waiting {
  readonly hash: string;
  readonly nonce: string;
  readonly maxFeePerGas: string;
}

async function waiting(): Promise<Waiting[]> {
  const { pending, queued } = (await chain.ask("txpool_content")) as Readonly<
    Record<"pending" | "queued", Record<string, Record<string, Waiting>>>
  >;
  return [pending, queued].flatMap((part) =>
    Object.values(part).flatMap((byNonce) => Object.values(byNonce)),
  );
}
