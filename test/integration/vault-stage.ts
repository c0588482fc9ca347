// A vault with its settlement and steps on a chain in this process, and a rollup that executes what their inbox says and what
// traders sign, batch after batch.

import type { Contract, Log } from "ethers";
import { Namespace, type RollupLeaf, rollupsRoot } from "../../protocol/index.ts";
import {
  type Account,
  Engine,
  type EngineBatch,
  genesisState,
  MarketId,
  type RollupParameters,
  type State,
  type SystemMessage,
} from "../../rollup/engine/index.ts";
import { type Action, actionsDigest, type RollupDomain } from "../../rollup/index.ts";
import {
  decodeVaultMessage,
  encodeSetMarket,
  type ExecutedBatch,
  Listeners,
  type RollupSource,
  toSignedList,
} from "../../rollup/node/index.ts";
import {
  attach,
  type Place,
  Proposer,
  Shadow,
  type SettlementEvent,
  VaultClient,
  Watcher,
} from "../../rollup/settlement/index.ts";
import {
  type DenseTree,
  encodeAccountLeaf,
  encodeGlobalsLeaf,
  encodeMarketLeaf,
  encodeMarketParameters,
  StateTrees,
} from "../../rollup/state/index.ts";
import { addressOf, keccak256, toHex, u64Bytes, utf8 } from "../../sdk/index.ts";
import { nativeSenderSignatures } from "../../sequencer/crypto/index.ts";
import {
  bytes,
  call,
  type Chain,
  checkpointOf,
  defined,
  hex,
  send,
  TestCommittee,
  totalsOf,
} from "../contracts/support/chain.ts";
import { limit, market, marketParameters, rollupParameters } from "../rollup/engine/world.ts";

export const otherMarket: MarketId = MarketId(8);
export const bond = 1_000_000_000n;
export const challengeWindow: number = 24 * 3600;
export const escapeDelay: number = 7 * 24 * 3600;
const rollupId = 0;
const minted = 10n ** 15n;

/** At rest and without gates of time: what a test waits for is L1 alone. */
const parameters: RollupParameters = {
  ...rollupParameters,
  withdrawalGateBatches: 0,
  anchorHardMs: 2 ** 32 - 1,
  anchorSoftMs: 2 ** 31,
};

export class VaultStage {
  readonly chain: Chain;
  readonly vault: Contract;
  readonly rollup: TestRollup;
  readonly events: SettlementEvent[] = [];
  readonly #contracts: { readonly hub: Contract; readonly settlement: Contract };
  readonly #committee: TestCommittee;
  #checkpoints = 0;

  private constructor(
    chain: Chain,
    parts: {
      readonly committee: TestCommittee;
      readonly hub: Contract;
      readonly settlement: Contract;
      readonly vault: Contract;
      readonly rollup: TestRollup;
    },
  ) {
    this.chain = chain;
    this.vault = parts.vault;
    this.rollup = parts.rollup;
    this.#committee = parts.committee;
    this.#contracts = parts;
  }

  /** Accounts: 0 owns and guards, 1 proposes, 2 lies, 3 watches, 4 holds the traders' tokens. */
  static async open(chain: Chain): Promise<VaultStage> {
    const { ethers } = chain;
    const committee = TestCommittee.ofEqual(1, 1);
    const hub = await chain.deployHub(committee);
    const settlement = await chain.deploySettlement(hub);
    const steps = await ethers.deployContract("Steps", [await settlement.getAddress()]);
    const genesis = genesisState(parameters);
    const genesisRoot = new StateTrees(rollupId, genesis, []).root;
    const signers = await ethers.getSigners();
    const terms = {
      owner: defined(signers[0]).address,
      guardian: defined(signers[0]).address,
      bond,
      challengeWindow,
      escapeDelay,
      timelock: 3600,
      outflowWindow: 3600,
      outflowMax: 10n ** 14n,
    };
    const messages = [market, otherMarket].map((id) => hex(encodeSetMarket(id, marketParameters)));
    const vault = await ethers.deployContract("Vault", [
      await settlement.getAddress(),
      await chain.token.getAddress(),
      await steps.getAddress(),
      hex(genesisRoot),
      terms,
      messages,
    ]);
    for (const signer of signers.slice(0, 5)) {
      await send(chain.token, "mint", signer.address, minted);
      const token = chain.token.connect(signer) as Contract;
      await send(token, "approve", await vault.getAddress(), minted);
    }
    const domain: RollupDomain = {
      chainId: chain.chainId,
      settlement: bytes(await settlement.getAddress()),
      rollupId,
    };
    const rollup = new TestRollup(domain, bytes(await vault.getAddress()));
    return new VaultStage(chain, { committee, hub, settlement, vault, rollup });
  }

