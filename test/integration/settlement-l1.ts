// A real L1 with the contracts of a devnet, whose blocks come when the test says so, and validators that settle there.

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract, JsonRpcProvider, Network, type TransactionResponse } from "ethers";
import hre from "hardhat";
import { assert, fromHex, type Metrics, toHex, u64Bytes } from "../../base/index.ts";
import { g1Uncompressed, keccak256, nobleNetworkSignatures } from "../../crypto/index.ts";
import {
  type CertifiedCheckpoint,
  chainInbox,
  checkpointDigest,
  type Committee,
  committeeHead,
  contradiction,
  type ContradictionCall,
  Epoch,
  Height,
  type L1Block,
  Namespace,
  type RollupLeaf,
  rollupsRoot,
  settlementDomain,
  signedDigest,
  type SignedPayload,
  toContradictionCall,
  ValidatorIndex,
  zeroHash,
} from "../../protocol/index.ts";
import type { Anchorable } from "../../sequencer/anchoring.ts";
import { topics } from "../../sequencer/settlement/abi.ts";
import { anchorCall, settleItem } from "../../sequencer/settlement/calls.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import {
  createSettlement,
  type L1State,
  type Settlement,
  type SettlementOptions,
} from "../../sequencer/settlement/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { type Deployment, deployContracts } from "../../deploy/devnet/contracts.ts";
import { l1ChainId } from "../../deploy/devnet/l1.ts";
import { freePorts } from "../../deploy/devnet/ports.ts";
import { Processes, type RunningProcess } from "../../deploy/devnet/processes.ts";
import { until } from "../../deploy/devnet/until.ts";

export const root: string = join(import.meta.dirname, "..", "..");
export const seats = 4;
export const failoverMs = 150;

const epochLength = 24 * 3600;
const secrets = Array.from({ length: seats }, (_, seed) => secretOf(seed + 1));
const patienceMs = 20_000;

export const committee: Committee = {
  epoch: Epoch(0),
  members: secrets.map((secret) => ({
    publicKey: blstBls.publicKey(secret),
    networkKey: nobleNetworkSignatures.publicKey(secret),
    verificationKey: new Uint8Array(96),
  })),
  sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
};

/** The contracts, once; every L1 of a file begins with them. */
export class World {
  readonly folder: string = mkdtempSync(join(tmpdir(), "settlement-"));
  readonly processes: Processes = new Processes(join(this.folder, "logs"));
  readonly #open = new Set<TestL1>();
  #deployment: Deployment | undefined;
  #count = 0;

