// What validators and rollups do on the L1, by the program itself against a real chain.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Wallet } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { toHex } from "../../base/index.ts";
import { toGenesisJson } from "../../protocol/index.ts";
import { writeKeyFile } from "../../keystore/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { genesis } from "../sdk/chain.ts";
import { bytes, root, secretOf, type TestL1, World } from "./settlement-l1.ts";

// Each command is a process, and a busy machine takes seconds to start one.
vi.setConfig({ testTimeout: 180_000 });

const world = new World();
/** Who deployed, and may mint. */
const deployer = devAccount(0);
const stranger = devAccount(9);
const staked = 100_000_000n;

let l1: TestL1;
let network: string;
let count = 0;

interface Answer {
  readonly status?: string;
  readonly because?: string;
  readonly transactions?: readonly { readonly what: string; readonly hash: string }[];
  readonly events?: readonly Readonly<Record<string, string>>[];
  readonly steps?: readonly { readonly what: string; readonly to: string; readonly gas: number }[];
  readonly error?: { readonly code: string; readonly message: string; readonly details?: object };
  readonly [name: string]: unknown;
}

beforeAll(async () => {
  await world.build();
  const { hub, rollups } = world.deployment;
  const own = {
    ...genesis,
    chainId: 31_337,
    contracts: { hub: bytes(hub), rollups: bytes(rollups) },
  };
  writeFileSync(join(world.folder, "genesis.json"), JSON.stringify(toGenesisJson(own)));
  writeFileSync(join(world.folder, "password"), "correct horse\n");
  const password = { file: join(world.folder, "password") };
  const write = (name: string, type: "validator" | "network", seed: number): Promise<void> =>
    writeKeyFile(join(world.folder, name), { type, secret: secretOf(seed) }, password, "pbkdf2");
  await write("validator.json", "validator", 77);
  await write("network.json", "network", 78);
}, 300_000);

beforeEach(async () => {
  l1 = await world.start();
  await l1.ask("evm_setAutomine", true);
  network = `--genesis ${world.folder}/genesis.json --rpc-url ${l1.url}`;
  const token = await l1.contract("devnet/FeeToken", world.deployment.token);
  await (await token.getFunction("mint").send(stranger.address, 1_000n * staked)).wait();
  count++;
});

afterEach(() => world.clean());
afterAll(() => world.destroy());

test("a validator registers, adds to its stake and leaves, and hears when it asks twice", async () => {
  const keys = `--keystore ${world.folder}/validator.json --keystore-password file:${world.folder}/password --network-keystore ${world.folder}/network.json --address /ip4/127.0.0.1/tcp/9100`;
  const rehearsed = await run(`validator register --amount 100 ${keys} --dry-run`);
  expect(rehearsed).toMatchObject({ code: 0, err: "" });
  expect(rehearsed.answer.steps?.map(({ what }) => what)).toEqual([
    "approve the payment",
    "register and stake",
  ]);
  expect(rehearsed.answer.steps?.every(({ gas }) => gas > 20_000)).toBe(true);
  expect(await sentBy(stranger)).toBe(0);

  const registered = await run(`validator register --amount 100 ${keys}`);
  expect(registered.answer).toMatchObject({ status: "done", account: stranger.address });
  expect(registered.answer.events?.[0]).toMatchObject({
    event: "Registered",
    operator: stranger.address,
    multiaddr: "/ip4/127.0.0.1/tcp/9100",
    amount: String(staked),
  });
  expect(await sentBy(stranger)).toBe(2);
  const again = await run(`validator register --amount 100 ${keys}`);
  expect(again.answer).toMatchObject({ status: "already" });
  expect(await sentBy(stranger)).toBe(2);

  const more = await run("validator stake --amount 0.5");
  expect(more.answer.events?.[0]).toMatchObject({ event: "StakeAdded", total: "100500000" });
  const status = await run(`validator status --operator ${stranger.address}`);
  expect(status.answer).toMatchObject({ stake: "100500000", isActive: true, active: 5, epoch: 0 });

  expect((await run("validator claim")).answer).toMatchObject({ status: "already" });
  const early = await run("validator withdraw");
  expect(early).toMatchObject({ code: 1, answer: { error: { code: "L1_REFUSED" } } });
  expect(early.answer.error?.message).toContain("exit first");
  expect((await run("validator exit")).answer).toMatchObject({ status: "done" });
  expect((await run("validator exit")).answer).toMatchObject({ status: "already" });
  const bonded = await run("validator withdraw");
  expect(bonded.answer.error).toMatchObject({
    code: "L1_REFUSED",
    details: { error: "StillBonded" },
  });
});

