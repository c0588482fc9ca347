// A committee of cores in one process: real cryptography, a real executor and store, a bus in place of the network,
// and simulated time, so that a minute takes as long as its signatures.

import type { Store } from "../../base/index.ts";
import { type SealingGroup, sha256, toSealingKey } from "../../crypto/index.ts";
import {
  decodeFrame,
  encodeFrame,
  type Genesis,
  type L1Block,
  limits,
  type Message,
  Micros,
  Namespace,
  quorum,
  type SealedTransaction,
  settlementDomain,
  ValidatorIndex,
  sealingOf,
} from "../../protocol/index.ts";
import { keySigner, sealTransaction, toNetwork } from "../../sdk/index.ts";
import { Archive, type DiskRequest } from "../../sequencer/archive.ts";
import { Core, type CoreEffect, type CoreEvent } from "../../sequencer/core.ts";
import {
  blstBls,
  createMclSealingGroup,
  nativeSenderSignatures,
  nodeNetworkSignatures,
} from "../../sequencer/crypto/index.ts";
import { Executor, type Persist } from "../../sequencer/executor.ts";
import { dealCommittee, makeGenesis, type ValidatorSecrets } from "../../sequencer/genesis.ts";
import { Jobs } from "../../sequencer/jobs.ts";
import { loadRecovery, nextIncarnation } from "../../sequencer/recovery.ts";
import { joinStores } from "../../sequencer/safety-store.ts";
import { laneSignatures, voteSignatures } from "../../sequencer/signatures.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";
import { createHandlers } from "../../sequencer/workers/handlers.ts";

type Certified = Extract<CoreEffect, { type: "certified" | "completed" }>;
type Delivered = Extract<CoreEffect, { type: "delivered" }>;

export interface ClusterNode {
  readonly index: number;
  readonly store: Store;
  core: Core | undefined;
  executor: Executor<CoreEffect>;
  jobs: Jobs;
  readonly delivered: Delivered[];
  readonly certified: Certified[];
  readonly answers: Map<number, unknown>;
  readonly faults: string[];
  /** In order: what the privacy promise is about. */
  readonly history: string[];
}

const tick = 10_000;
const start = 1_750_000_000_000_000;

export class CoreCluster {
  readonly genesis: Genesis;
  readonly nodes: ClusterNode[] = [];
  now: Micros = Micros(start);
  readonly #group: SealingGroup;
  readonly #secrets: readonly ValidatorSecrets[];
  /** What each has signed: it outlives the loss of all else. */
  readonly #safeties: Store[] = [];
  #inFlight: { at: number; to: number; from: number; frame: Uint8Array }[] = [];
  #nextL1 = 1;
  #behindMax: number = limits.stateSyncHeights;

  private constructor(genesis: Genesis, secrets: readonly ValidatorSecrets[], group: SealingGroup) {
    this.genesis = genesis;
    this.#secrets = secrets;
    this.#group = group;
  }

  /** `behindMax` as `CoreOptions` has it. */
  static async create(validators: number, behindMax?: number): Promise<CoreCluster> {
    const group = await createMclSealingGroup();
    const { committee, secrets } = dealCommittee(group, { validators, entropy: sha256() });
    const genesis = makeGenesis(
      { bls: blstBls, group },
      {
        chainId: 31_337,
        contracts: { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) },
        l1Start: 1,
        committee,
        parameters: { checkpointHeights: 16 },
      },
    );
    const cluster = new CoreCluster(genesis, secrets, group);
    if (behindMax !== undefined) cluster.#behindMax = behindMax;
    for (let index = 0; index < validators; index++) {
      const safety = memoryStore();
      cluster.#safeties.push(safety);
      cluster.nodes.push(cluster.#node(index, joinStores({ main: memoryStore(), safety })));
      await cluster.start(index);
    }
    cluster.subscribe();
    return cluster;
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
    for (const { index } of this.nodes) this.step(index, { type: "l1", now: this.now, block });
  }