  async build(): Promise<void> {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
    const l1 = await this.#start("base");
    const addresses = secrets.map((_, index) => `/ip4/127.0.0.1/tcp/${9000 + index}`);
    const { provider } = l1;
    await l1.ask("evm_setAutomine", true);
    this.#deployment = await deployContracts({
      root,
      provider,
      committee,
      secrets,
      addresses,
      epochLength,
      firstEpochLength: epochLength,
    });
    await l1.stop("SIGTERM");
  }

  get deployment(): Deployment {
    assert(this.#deployment !== undefined, "the world is built first");
    return this.#deployment;
  }

  /** One of its own, with manual mining. */
  async start(): Promise<TestL1> {
    const name = `l1-${++this.#count}`;
    copyFileSync(join(this.folder, "base.json"), join(this.folder, `${name}.json`));
    return this.#start(name);
  }

  async #start(name: string): Promise<TestL1> {
    const [port = 0] = await freePorts(1);
    const state = join(this.folder, `${name}.json`);
    const l1 = new TestL1(this, { name, port, state });
    this.#open.add(l1);
    await l1.start();
    return l1;
  }

  /** After each test. */
  async clean(): Promise<void> {
    await Promise.all([...this.#open].map((l1) => l1.close()));
    this.#open.clear();
  }

  async destroy(): Promise<void> {
    await this.clean();
    await this.processes.stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly name: string;
  readonly port: number;
  readonly state: string;
}

export class TestL1 {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  readonly world: World;
  readonly #place: Place;
  readonly #validators: TestValidator[] = [];
  #process: RunningProcess | undefined;

  constructor(world: World, place: Place) {
    this.world = world;
    this.#place = place;
    this.url = `http://127.0.0.1:${place.port}`;
    const network = Network.from(l1ChainId);
    // Without the cache of answers: what is asked is what is so now.
    const options = { staticNetwork: network, cacheTimeout: -1, pollingInterval: 100 };
    this.provider = new JsonRpcProvider(this.url, network, options);
  }

  async start(): Promise<void> {
    const { name, port, state } = this.#place;
    const options = {
      host: "127.0.0.1",
      port,
      "chain-id": l1ChainId,
      hardfork: "osaka",
      accounts: 20,
      "slots-in-an-epoch": 1,
      state,
    };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    this.#process = await this.world.processes.start({
      name,
      file: join(root, "node_modules", ".bin", "anvil"),
      args: [...args, "--no-mining", "--enable-tx-gas-limit", "--silent"],
    });
    await eventually(() => this.ask("eth_chainId").then(Boolean, () => false));
  }

  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#process?.stop(signal);
    this.#process = undefined;
  }

  /** Stops it in the middle of what it does, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    assert(this.#process !== undefined, "it runs");
    process.kill(-this.#process.pid, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#validators.map((validator) => validator.settlement.close()));
    this.provider.destroy();
    if (this.#process !== undefined) this.signal("SIGCONT");
    await this.stop("SIGKILL");
  }

  async ask(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const response = await fetch(this.url, { method: "POST", headers, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  async mine(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) await this.ask("evm_mine");
  }

  /** Mines one that is an epoch's length after the newest, whose time may be ahead of the clock's. */
  async passEpoch(): Promise<void> {
    const newest = await this.provider.getBlock("latest");
    await this.ask("evm_setNextBlockTimestamp", (newest?.timestamp ?? 0) + epochLength);
    await this.mine();
  }

  /** Mines one so much later, seconds. */
  async wait(seconds: number): Promise<void> {
    await this.ask("evm_increaseTime", seconds);
    await this.mine();
  }

  /** Mines a block now and then until it is so. */
  async mineUntil(question: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(async () => {
      if (await question()) return true;
      await this.mine();
      return false;
    });
  }

  /** Blocks that transactions of the test itself are in. */
  async include(...sent: readonly Promise<TransactionResponse>[]): Promise<void> {
    const responses = await Promise.all(sent);
    await this.mine();
    await Promise.all(responses.map((each) => this.provider.getTransactionReceipt(each.hash)));
  }

  async contract(source: string, address: string, account = 0): Promise<Contract> {
    const { abi } = await readArtifact(root, source);
    return new Contract(address, [...abi], devAccount(account).connect(this.provider));
  }

  async enqueue(namespace: number, data: Uint8Array, account = 9): Promise<TransactionResponse> {
    const address = this.world.deployment.settlements[namespace] ?? "";
    const settlement = await this.contract("Settlement", address, account);
    return settlement.getFunction("enqueue").send(data);
  }

  /** Number of the Hub's last checkpoint, and how many it has had. */
  async latest(): Promise<{ readonly number: number; readonly count: number }> {
    const hub = await this.contract("Hub", this.world.deployment.hub);
    const latest = (await hub.getFunction("latest").staticCall()) as readonly bigint[];
    return { number: Number(latest[0]), count: Number(latest[2]) };
  }

  async batches(namespace: number): Promise<number> {
    const address = this.world.deployment.settlements[namespace] ?? "";
    const settlement = await this.contract("Settlement", address);
    const settled = (await settlement.getFunction("settled").staticCall()) as readonly bigint[];
    return Number(settled[0]);
  }

  /** The transactions that an account has had included, whether or not they did anything. */
  async transactionsOf(validator: number): Promise<number> {
    return this.provider.getTransactionCount(devAccount(validator + 1).address, "latest");
  }

  /** And those that wait. */
  async pendingOf(validator: number): Promise<number> {
    return this.provider.getTransactionCount(devAccount(validator + 1).address, "pending");
  }

  /** The transaction that settled a rollup last. */
  async settledBy(namespace: number): Promise<string | undefined> {
    const address = this.world.deployment.settlements[namespace] ?? "";
    const filter = { address, topics: [topics.settled], fromBlock: 0 };
    return (await this.provider.getLogs(filter)).at(-1)?.transactionHash;
  }

  validator(index: number, options: Partial<SettlementOptions> = {}): TestValidator {
    const validator = new TestValidator(this, index, options);
    this.#validators.push(validator);
    return validator;
  }
}