test("somebody stakes on a validator that takes no more than it may, and takes it back", async () => {
  const operator = devAccount(1).address;
  const set = await run("validator commission --commission 300", {
    key: devAccount(1).privateKey,
  });
  expect(set.answer.events?.[0]).toMatchObject({ event: "CommissionSet", commission: "300" });
  const dear = await run(
    `validator delegate --operator ${operator} --amount 5 --commission-most 200`,
  );
  expect(dear.answer.error).toMatchObject({ details: { error: "CommissionTooHigh" } });
  const done = await run(
    `validator delegate --operator ${operator} --amount 5 --commission-most 300`,
  );
  expect(done.answer.events?.[0]).toMatchObject({ event: "Delegated", amount: "5000000" });
  const status = `validator status --operator ${operator} --delegator ${stranger.address}`;
  expect((await run(status)).answer).toMatchObject({
    delegated: "5000000",
    commission: 300,
    staying: "5000000",
  });
  const back = await run(`validator undelegate --operator ${operator} --amount 2`);
  expect(back.answer.events?.[0]).toMatchObject({ event: "Undelegated", amount: "2000000" });
  expect((await run(status)).answer).toMatchObject({ staying: "3000000", leaving: "2000000" });
  const early = await run(`validator withdraw-delegation --operator ${operator}`);
  expect(early.answer.error).toMatchObject({ details: { error: "StillBonded" } });
  const most = await run(`validator undelegate --operator ${operator} --amount 4`);
  expect(most.answer.error?.message).toContain("no more than 3000000 is delegated");
});

test("a registration is signed where the keys are, and sent from where the wallet is", async () => {
  const file = join(world.folder, `registration-${count}.json`);
  const prepared = await run(
    `validator prepare-registration --genesis ${world.folder}/genesis.json --operator ${stranger.address} --keystore ${world.folder}/validator.json --keystore-password file:${world.folder}/password --network-keystore ${world.folder}/network.json --address /dns4/a.example/tcp/9000 --out ${file}`,
    "bare",
  );
  expect(prepared).toMatchObject({ code: 0, answer: { operator: stranger.address } });
  expect(readFileSync(file, "utf8")).not.toContain(toHex(secretOf(77)));
  const other = await run(`validator register --amount 100 --registration ${file}`, {
    key: devAccount(10).privateKey,
  });
  expect(other.answer.error).toMatchObject({ code: "BAD_REGISTRATION" });
  expect(other.answer.error?.message).toContain("operator");

  // The wallet's key from an encrypted file.
  const wallet = join(world.folder, `wallet-${count}.json`);
  writeFileSync(wallet, new Wallet(stranger.privateKey).encryptSync("horse"));
  writeFileSync(`${wallet}.password`, "horse\n");
  const sent = await run(
    `validator register --amount 100 --registration ${file} --key keystore:${wallet} --password file:${wallet}.password`,
    { key: undefined },
  );
  expect(sent.answer).toMatchObject({ status: "done", account: stranger.address });
});

