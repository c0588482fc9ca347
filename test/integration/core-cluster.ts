// A committee of cores in one process: real cryptography, a real executor and store, a bus in place of the network,
// and simulated time, so that a minute takes as long as its signatures.

import { equalBytes, type Store } from "../../base/index.ts";
import { type SealingGroup, sha256 } from "../../crypto/index.ts";
import type { RoundJob } from "../../epoch/index.ts";
import {
  type Candidate,
  type Committee,
  decodeFrame,
  encodeFrame,
  Epoch,
  isMember,
  keysOf,
  type Genesis,
  Height,
  type L1Block,
  limits,
  type Message,
  Micros,
  Namespace,
  type SealedTransaction,
  settlementDomain,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { keySigner, sealTransaction, toNetwork } from "../../sdk/index.ts";
import { Archive, type DiskRequest } from "../../sequencer/archive.ts";
import { Core } from "../../sequencer/core.ts";
import type { CoreEffect, CoreEvent } from "../../sequencer/core-events.ts";
import {
  blstBls,
  createMclSealingGroup,
  nativeSenderSignatures,
  nodeNetworkSignatures,
} from "../../sequencer/crypto/index.ts";
import { Executor, type Persist } from "../../sequencer/executor.ts";
import {
  dealCommittee,
  drawCommittee,
  makeGenesis,
  type DealtCommittee,
} from "../../sequencer/genesis.ts";
import { Jobs } from "../../sequencer/jobs.ts";
import { doRoundJob, type RoundWorkers } from "../../sequencer/round-keeper.ts";
import { PeerTable } from "../../sequencer/peer-table.ts";
import { Pruner } from "../../sequencer/pruner.ts";
import { loadRecovery, nextIncarnation } from "../../sequencer/recovery.ts";
import { joinStores } from "../../sequencer/safety-store.ts";
import { laneSignatures, verifierOf, voteSignatures } from "../../sequencer/signatures.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";
import { createHandlers } from "../../sequencer/workers/handlers.ts";
import type { KeyShares } from "../../sequencer/workers/openers.ts";

type Certified = Extract<CoreEffect, { type: "certified" | "completed" }>;
type Delivered = Extract<CoreEffect, { type: "delivered" }>;

export interface ClusterNode {
  readonly index: number;
  readonly store: Store;
  readonly pruner: Pruner;
  /** Of its current epoch. */
  epoch: {
    readonly committee: Committee;
    readonly table: PeerTable;
    /** Its own. */
    readonly place: ValidatorIndex;
  };
  core: Core | undefined;
  executor: Executor<CoreEffect>;
  jobs: Jobs;
  readonly rounds: RoundWorkers;
  readonly delivered: Delivered[];
  readonly certified: Certified[];
  readonly answers: Map<number, unknown>;
  readonly faults: string[];
  /** In order: what the privacy promise is about. */
  readonly history: string[];
  /** The secrets of its epochs, as its disk has them. */
  readonly ring: MemoryRing;
}

/** A key ring that needs no disk. */
export class MemoryRing {
  /** By epoch and the id of the key. */
  readonly shares: Map<string, Uint8Array> = new Map();
  readonly #secrets = new Map<
    number,
    { readonly epochKey: Uint8Array; readonly dealerSeed: Uint8Array }
  >();

  secretsFor(epoch: number): Promise<{ epochKey: Uint8Array; dealerSeed: Uint8Array }> {
    const draw = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
    const secrets = this.#secrets.get(epoch) ?? { epochKey: draw(), dealerSeed: draw() };
    this.#secrets.set(epoch, secrets);
    return Promise.resolve(secrets);
  }

  eraseKey(keyId: number): void {
    for (const name of this.shares.keys()) if (name.endsWith(` ${keyId}`)) this.shares.delete(name);
  }

  keepShare(epoch: number, keyId: number, share: Uint8Array): Promise<void> {
    this.shares.set(`${epoch} ${keyId}`, share);
    return Promise.resolve();
  }
}

const heightOf = ({ certified }: Certified): number => certified.checkpoint.height;

/** What outlives the lives of a node. */
type Memory = Pick<
  ClusterNode,
  "store" | "delivered" | "certified" | "answers" | "faults" | "history" | "ring"
>;

const tick = 10_000;
const start = 1_750_000_000_000_000;

export class CoreCluster {
  readonly genesis: Genesis;
  readonly nodes: ClusterNode[] = [];
  now: Micros = Micros(start);
  readonly #group: SealingGroup;
  readonly #secrets: DealtCommittee["secrets"];
  /** What each has signed: it outlives the loss of all else. */
  readonly #safeties: Store[] = [];
  readonly #networkKeys: readonly Uint8Array[];
  #inFlight: { at: number; to: number; from: number; frame: Uint8Array }[] = [];
  #nextL1 = 1;
  /** Heights that each node keeps; all of them unless said otherwise. L1 has what is certified, at once. */
  retention: number | undefined;
  /** Nodes that have lost their shares of the sealing key. */
  readonly withoutShares: Set<number> = new Set();
  /** What reaches nobody, of all that is said. */
  isLost: (from: number, message: Message) => boolean = () => false;
  /** How long a message takes, µs, rounded up to a tick. */
  linkDelay = 1_000;
  #behindMax: number = limits.stateSyncHeights;
  readonly #announced: Committee[] = [];
  /** Finalized so far, for those that start later. */
  readonly #l1: L1Block[] = [];

  private constructor(genesis: Genesis, secrets: DealtCommittee["secrets"], group: SealingGroup) {
    this.genesis = genesis;
    this.#secrets = secrets;
    this.#networkKeys = secrets.map(({ network }) => nodeNetworkSignatures.publicKey(network));
    this.#group = group;
  }

  /** So many validators, and as many more nodes that have keys and no seat at first. `behindMax` as `CoreOptions` has it. */
  static async create(
    validators: number,
    options: {
      readonly behindMax?: number;
      readonly spare?: number;
      readonly epochTime?: number;
      /** Rounds are held; without, whoever is to come next is announced. */
      readonly dkgWindow?: number;
      /** As `Parameters` have them: the key is replaced. */
      readonly keyEpochs?: number;
      readonly keyOverlap?: number;
      readonly voidAfter?: number;
      /** The first committee has yet to make its key. */
      readonly isKeyless?: boolean;
    } = {},
  ): Promise<CoreCluster> {
    const { behindMax = limits.stateSyncHeights, spare = 0, epochTime = 0 } = options;
    const { dkgWindow = 0, isKeyless = false, keyEpochs = 0, keyOverlap = 1 } = options;
    const { voidAfter = 0 } = options;
    const group = await createMclSealingGroup();
    const draw = { validators, entropy: sha256() };
    const { committee, secrets } = dealCommittee(group, draw);
    const { secrets: spares } = dealCommittee(group, {
      validators: Math.max(spare, 1),
      entropy: sha256(new Uint8Array([9])),
    });
    const genesis = makeGenesis(
      { bls: blstBls, group },
      {
        chainId: 31_337,
        contracts: { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) },
        l1Start: 1,
        committee: isKeyless ? drawCommittee(draw).committee : committee,
        parameters: {
          checkpointHeights: 16,
          epochTime,
          dkgWindow,
          keyEpochs,
          keyOverlap,
          voidAfter,
        },
      },
    );
    const all = [...secrets, ...spares.slice(0, spare)];
    const cluster = new CoreCluster(genesis, all, group);
    cluster.#behindMax = behindMax;
    for (const index of all.keys()) {
      const safety = memoryStore();
      cluster.#safeties.push(safety);
      const store = joinStores({ main: memoryStore(), safety });
      const life = { store, delivered: [], certified: [], faults: [], history: [] };
      const answers = new Map<number, unknown>();
      const memory = { ...life, answers, ring: new MemoryRing() };
      cluster.nodes.push(cluster.#node(index, { ...memory, committee: genesis.committee }));
      await cluster.start(index);
    }
    cluster.subscribe();
    return cluster;
  }

  /**
   * A committee of these nodes, one for each seat of the first. The key stays dealt as it was, so that whoever takes a seat
   * is handed its share.
   */
  committeeOf(epoch: number, indices: readonly number[]): Committee {
    const { members, sealing } = this.genesis.committee;
    return {
      epoch: Epoch(epoch),
      members: indices.map((index, seat) => ({
        ...this.candidate(index),
        verificationKey: members[seat]?.verificationKey ?? new Uint8Array(96),
      })),
      sealing,
    };
  }

  candidate(index: number): Candidate {
    return {
      publicKey: blstBls.publicKey(this.#secretsOf(index).validator),
      networkKey: nodeNetworkSignatures.publicKey(this.#secretsOf(index).network),
    };
  }

  /** L1 names these nodes for the committee of an epoch. */
  prepare(epoch: number, indices: readonly number[]): void {
    const candidates = indices.map((index) => this.candidate(index));
    this.l1([{ type: "prepared", epoch: Epoch(epoch), candidates }]);
  }

  /** All nodes work out that this committee comes next, those that start later as well. */
  announce(committee: Committee): void {
    this.#announced.push(committee);
    for (const { index } of this.nodes)
      this.step(index, { type: "committee", now: this.now, committee });
  }

  /** Two rollups, funded, in the first L1 block. */
  subscribe(): void {
    const policy = { sealingRequired: true, classOrder: true, senderMayPay: false };
    this.l1(
      [0, 1].flatMap((id) => [
        {
          type: "subscribed" as const,
          namespace: Namespace(id),
          settlement: new Uint8Array(20).fill(3 + id),
          policy,
        },
        { type: "funded" as const, namespace: Namespace(id), amount: 1_000_000_000 },
      ]),
    );
  }

  l1(events: L1Block["events"]): void {
    const number = this.#nextL1++;
    const block = { number, hash: sha256(new Uint8Array([number])), events };
    this.#l1.push(block);
    for (const { index } of this.nodes) this.step(index, { type: "l1", now: this.now, block });
  }

  async seal(namespace: number, payload: Uint8Array, nonce: number): Promise<SealedTransaction> {
    // To the key of the epoch, which is that of genesis unless that had none.
    const committee = this.nodes[0]?.epoch.committee ?? this.genesis.committee;
    const network = toNetwork({ ...this.genesis, committee }, this.#group);
    return sealTransaction(
      {
        network,
        envelope: {
          namespace: Namespace(namespace),
          nonce,
          expiry: 10_000 as never,
          feeCap: 1_000_000,
        },
        payload,
        signer: keySigner(sha256(new Uint8Array([7])), nativeSenderSignatures),
      },
      this.#group,
    );
  }

  async start(index: number): Promise<void> {
    const secrets = this.#secretsOf(index);
    const { chainId, contracts } = this.genesis;
    const { store } = this.#at(index);
    const incarnation = await nextIncarnation(store);
    const recovery = await loadRecovery(store, this.genesis);
    const { committee } = recovery.epoch;
    const node = this.#node(index, { ...memoryOf(this.#at(index)), committee });
    this.nodes[index] = node;
    const { place } = node.epoch;
    const core = new Core(
      {
        votes: voteSignatures(
          blstBls,
          secrets.validator,
          committee.members.map(({ publicKey }) => publicKey),
        ),
        lanes: laneSignatures(
          nodeNetworkSignatures,
          secrets.network,
          committee.members.map(({ networkKey }) => networkKey),
        ),
        verifyAggregateOf: verifierOf(blstBls),
      },
      {
        genesis: this.genesis,
        index: place,
        networkKey: this.#networkKeys[index] ?? new Uint8Array(32),
        incarnation,
        domain: settlementDomain({ chainId, hub: contracts.hub }),
        behindMax: this.#behindMax,
      },
      recovery,
      this.now,
    );
    node.core = core;
    node.executor.run(core.start(this.now));
    for (const block of this.#l1.slice(core.l1.number))
      this.step(index, { type: "l1", now: this.now, block });
    for (const next of this.#announced)
      this.step(index, { type: "committee", now: this.now, committee: next });
    for (const { index: other, core: there } of this.nodes)
      if (other !== index && there !== undefined) {
        this.#connect(other, index);
        this.#connect(index, other);
      }
  }

  #connect(index: number, to: number): void {
    const peer = this.#placeOf(to, index);
    if (peer !== undefined) this.step(index, { type: "peer-connected", now: this.now, peer });
  }

  #at(index: number): ClusterNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error("no such node");
    return node;
  }

  #secretsOf(index: number): DealtCommittee["secrets"][number] {
    const secrets = this.#secrets[index];
    if (secrets === undefined) throw new Error("no such node");
    return secrets;
  }

  /** Where a node stands in the table of another. */
  #placeOf(index: number, at: number): ValidatorIndex | undefined {
    return this.#at(at).epoch.table.placeOf(this.#networkKeys[index] ?? new Uint8Array(32));
  }

  /** As a kill does: what is under way is lost, the store stays. */
  stop(index: number): void {
    const { committee } = this.#at(index).epoch;
    this.nodes[index] = this.#node(index, { ...memoryOf(this.#at(index)), committee });
    this.#inFlight = this.#inFlight.filter(({ to }) => to !== index);
  }

  /** As a new disk does: the node has nothing but its keys and what it signed. */
  wipe(index: number): void {
    this.stop(index);
    const safety = this.#safeties[index] ?? memoryStore();
    const store = joinStores({ main: memoryStore(), safety });
    const { committee } = this.genesis;
    this.nodes[index] = this.#node(index, { ...memoryOf(this.#at(index)), store, committee });
  }

  step(index: number, event: CoreEvent): void {
    const node = this.nodes[index];
    if (node?.core !== undefined) node.executor.run(node.core.step(event));
  }

  /** Runs until the condition holds; false when it does not within the simulated time. */
  async until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const end = this.now + milliseconds * 1_000;
    while (this.now < end) {
      if (condition()) return true;
      this.now = Micros(this.now + tick);
      const due = this.#inFlight.filter(({ at }) => at <= this.now);
      this.#inFlight = this.#inFlight.filter(({ at }) => at > this.now);
      for (const { to, from, frame } of due) {
        const decoded = decodeFrame(frame);
        const place = this.#placeOf(from, to);
        if (decoded !== undefined && place !== undefined)
          this.step(to, { type: "message", now: this.now, from: place, ...decoded });
      }
      for (const { index } of this.nodes) this.step(index, { type: "tick", now: this.now });
      // Stores and jobs answer in microtasks and immediates of their own.
      await turns(4);
    }
    return condition();
  }

  /** One life of a node: from a start to a stop, or to the end of an epoch. */
  #node(
    index: number,
    { committee, ...life }: Memory & { readonly committee: Committee },
  ): ClusterNode {
    const { store } = life;
    const { chainId } = this.genesis;
    const table = new PeerTable(committee, this.#networkKeys);
    const place = table.placeOf(this.#networkKeys[index] ?? new Uint8Array(32));
    if (place === undefined) throw new Error("every node has a place");
    const handlers = createHandlers({
      group: this.#group,
      senderSignatures: nativeSenderSignatures,
      networkSignatures: nodeNetworkSignatures,
      random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      chainId,
      committee,
      keyShares: this.#keySharesOf(life.ring, committee, place),
    });
    const node: ClusterNode = {
      index,
      ...life,
      pruner: new Pruner(store),
      epoch: { committee, table, place },
      rounds: {
        round: async (request) => {
          // A thread takes its time, in which a node may come to the end of the epoch.
          await turns(32);
          return handlers.round(request);
        },
      },
      core: undefined,
      executor: new Executor<CoreEffect>({
        async write(writes, options) {
          await store.write(writes, options);
          if (options.sync) node.history.push("sync");
        },
        act: (effect) => this.#act(node, effect),
        onFailure: (error) => {
          throw error;
        },
      }),
      jobs: new Jobs({
        workers: {
          validate: (each) => Promise.resolve([...handlers.validate(each)]),
          shares: (each) => Promise.resolve([...handlers.shares(each)]),
          open: (each) => Promise.resolve([...handlers.open(each)]),
          checkOpenings: (each) => Promise.resolve([...handlers["check-openings"](each)]),
          unseal: (each) => Promise.resolve([...handlers.unseal(each)]),
        },
        now: () => this.now,
        onResult: (event) => {
          if (this.nodes[index] === node) this.step(index, event);
        },
        onFailure: (error) => {
          throw error;
        },
      }),
    };
    return node;
  }

  /** Whoever takes a seat of a dealt key is handed its share. */
  #keySharesOf(ring: MemoryRing, committee: Committee, place: ValidatorIndex): KeyShares {
    return keysOf(committee).flatMap(({ keyId }) => {
      const kept = ring.shares.get(`${committee.epoch} ${keyId}`);
      const share = kept ?? this.#dealtShare(committee, place);
      return share === undefined ? [] : [{ keyId, share }];
    });
  }

  #dealtShare(committee: Committee, place: ValidatorIndex): Uint8Array | undefined {
    const { sealing } = this.genesis.committee;
    const isDealt = sealing !== undefined && equalSharing(committee, this.genesis.committee);
    return isDealt && isMember(committee, place) ? this.#secrets[place]?.keyShare : undefined;
  }

  #act(node: ClusterNode, effect: Exclude<CoreEffect, Persist>): void {
    if (this.nodes[node.index] !== node) return;
    switch (effect.type) {
      case "send":
        return this.#post(node, effect.to, effect.message);
      case "broadcast":
        for (const place of node.epoch.table.keys.keys())
          this.#post(node, ValidatorIndex(place), effect.message);
        return;
      case "fault":
        node.faults.push(`${effect.peer}: ${effect.code}`);
        return;
      case "answer":
        node.answers.set(effect.ticket, effect.result);
        return;
      case "compute-shares":
        if (!this.withoutShares.has(node.index)) node.jobs.run(effect);
        return;
      case "validate":
      case "open-batches":
      case "check-openings":
      case "unseal":
        return node.jobs.run(effect);
      case "round-job":
        return void this.#round(node, effect.job);
      case "ordered":
        node.history.push(`final ${effect.height}`);
        return;
      case "delivered":
        node.delivered.push(effect);
        return;
      case "certified":
      case "completed":
        node.certified.push(effect);
        return;
      case "serve-blocks":
      case "load-lanes":
      case "load-transactions":
      case "load-openings":
      case "load-snapshot":
      case "load-epoch-end":
        return void this.#serve(node, effect);
      case "prune":
        void this.#prune(node, effect);
        return;
      case "state-synced":
        node.history.push(`synced ${effect.height}`);
        return void this.#rebuild(node);
      case "rewound":
        node.history.push(`rewound ${effect.height}`);
        return void this.#rebuild(node);
      case "stranded":
        node.history.push(`stranded ${effect.height}`);
        return;
      case "epoch-ended":
        return void this.#rebuild(node);
      case "key-retired":
        node.history.push(`retired ${effect.keyId}`);
        return node.ring.eraseKey(effect.keyId);
    }
  }

  async #round(node: ClusterNode, job: RoundJob): Promise<void> {
    const { rounds: workers, ring: secrets } = node;
    const answer = await doRoundJob({ secrets, workers }, job);
    if (this.nodes[node.index] === node)
      this.step(node.index, { type: "round-done", now: this.now, answer });
  }

  /** What the node does when a state was fetched: all that was asked for first, then a start like any other. */
  async #rebuild(node: ClusterNode): Promise<void> {
    await node.executor.settled();
    this.stop(node.index);
    await this.start(node.index);
  }

  async #prune(
    node: ClusterNode,
    { delivered, snapshot }: Extract<CoreEffect, { type: "prune" }>,
  ): Promise<void> {
    const { retention } = this;
    const anchored = Height(Math.max(0, ...node.certified.map(heightOf)));
    if (retention !== undefined)
      await node.pruner.portion({ delivered, snapshot, anchored, retention });
  }

  async #serve(node: ClusterNode, effect: DiskRequest): Promise<void> {
    const message = await new Archive(node.store).answer(effect);
    if (message !== undefined) this.#post(node, effect.to, message);
  }

  /** By the table of the sender's epoch, as it was when it spoke. */
  #post({ index, epoch, history }: ClusterNode, to: ValidatorIndex, message: Message): void {
    const key = epoch.table.keys[to];
    const target = this.#networkKeys.findIndex(
      (each) => key !== undefined && equalBytes(each, key),
    );
    if (target < 0 || target === index) return;
    if (this.isLost(index, message)) return;
    if (message.type === "shares") history.push(`share ${message.height}`);
    const frame = encodeFrame({ epoch: epoch.committee.epoch, message });
    this.#inFlight.push({ at: this.now + this.linkDelay, to: target, from: index, frame });
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function memoryOf(node: ClusterNode): Memory {
  const { store, delivered, certified, answers, faults, history, ring } = node;
  return { store, delivered, certified, answers, faults, history, ring };
}

/** Seat by seat the same shares of the same key. */
function equalSharing(a: Committee, b: Committee): boolean {
  return a.members.every(({ verificationKey }, seat) =>
    equalBytes(verificationKey, b.members[seat]?.verificationKey ?? new Uint8Array()),
  );
}