export class TestValidator {
  readonly blocks: L1Block[] = [];
  readonly logs: { level: string; phrase: string; data: Record<string, unknown> }[] = [];
  readonly counts: Map<string, number> = new Map();
  readonly gauges: Map<string, number> = new Map();
  readonly settlement: Settlement;
  state: L1State | undefined;

  constructor(l1: TestL1, index: number, options: Partial<SettlementOptions>) {
    const { deployment } = l1.world;
    const write =
      (level: string) =>
      (phrase: string, data: Record<string, unknown> = {}): void =>
        void this.logs.push({ level, phrase, data });
    const metrics: Metrics = {
      count: (name, _, by = 1) => void this.counts.set(name, (this.counts.get(name) ?? 0) + by),
      gauge: (name, value) => void this.gauges.set(name, value),
      observe: () => undefined,
    };
    this.settlement = createSettlement({
      rpcUrl: l1.url,
      chainId: l1ChainId,
      hub: bytes(deployment.hub),
      rollups: bytes(deployment.rollups),
      posting: {
        secretKey: bytes(devAccount(index + 1).privateKey),
        bundle: bytes(deployment.bundle),
        failoverMs,
      },
      place: { index, seats },
      start: deployment.l1Start,
      from: { number: deployment.l1Start, hash: undefined },
      settlements: new Map(),
      pollMs: 25,
      onBlock: (block) => void this.blocks.push(block),
      onState: (state) => {
        this.state = state;
      },
      logger: {
        debug: write("debug"),
        info: write("info"),
        warn: write("warn"),
        error: write("error"),
      },
      metrics,
      ...options,
    });
  }

  said(phrase: string): readonly Record<string, unknown>[] {
    return this.logs.filter((log) => log.phrase === phrase).map(({ data }) => data);
  }

  get last(): number {
    return this.blocks.at(-1)?.number ?? 0;
  }
}

/** As a stranger would, from account 9, without asking first whether it does anything. */
export async function anchorNow(
  l1: TestL1,
  { certified }: Anchorable,
  fees: object,
): Promise<void> {
  const keys = committee.members.map(({ publicKey }) => ({
    publicKey: g1Uncompressed(publicKey) ?? zeroHash,
    weight: 1,
  }));
  const data = anchorCall(certified, { keys, head: committeeHead(keys) ?? zeroHash }, undefined);
  const to = l1.world.deployment.hub;
  const stranger = devAccount(9).connect(l1.provider);
  await stranger.sendTransaction({ to, data, gasLimit: 500_000, ...fees });
}

/** As a stranger would, from account 9, without asking first whether it does anything. */
export async function settleNow(
  l1: TestL1,
  { leaves }: Anchorable,
  namespace: number,
  fees: object,
): Promise<void> {
  const leaf = leaves[namespace];
  const address = l1.world.deployment.settlements[namespace];
  assert(leaf !== undefined && address !== undefined, "there is such a rollup");
  const { totals, proof } = settleItem(leaf, leaves, address);
  const settlement = await l1.contract("Settlement", address, 9);
  const { count } = await l1.latest();
  await settlement.getFunction("settle").send(count, totals, proof, { gasLimit: 200_000, ...fees });
}