test("a rollup subscribes with a settlement of its own, and is funded", async () => {
  const created = await run("rollup create --policy sealed-only,class-order");
  expect(created.answer).toMatchObject({ status: "done" });
  expect(created.answer.events?.[0]).toMatchObject({ event: "Subscribed", id: "2", policy: "3" });
  const funded = await run("rollup fund --id 2 --amount 12.25");
  expect(funded.answer.events?.[0]).toMatchObject({ event: "Funded", amount: "12250000" });
  const status = await run("rollup status --id 2");
  expect(status.answer).toMatchObject({
    owner: stranger.address,
    policy: "sealed-only,class-order",
    funded: "12250000",
    batches: 0,
    inbox: 0,
  });
  expect((await run("rollup policy --id 2 --policy none")).answer.events?.[0]).toMatchObject({
    event: "PolicySet",
    policy: "0",
  });
  expect((await run("rollup policy --id 2 --policy none")).answer.status).toBe("already");
  expect((await run("rollup reserve --id 2 --fee-per-byte 3")).answer.status).toBe("done");
  const treasury = devAccount(11).address;
  expect((await run(`rollup treasury --id 2 --treasury ${treasury}`)).answer.status).toBe("done");
  const notOurs = await run("rollup reserve --id 0 --fee-per-byte 3");
  expect(notOurs.answer.error).toMatchObject({ details: { error: "NotOwner" } });
  const left = await run("rollup leave --id 2");
  expect(left.answer.events?.[0]).toMatchObject({ event: "Left", id: "2" });
  expect((await run("rollup leave --id 2")).answer.status).toBe("already");
  const early = await run("rollup withdraw --id 2");
  expect(early.answer.error).toMatchObject({ details: { error: "NothingToWithdraw" } });
  await l1.ask("evm_increaseTime", 8 * 24 * 3600);
  await l1.mine();
  expect((await run("rollup withdraw --id 2")).answer.events?.[0]).toMatchObject({
    event: "Withdrawn",
    treasury,
    amount: "12250000",
  });
  expect((await run("rollup status --id 2")).answer).toMatchObject({ reserve: 3, treasury });
  const unknown = await run("rollup fund --id 9 --amount 1");
  expect(unknown.answer.error?.message).toContain("nobody has subscribed under id 9");
  const brought = await run(`rollup create --policy none --settlement ${deployer.address}`);
  expect(brought.answer.events?.[0]).toMatchObject({ id: "3", settlement: deployer.address });
});

test("a call that dies while its transaction waits is taken up by the next one, and nothing is paid twice", async () => {
  await l1.ask("evm_setAutomine", false);
  const call = "rollup fund --id 0 --amount 7";
  const first = start(call);
  // The approval, and then the payment itself.
  await l1.mineUntil(async () => (await sentBy(stranger)) === 1);
  await vi.waitUntil(async () => (await pendingBy(stranger)) === 2, { timeout: 60_000 });
  first.kill("SIGKILL");
  await once(first, "close");
  const second = run(call);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await l1.mineUntil(async () => (await sentBy(stranger)) === 2);
  const { answer, err } = await second;
  expect(answer).toMatchObject({ status: "resumed" });
  expect(err).toContain("an earlier call has sent a transaction");
  expect((await funded(0)) - prepaid).toBe(7_000_000n);
  await l1.ask("evm_setAutomine", true);
  // Asked once more it is another payment.
  expect((await run(call)).answer).toMatchObject({ status: "done" });
  expect((await funded(0)) - prepaid).toBe(14_000_000n);
});