  /** By a signer's number. */
  async client(account: number): Promise<VaultClient> {
    const signer = defined((await this.chain.ethers.getSigners())[account]);
    const vault = bytes(await this.vault.getAddress());
    return new VaultClient({ provider: this.chain.ethers.provider, vault, signer });
  }

  /** Who watches by a shadow that stands where the rollup does; a late one has not seen how it came there. */
  async watcher(
    account: number,
    { isGuardian = false, isLate = false }: { isGuardian?: boolean; isLate?: boolean } = {},
  ): Promise<{ readonly watcher: Watcher; readonly shadow: Shadow }> {
    const shadow = this.rollup.shadow(isLate);
    attach(this.rollup, shadow);
    const vault = await this.client(account);
    const report = (event: SettlementEvent): void => void this.events.push(event);
    const watcher = new Watcher({ vault, shadow, keccak: keccak256, isGuardian, report });
    return { watcher, shadow };
  }

  /** Proposes all that is settled with every round, as account 1. */
  async proposer(): Promise<{ readonly proposer: Proposer; readonly watcher: Watcher }> {
    const { watcher, shadow } = await this.watcher(1);
    const proposer = new Proposer({
      vault: await this.client(1),
      shadow,
      watcher,
      everyBatches: 1,
      everySeconds: 3_600,
      bytesMax: 100_000,
      now: () => 0,
      report: (event) => void this.events.push(event),
    });
    return { proposer, watcher };
  }

  async balance(account: number | Uint8Array): Promise<bigint> {
    const signer = (await this.chain.ethers.getSigners())[Number(account)];
    const address = typeof account === "number" ? signer?.address : hex(account);
    return call<bigint>(this.chain.token, "balanceOf", address);
  }

  async deposit(trader: number, tokens: number): Promise<number> {
    const client = await this.client(4);
    return client.deposit(addressOf(secretOf(trader)), 0, BigInt(tokens) * 1_000_000n);
  }

  /** A batch of the inbox's new messages, and of these lists. */
  async run(
    prices: readonly (readonly [MarketId, number])[],
    ...lists: readonly (readonly [number, ...Action[]])[]
  ): Promise<ExecutedBatch> {
    const { chain, rollup } = this;
    // Prices count when they are newer.
    await this.pass(1);
    const address = await this.#contracts.settlement.getAddress();
    const logs = await chain.ethers.provider.getLogs({ address, fromBlock: 0 });
    const now = defined((await chain.ethers.provider.getBlock("latest")) ?? undefined).timestamp;
    return rollup.run(logs.map((log) => this.#inboxOf(log)).filter(isMessage), {
      timeMs: now * 1_000,
      prices,
      lists,
    });
  }