interface CertifyOptions {
  /** How many there are. */
  readonly rollups?: number;
  readonly batches?: number;
  /** What each has been charged. */
  readonly spent?: number;
  readonly signers?: readonly number[];
  readonly epoch?: number;
  /** In the last one of an epoch. */
  readonly next?: Uint8Array | undefined;
  /** Hashes of the messages read, by rollup. */
  readonly inbox?: ReadonlyMap<number, readonly Uint8Array[]>;
}

/** A checkpoint of two rollups with as many batches each, signed by the validators named. */
export function certify(
  deployment: Deployment,
  number: number,
  options: CertifyOptions = {},
): Anchorable {
  const { batches = number, signers = [0, 1, 2, 3], inbox } = options;
  const rollups = options.rollups ?? deployment.settlements.length;
  const leaves = Array.from({ length: rollups }, (_, namespace): RollupLeaf => {
    const hashes = inbox?.get(namespace) ?? [];
    return {
      namespace: Namespace(namespace),
      batches,
      inboxRead: hashes.length,
      spent: options.spent ?? 0,
      earned: 0,
      batchesHash: keccak256(u64Bytes(batches)),
      inboxHash: hashes.reduce(chainInbox, zeroHash),
    };
  });
  const checkpoint = {
    number,
    epoch: Epoch(options.epoch ?? 0),
    height: Height(number * 10),
    blockHash: keccak256(u64Bytes(number)),
    rollupsRoot: rollupsRoot(leaves),
    next: options.next ?? zeroHash,
  };
  const domain = settlementDomain({ chainId: l1ChainId, hub: bytes(deployment.hub) });
  const digest = checkpointDigest(domain, checkpoint);
  const signatures = signers.map((signer) => blstBls.sign(secrets[signer] ?? zeroHash, digest));
  const signature = blstBls.aggregateSignatures(signatures);
  assert(signature !== undefined, "signatures add up");
  const certified: CertifiedCheckpoint = {
    checkpoint,
    signers: signers.map(ValidatorIndex),
    signature,
  };
  return { certified, leaves, committee };
}

/** What a validator of epoch 0 signed twice: two blocks prepared in one view. */
export function contradict(
  { hub }: Deployment,
  options: { readonly offender: number; readonly view: number; readonly signer?: number },
): ContradictionCall {
  const { offender, view: slot, signer = offender } = options;
  const place = { epoch: Epoch(0), slot };
  const domain = settlementDomain({ chainId: l1ChainId, hub: bytes(hub) });
  const [first, second] = [1, 2].map((block): SignedPayload => {
    const payload = keccak256(u64Bytes(block));
    const digest = signedDigest({ ...place, domain, kind: "prepare", payload });
    const secret = secrets[signer] ?? zeroHash;
    return { kind: "prepare", payload, signature: blstBls.sign(secret, digest) };
  });
  assert(first !== undefined && second !== undefined, "a lie has two halves");
  const evidence = contradiction({ ...place, offender: ValidatorIndex(offender) }, [first, second]);
  assert(evidence.type === "statements", "votes are statements");
  const call = toContradictionCall(evidence, { committee, bls: blstBls });
  assert(call !== undefined, "keys and signatures are points");
  return call;
}

export async function eventually(question: () => boolean | Promise<boolean>): Promise<void> {
  const came = await until(question, { timeoutMs: patienceMs, everyMs: 50 });
  assert(came, `it did not come true: ${question.toString()}`);
}

export function bytes(hex: string): Uint8Array {
  const value = fromHex(hex);
  assert(value !== undefined, "hex");
  return value;
}

export function hexOf(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}

export function secretOf(seed: number): Uint8Array {
  const secret = keccak256(u64Bytes(seed));
  // Below the order of the group, whose first byte is 0x73.
  secret[0] = 0x1a;
  return secret;
}