test("a transaction that the L1 never heard of is sent as it was signed", async () => {
  await run("rollup fund --id 0 --amount 1");
  await l1.ask("evm_setAutomine", false);
  const call = "rollup fund --id 1 --amount 2";
  const first = start(call);
  await vi.waitUntil(async () => (await pendingBy(stranger)) === 3, { timeout: 60_000 });
  first.kill("SIGKILL");
  await once(first, "close");
  const { pending } = (await l1.ask("txpool_content")) as {
    readonly pending: Record<string, Record<string, { readonly hash: string }>>;
  };
  const [waiting] = Object.values(pending).flatMap((byNonce) => Object.values(byNonce));
  await l1.ask("anvil_dropTransaction", waiting?.hash);
  await l1.ask("evm_setAutomine", true);
  const { answer } = await run(call);
  expect(answer).toMatchObject({ status: "done" });
  expect(await l1.provider.getTransactionReceipt(waiting?.hash ?? "")).not.toBeNull();
  expect((await funded(1)) - prepaid).toBe(2_000_000n);
});

test("another chain, an L1 without our contracts, and an L1 that is away are told apart", async () => {
  const other = { ...genesis, chainId: 1 };
  const path = join(world.folder, "other.json");
  writeFileSync(path, JSON.stringify(toGenesisJson(other)));
  const wrong = await run(`rollup status --id 0 --genesis ${path}`);
  expect(wrong).toMatchObject({ code: 1, answer: { error: { code: "WRONG_CHAIN" } } });
  writeFileSync(path, JSON.stringify(toGenesisJson({ ...genesis, chainId: 31_337 })));
  const empty = await run(`rollup status --id 0 --genesis ${path}`);
  expect(empty.answer.error).toMatchObject({ code: "NO_CONTRACT" });
  const away = await run("rollup status --id 0 --rpc-url http://127.0.0.1:9");
  expect(away.answer.error).toMatchObject({ code: "L1_UNREACHABLE" });
});

test("what cannot be paid is said before anything is sent", async () => {
  const poor = await run("rollup fund --id 0 --amount 999999999");
  expect(poor.answer.error).toMatchObject({ code: "TOO_LITTLE_TOKEN" });
  const fine = await run("rollup fund --id 0 --amount 0.0000001");
  expect(fine.answer.error).toMatchObject({ code: "BAD_AMOUNT" });
  expect(await sentBy(stranger)).toBe(0);
});

const prepaid = 1_000_000_000_000n;

async function funded(id: number): Promise<bigint> {
  const rollups = await l1.contract("Rollups", world.deployment.rollups);
  const rollup = (await rollups.getFunction("rollupOf").staticCall(id)) as readonly bigint[];
  return rollup[3] ?? 0n;
}

async function sentBy({ address }: { readonly address: string }): Promise<number> {
  return l1.provider.getTransactionCount(address, "latest");
}

async function pendingBy({ address }: { readonly address: string }): Promise<number> {
  return l1.provider.getTransactionCount(address, "pending");
}

interface Ended {
  readonly code: number | null;
  readonly answer: Answer;
  readonly err: string;
}

type How = "bare" | { readonly key: string | undefined };

/** To its end; the answer is that of success or the error. */
async function run(line: string, how: How = { key: stranger.privateKey }): Promise<Ended> {
  const child = start(line, how);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const text = code === 0 ? out : (err.trim().split("\n").at(-1) ?? "");
  return { code, answer: JSON.parse(text) as Answer, err };
}

function start(
  line: string,
  how: How = { key: stranger.privateKey },
): ReturnType<typeof spawnNode> {
  const [group = "", verb = "", ...rest] = line.split(" ");
  const isQuery = verb === "status";
  const key = how === "bare" ? undefined : how.key;
  const own = how === "bare" ? [] : network.split(" ");
  const sending =
    how === "bare" || isQuery ? [] : ["--journal", join(world.folder, `journal-${count}`)];
  const paying = key === undefined || isQuery ? [] : ["--key", "env:L1_KEY"];
  // What the test names comes last, and wins.
  const args = [verb, ...own, ...sending, ...paying, ...rest, "--json"];
  return spawnNode([`cli/${group}.ts`, ...args], key);
}

function spawnNode(args: readonly string[], key: string | undefined) {
  const env = { ...process.env, ...(key === undefined ? {} : { L1_KEY: key }) };
  return spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
}