  /** A checkpoint with all the batches there are, which has read all that they have. */
  async settle(): Promise<void> {
    const { hub, settlement } = this.#contracts;
    const { batches, inboxRead } = this.rollup;
    const inboxHash = bytes(await call<string>(settlement, "inboxHash", inboxRead));
    const leaf: RollupLeaf = {
      namespace: Namespace(rollupId),
      batches,
      inboxRead,
      spent: 0,
      earned: 0,
      batchesHash: keccak256(u64Bytes(batches)),
      inboxHash,
    };
    const number = ++this.#checkpoints;
    await this.chain.finalize(hub, this.#committee, checkpointOf(number, rollupsRoot([leaf])));
    await send(settlement, "settle", number, totalsOf(leaf), []);
  }

  /** Two trade with one another, and one withdraws. */
  async day(): Promise<void> {
    const price = [[market, 600_000] as const];
    await this.deposit(0, 1_000);
    await this.deposit(1, 1_000);
    await this.run(price);
    await this.run(price, [0, limit(true, 600_000, 20)], [1, limit(false, 600_000, 20)]);
    const to = addressOf(secretOf(0));
    await this.run(price, [0, { type: "withdraw", tokenAmount: units(100), to }]);
  }

  /** What those who leave bring along, of the state as it is now. */
  keepState(): KeptState {
    const { state, trees } = this.rollup;
    const placeOf = (tree: DenseTree, index: number): Place => ({
      index,
      count: tree.count,
      proof: tree.prove(index),
    });
    return {
      globals: encodeGlobalsLeaf(state.globals),
      markets: state.markets.map((each, i) => ({
        leaf: encodeMarketLeaf(each),
        parameters: encodeMarketParameters(each.parameters),
        place: placeOf(trees.markets, i),
      })),
      accounts: state.accounts.slice(2).map((account) => ({
        leaf: encodeAccountLeaf(account),
        owner: account.owner,
        place: placeOf(trees.accounts, account.id),
        worth: worthOf(state, account),
      })),
    };
  }

  /** Seconds. */
  async pass(seconds: number): Promise<void> {
    await this.chain.ethers.provider.send("evm_increaseTime", [seconds]);
    await this.chain.ethers.provider.send("evm_mine", []);
  }

  get settlement(): Contract {
    return this.#contracts.settlement;
  }

  #inboxOf(log: Log): Message | undefined {
    const event = this.#contracts.settlement.interface.parseLog(log);
    if (event?.name !== "InboxMessage") return undefined;
    const { sender, timestamp, data } = event.args;
    return {
      sender: bytes(String(sender)),
      timestamp: Number(timestamp),
      data: bytes(String(data)),
    };
  }
}

export interface KeptState {
  readonly globals: Uint8Array;
  readonly markets: readonly {
    readonly leaf: Uint8Array;
    readonly parameters: Uint8Array;
    readonly place: Place;
  }[];
  readonly accounts: readonly {
    readonly leaf: Uint8Array;
    readonly owner: Uint8Array;
    readonly place: Place;
    /** In quanta, at the marks. */
    readonly worth: bigint;
  }[];
}

/** By itself, from the state alone. */
function worthOf({ markets }: State, { cash, exposures }: Account): bigint {
  return exposures.reduce((sum, { market: id, lots, fundingIndex }) => {
    const of = defined(markets.find((each) => each.id === id));
    const perLot = BigInt(of.markTicks) * of.parameters.unit - of.fundingIndex + fundingIndex;
    return sum + BigInt(lots) * perLot;
  }, cash);
}

interface Message {
  readonly sender: Uint8Array;
  readonly timestamp: number;
  readonly data: Uint8Array;
}

function isMessage(message: Message | undefined): message is Message {
  return message !== undefined;
}

/** By trader, from 0: account 2 and on. */
export function secretOf(trader: number): Uint8Array {
  return keccak256(utf8(`secret of trader ${trader}`));
}

export class TestRollup implements RollupSource {
  readonly trees: StateTrees;
  readonly #engine = new Engine(genesisState(parameters));
  readonly #listeners = new Listeners();
  readonly #domain: RollupDomain;
  readonly #vault: Uint8Array;
  readonly #signatures = new Map<string, Uint8Array>();
  readonly #history: EngineBatch[] = [];
  #nonce = 0;
  #l1 = { timeMs: 0, batch: 0, anchoredMs: 0 };
  inboxRead = 0;
  last: ExecutedBatch | undefined;