  async seal(namespace: number, payload: Uint8Array, nonce: number): Promise<SealedTransaction> {
    const network = toNetwork(this.genesis, this.#group);
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
    const node = this.nodes[index] as ClusterNode;
    const secrets = this.#secrets[index] as ValidatorSecrets;
    const { committee, chainId, contracts } = this.genesis;
    const incarnation = await nextIncarnation(node.store);
    const recovery = await loadRecovery(node.store, this.genesis);
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
      },
      {
        genesis: this.genesis,
        index: ValidatorIndex(index),
        incarnation,
        domain: settlementDomain({ chainId, hub: contracts.hub }),
        behindMax: this.#behindMax,
      },
      recovery,
      this.now,
    );
    node.core = core;
    node.executor.run(core.start(this.now));
    for (const other of this.nodes)
      if (other.index !== index && other.core !== undefined) {
        this.step(other.index, {
          type: "peer-connected",
          now: this.now,
          peer: ValidatorIndex(index),
        });
        this.step(index, {
          type: "peer-connected",
          now: this.now,
          peer: ValidatorIndex(other.index),
        });
      }
  }

  /** As a kill does: what is under way is lost, the store stays. */
  stop(index: number): void {
    const node = this.nodes[index] as ClusterNode;
    node.core = undefined;
    this.nodes[index] = this.#node(index, node.store, node.delivered);
    this.#inFlight = this.#inFlight.filter(({ to }) => to !== index);
  }

  /** As a new disk does: the node has nothing but its keys and what it signed. */
  wipe(index: number): void {
    this.stop(index);
    const safety = this.#safeties[index] ?? memoryStore();
    this.nodes[index] = this.#node(index, joinStores({ main: memoryStore(), safety }));
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
        if (decoded !== undefined)
          this.step(to, { type: "message", now: this.now, from: ValidatorIndex(from), ...decoded });
      }
      for (const { index } of this.nodes) this.step(index, { type: "tick", now: this.now });
      // Stores and jobs answer in microtasks and immediates of their own.
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    return condition();
  }

  #node(index: number, store: Store, delivered: Delivered[] = []): ClusterNode {
    const secrets = this.#secrets[index] as ValidatorSecrets;
    const { committee, chainId } = this.genesis;
    const key = toSealingKey(this.#group, { chainId, ...sealingOf(committee) });
    if (key === undefined) throw new Error("the sealing key is a key");
    const handlers = createHandlers({
      group: this.#group,
      signatures: nativeSenderSignatures,
      random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      key,
      verificationKeys: committee.members.map(({ verificationKey }) => verificationKey),
      threshold: quorum(committee.members.length),
      keyShare: secrets.keyShare,
    });
    const node: ClusterNode = {
      index,
      store,
      core: undefined,
      executor: new Executor<CoreEffect>({
        write: (writes, options) => store.write(writes, options),
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
      delivered,
      certified: [],
      answers: new Map(),
      faults: [],
      history: [],
    };
    return node;
  }

  #act(node: ClusterNode, effect: Exclude<CoreEffect, Persist>): void {
    if (this.nodes[node.index] !== node) return;
    switch (effect.type) {
      case "send":
        return this.#post(node.index, effect.to, effect.message);
      case "broadcast":
        for (const { index } of this.nodes)
          if (index !== node.index) this.#post(node.index, index, effect.message);
        return;
      case "fault":
        node.faults.push(`${effect.peer}: ${effect.code}`);
        return;
      case "answer":
        node.answers.set(effect.ticket, effect.result);
        return;
      case "validate":
      case "compute-shares":
      case "open-batches":
      case "check-openings":
      case "unseal":
        return node.jobs.run(effect);
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
        return void this.#serve(node, effect);
      case "state-synced":
        node.history.push(`synced ${effect.height}`);
        return void this.#rebuild(node);
    }
  }

  /** What the node does when a state was fetched: all that was asked for first, then a start like any other. */
  async #rebuild(node: ClusterNode): Promise<void> {
    await node.executor.settled();
    this.stop(node.index);
    this.nodes[node.index]?.history.push(...node.history);
    await this.start(node.index);
  }

  async #serve(node: ClusterNode, effect: DiskRequest): Promise<void> {
    const message = await new Archive(node.store).answer(effect);
    if (message !== undefined) this.#post(node.index, effect.to, message);
  }

  #post(from: number, to: number, message: Message): void {
    if (message.type === "shares") this.nodes[from]?.history.push(`share ${message.height}`);
    const { epoch } = this.genesis.committee;
    this.#inFlight.push({ at: this.now + 1_000, to, from, frame: encodeFrame({ epoch, message }) });
  }
}