  constructor(domain: RollupDomain, vault: Uint8Array) {
    this.#domain = domain;
    this.#vault = vault;
    this.trees = new StateTrees(rollupId, this.#engine.state, []);
  }

  get state(): State {
    return this.#engine.state;
  }

  get batches(): number {
    return this.state.globals.batch;
  }

  subscribe(listener: (executed: ExecutedBatch) => void): () => void {
    return this.#listeners.subscribe(listener);
  }

  shadow(isLate: boolean): Shadow {
    const signatureOf = ({ digest }: { readonly digest: Uint8Array }): Uint8Array | undefined =>
      this.#signatures.get(toHex(digest));
    const genesis = genesisState(parameters);
    const start = isLate
      ? { state: this.state, outbox: this.trees.outbox }
      : { state: genesis, outbox: new StateTrees(rollupId, genesis, []).outbox };
    const shadow = new Shadow(start, { rollupId, keccak: keccak256, signatureOf, batchesMax: 100 });
    if (!isLate) for (const batch of this.#history) shadow.follow(batch);
    return shadow;
  }

  run(
    inbox: readonly Message[],
    {
      timeMs,
      prices,
      lists,
    }: {
      readonly timeMs: number;
      readonly prices: readonly (readonly [MarketId, number])[];
      readonly lists: readonly (readonly [number, ...Action[]])[];
    },
  ): ExecutedBatch {
    const system = this.#system(inbox);
    for (const [id, priceTicks] of prices) {
      const reports = [0, 1, 2].map((reporter) => ({ reporter, priceTicks, confidencePpm: 100 }));
      system.push({ type: "oracle", market: id, publishTimeMs: timeMs, reports });
    }
    const batch: EngineBatch = {
      number: this.batches + 1,
      timeMs,
      seed: keccak256(u64Bytes(this.batches)),
      system,
      lists: lists.map(([trader, ...actions]) => this.#sign(trader, actions)),
    };
    const outcome = this.#engine.apply(batch);
    this.trees.apply(outcome);
    this.#history.push(batch);
    const { root } = this.trees;
    const blockHash = keccak256(root);
    this.last = {
      batch,
      outcome,
      root,
      height: batch.number,
      blockHash,
      l1Block: 0,
      transactions: [],
    };
    this.#listeners.tell(this.last);
    return this.last;
  }

  #sign(trader: number, actions: readonly Action[]): EngineBatch["lists"][number] {
    const list = {
      account: 2 + trader,
      key: 0,
      nonce: ++this.#nonce,
      validUntilMs: Number.MAX_SAFE_INTEGER,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions,
    };
    const digest = actionsDigest(this.#domain, list);
    this.#signatures.set(toHex(digest), nativeSenderSignatures.sign(secretOf(trader), digest));
    return toSignedList(list, { signer: addressOf(secretOf(trader)), digest });
  }

  /** What is new in the inbox, as a node reads it. */
  #system(inbox: readonly Message[]): SystemMessage[] {
    const system: SystemMessage[] = [];
    let { l1Index } = this.state.globals;
    for (const { sender, timestamp, data } of inbox.slice(this.inboxRead)) {
      if (toHex(sender) !== toHex(this.#vault)) continue;
      const said = decodeVaultMessage(data);
      this.#l1.timeMs = timestamp * 1_000;
      if (said?.type === "anchored")
        this.#l1 = { ...this.#l1, batch: said.batch, anchoredMs: this.#l1.timeMs };
      else if (said !== undefined) system.push({ ...said, l1Index: l1Index++ });
      if (this.#l1.anchoredMs === 0) this.#l1.anchoredMs = this.#l1.timeMs;
    }
    if (inbox.length > this.inboxRead) {
      const { timeMs: l1TimeMs, batch: anchoredBatch, anchoredMs: anchoredTimeMs } = this.#l1;
      system.push({ type: "l1-info", l1TimeMs, anchoredBatch, anchoredTimeMs });
    }
    this.inboxRead = inbox.length;
    return system;
  }
}

/** Of a token amount in whole units, in the smallest. */
export function units(tokens: number): bigint {
  return BigInt(tokens) * 1_000_000n;
}
