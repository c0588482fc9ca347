// The composition root: here the core meets the world. Frames, jobs, requests and L1 blocks become events; effects
// become frames, jobs, answers and writes, in the order in which they were asked for.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError, fromHex, type Logger, type Store, unreachable } from "../base/index.ts";
import {
  type Committee,
  type Epoch,
  fromGenesisJson,
  type Genesis,
  genesisHash,
  Height,
  isMember,
  type Micros,
  settlementDomain,
  type ValidatorIndex,
} from "../protocol/index.ts";
import { Anchoring } from "./anchoring.ts";
import { type Api, createApi } from "./api/index.ts";
import { Archive } from "./archive.ts";
import { systemClock } from "./clock.ts";
import { Committees } from "./committees.ts";
import type { NodeConfig } from "./config.ts";
import { Convicting } from "./convicting.ts";
import { Core } from "./core.ts";
import type { CoreEffect } from "./core-events.ts";
import { CoreHost, type NodeCore } from "./core-host.ts";
import { blstBls, nodeNetworkSignatures } from "./crypto/index.ts";
import { EpochKeys } from "./epoch-keys.ts";
import type { Persist } from "./executor.ts";
import { NodeGateway } from "./gateway.ts";
import { gaugeKeys, gaugeProgress, type Health, healthOf } from "./health.ts";
import { Jobs } from "./jobs.ts";
import { Journal } from "./journal.ts";
import {
  hasSignedMark,
  KeyRing,
  leaveSignedMark,
  type NodeKeys,
  readNodeKeys,
} from "./keys/index.ts";
import { Neighbours } from "./neighbours.ts";
import { createMesh, type Mesh } from "./network/index.ts";
import { Pruner } from "./pruner.ts";
import { loadRecovery, nextIncarnation } from "./recovery.ts";
import { convictCall, createSettlement, type Settlement } from "./settlement/index.ts";
import { laneSignatures, verifierOf, voteSignatures } from "./signatures.ts";
import { StatusBook } from "./status.ts";
import { openStore } from "./storage/index.ts";
import { openStores } from "./stores.ts";
import { channelOf, Talk } from "./talk.ts";
import {
  createLogging,
  createMetrics,
  metricDefinitions,
  type MetricsRegistry,
} from "./telemetry/index.ts";
import { openTrace } from "./trace.ts";
import { createWorkers, type Workers } from "./workers/index.ts";

/** A node that runs. */
export interface RunningNode {
  /** Where its API answers. */
  readonly url: string;
  /** Resolves with the reason when the node had to stop by itself. */
  readonly failed: Promise<unknown>;
  /** Takes nothing more, finishes what is promised, and closes the store. Safe to call twice. */
  close(): Promise<void>;
}

/** The tick by which the machines measure their waiting, ms. */
const tickMs = 10;
const l1PollMs = 500;
/** What a validator waits for each one whose turn to post comes before its own, ms. */
const failoverMs = 6_000;

/** Makes the core of a node; one that is not the true one makes a Byzantine validator. */
export type CreateCore = (...parts: ConstructorParameters<typeof Core>) => NodeCore;

export interface StartOptions {
  /** Of the program, for operators to see. */
  readonly version: string;
  /** The true core unless said otherwise. */
  readonly createCore?: CreateCore;
}

/** Reads keys and disk, catches up with itself, and joins the committee. Fails with a `CodedError` that says what to do. */
export async function startNode(
  config: NodeConfig,
  { version, createCore = (...parts) => new Core(...parts) }: StartOptions,
): Promise<RunningNode> {
  const logging = createLogging({ level: config.log.level });
  const genesis = await readGenesis(config.genesis);
  const keys = await readNodeKeys(config, genesis, {
    validator: (secret) => blstBls.publicKey(secret),
    network: (secret) => nodeNetworkSignatures.publicKey(secret),
  });
  const hash = genesisHash(genesis);
  const logger = logging("storage");
  const { validator } = config.keys;
  const store = await openStores({
    open: (folder) => openStore(join(config.dataDirectory, folder), { genesisHash: hash, logger }),
    publicKey: blstBls.publicKey(keys.validator),
    mark: {
      path: validator,
      isThere: () => hasSignedMark(validator, hash),
      leave: () => leaveSignedMark(validator, hash),
    },
    logger,
  });
  try {
    const node = new ConclaveNode({
      config,
      genesis,
      keys,
      store,
      logging,
      version,
      createCore,
    });
    await node.start();
    return node;
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface NodeParts {
  readonly config: NodeConfig;
  readonly genesis: Genesis;
  readonly keys: NodeKeys;
  readonly store: Store;
  readonly logging: (module: string) => Logger;
  readonly version: string;
  readonly createCore: CreateCore;
}

/** Where this node stands in the epoch that lasts. */
interface Place {
  readonly committee: Committee;
  /** A seat, or an observer's place behind them. */
  readonly index: ValidatorIndex;
}

class ConclaveNode implements RunningNode {
  readonly #parts: NodeParts;
  readonly #log: Logger;
  readonly #registry: MetricsRegistry = createMetrics(metricDefinitions);
  readonly #clock = systemClock();
  readonly #trace = openTrace(process.env["CONCLAVE_TRACE"]);
  readonly #committees: Committees;
  readonly #journal: Journal;
  readonly #gateway: NodeGateway;
  readonly #host: CoreHost;
  readonly #neighbours: Neighbours;
  readonly #anchoring: Anchoring;
  readonly #convicting: Convicting;
  readonly #talk: Talk;
  readonly #pruner: Pruner;
  readonly failed: Promise<unknown>;
  #fail: (reason: unknown) => void = () => undefined;
  #place: Place;
  #keys: EpochKeys<Workers> | undefined;
  #jobs: Jobs | undefined;
  #mesh: Mesh | undefined;
  #settlement: Settlement | undefined;
  #api: Api | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #pruning: Promise<void> = Promise.resolve();
  /** The lowest height that is kept. */
  #oldest = Height(1);

  constructor(parts: NodeParts) {
    const { genesis, keys, store, config, logging } = parts;
    const { metrics } = this.#registry;
    const now = (): Micros => this.#clock.now();
    const statuses = new StatusBook();
    const archive = new Archive(store);
    const committees = new Committees(genesis, archive);
    this.#parts = parts;
    this.#log = logging("node");
    this.#committees = committees;
    this.#pruner = new Pruner(store);
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#journal = new Journal({ statuses, metrics, trace: this.#trace, now });
    this.#convicting = new Convicting({
      archive,
      committees,
      bls: blstBls,
      hub: genesis.contracts.hub,
      encodeCall: convictCall,
      convict: (call) => this.#settlement?.convict(call),
    });
    this.#gateway = new NodeGateway({
      genesis,
      archive,
      statuses,
      metrics,
      now,
      submit: (ticket, transaction) =>
        this.#host.step({ type: "submit", now: now(), ticket, transaction }),
      evidence: async (after, limit) => this.#convicting.list(after, limit),
      health: () => this.#health(),
      fees: () => this.#host.core?.fees,
      oldest: () => this.#oldest,
    });
    this.#anchoring = new Anchoring({
      gateway: this.#gateway,
      statuses,
      archive,
      committees,
      metrics,
      now,
      anchor: (anchorable) => this.#settlement?.anchor(anchorable),
    });
    this.#neighbours = new Neighbours({
      genesis,
      network: config.network,
      identity: keys.identity,
      logger: this.#log,
      addressesOf: async (members) => this.#settlement?.addressesOf(members),
      onMet: (neighbours) => this.#mesh?.setPeers(neighbours),
      onFailure: (error) => this.#stopBecause("the network failed", error),
    });
    this.#host = new CoreHost({
      store,
      metrics,
      now,
      act: (effect) => this.#act(effect),
      onFailure: (what, error) => this.#stopBecause(what, error),
    });
    this.#talk = new Talk({
      transport: () => this.#mesh,
      committee: () => this.#place.committee,
      host: this.#host,
      neighbours: this.#neighbours,
      archive,
      journal: this.#journal,
      convicting: this.#convicting,
      now,
      logger: this.#log,
      metrics,
    });
    const { committee } = genesis;
    this.#place = { committee, index: this.#neighbours.index };
  }

  get url(): string {
    return this.#api?.url ?? "";
  }

  get #epoch(): Epoch {
    return this.#place.committee.epoch;
  }

  get #isSeated(): boolean {
    return isMember(this.#place.committee, this.#place.index);
  }

  /** Disk first, network last: nothing is heard before what was said is known again (docs/protocol.md). */
  async start(): Promise<void> {
    const { config, logging, version } = this.#parts;
    const { metrics } = this.#registry;
    metrics.gauge("build_info", 1, { version });
    this.#keys = await this.#openKeys();
    await this.#begin(this.#keys);
    this.#mesh = await this.#joinMesh();
    this.#api = await createApi({
      gateway: this.#gateway,
      host: config.api.host,
      port: config.api.port,
      logger: logging("api"),
      metricsText: () => this.#metricsText(),
      metrics: this.#registry.metrics,
    });
    this.#timer = setInterval(() => {
      this.#host.step({ type: "tick", now: this.#clock.now() });
    }, tickMs);
    this.#log.info("node started", { ...this.#identity(), api: this.url });
  }

  /** Makes a core of what is on disk, in the epoch that it is in, and reads on L1 from where that one stands. */
  async #begin(epochKeys: EpochKeys<Workers>): Promise<void> {
    const { config, genesis, keys, store, createCore } = this.#parts;
    const { chainId } = genesis;
    const incarnation = await nextIncarnation(store);
    const recovery = await loadRecovery(store, genesis);
    const { committee } = recovery.epoch;
    const workers = await this.#enter(committee, epochKeys);
    const publicKeys = committee.members.map(({ publicKey }) => publicKey);
    const networkKeys = committee.members.map(({ networkKey }) => networkKey);
    const domain = settlementDomain({ chainId, hub: genesis.contracts.hub });
    const core = createCore(
      {
        votes: voteSignatures(blstBls, keys.validator, publicKeys),
        lanes: laneSignatures(nodeNetworkSignatures, keys.network, networkKeys),
        verifyAggregateOf: verifierOf(blstBls),
      },
      {
        genesis,
        index: this.#place.index,
        networkKey: keys.identity,
        incarnation,
        domain,
        blockInterval: config.blockIntervalMs * 1_000,
      },
      recovery,
      this.#clock.now(),
    );
    this.#oldest = recovery.oldest;
    this.#jobs = new Jobs({
      workers,
      now: () => this.#clock.now(),
      onResult: (event) => {
        if (this.#host.core === core) this.#host.step(event);
      },
      onFailure: (error) => {
        if (this.#host.core === core) this.#stopBecause("a worker failed", error);
      },
    });
    this.#host.begin(core);
    this.#log.info("state recovered", { ...core.progress, ...this.#identity(), incarnation });
    this.#settlement = this.#startSettlement(core);
    this.#neighbours.onCandidates(core.candidates);
    await this.#anchoring.handOver(committee);
    await this.#convicting.convictAll();
  }

  /** Takes this node's place in an epoch, with its parts of the epoch's keys. */
  async #enter(committee: Committee, epochKeys: EpochKeys<Workers>): Promise<Workers> {
    const { epoch, sealing } = committee;
    const before = await this.#committees.before(committee);
    this.#neighbours.enter(committee, before?.members ?? []);
    this.#place = { committee, index: this.#neighbours.index };
    const workers = await epochKeys.enter(committee);
    // What is missing of the key before the newest may be missing because that has retired.
    if (this.#isSeated && sealing !== undefined && !epochKeys.hasShareOf(sealing.keyId))
      this.#log.warn("no share of the epoch's key is here: others have to open without it", {
        epoch,
      });
    return workers;
  }

  async #openKeys(): Promise<EpochKeys<Workers>> {
    const { config, genesis, keys, logging } = this.#parts;
    return new EpochKeys({
      files: await KeyRing.open({
        folder: join(config.dataDirectory, "epochs"),
        random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
        networkSecret: keys.network,
      }),
      dealt: { epoch: genesis.committee.epoch, share: keys.dealtShare },
      createThreads: (committee, keyShares) =>
        createWorkers({
          count: Math.max(1, config.workers),
          keyShares,
          chainId: genesis.chainId,
          committee,
          logger: logging("workers"),
        }),
      host: this.#host,
      now: () => this.#clock.now(),
      onFailure: (what, error) => this.#stopBecause(what, error),
    });
  }

  /** The core is over and another begins from the disk, as after a restart. What is said meanwhile is said again. */
  async #rebuild(): Promise<void> {
    const epochKeys = this.#keys;
    await this.#host.end();
    await this.#settlement?.close();
    if (this.#closing !== undefined || epochKeys === undefined) return;
    await this.#begin(epochKeys);
    await this.#neighbours.meet();
    this.#gateway.submitAgain();
    this.#talk.introduceAll();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#host.close();
    this.#anchoring.close();
    this.#neighbours.close();
    this.#gateway.close();
    await this.#api?.close();
    await this.#mesh?.close();
    await this.#settlement?.close();
    await this.#keys?.close();
    await this.#host.end();
    await this.#pruning;
    await this.#parts.store.close();
    this.#trace?.close();
    this.#registry.close();
    this.#log.info("node stopped");
  }

  #stopBecause(what: string, error: unknown): void {
    // What is cut short by our own stop is no reason for it.
    if (this.#closing !== undefined) return;
    this.#log.error("the node has to stop", { what, error });
    this.#fail(error ?? what);
  }

  /** Does what is not a write; those have been carried out in their order by now. */
  #act(effect: Exclude<CoreEffect, Persist>): void {
    switch (effect.type) {
      case "send":
        return this.#talk.send(effect.to, effect.message);
      case "broadcast":
        return this.#talk.broadcast(effect.message);
      case "fault":
        return this.#talk.onFault(effect.peer, effect.code, effect.evidence);
      case "answer":
        return this.#gateway.answer(effect.ticket, effect.result);
      case "round-job":
        return void this.#keys?.doJob(effect.job);
      case "compute-shares":
        // A seat whose share was lost has none to give.
        if (this.#keys?.hasSharesFor(effect.points) === true) this.#jobs?.run(effect);
        return;
      case "key-retired":
        this.#log.info("a sealing key has retired", { keyId: effect.keyId });
        return void this.#keys?.retire(effect.keyId).catch((error: unknown) => {
          this.#stopBecause("what is left of a retired key cannot be erased", error);
        });
      case "validate":
      case "open-batches":
      case "check-openings":
      case "unseal":
        return this.#jobs?.run(effect);
      case "serve-blocks":
      case "load-lanes":
      case "load-transactions":
      case "load-openings":
      case "load-snapshot":
      case "load-epoch-end":
        return void this.#talk.serve(effect).catch((error: unknown) => {
          this.#stopBecause("the disk failed", error);
        });
      case "ordered":
        return this.#journal.onOrdered(effect);
      case "delivered":
        this.#journal.onDelivered(effect);
        if (effect.voidedBy !== undefined)
          this.#log.warn("a block that nobody could open was declared void", {
            height: effect.height,
            voidedBy: effect.voidedBy,
          });
        return this.#gateway.opened(effect.height);
      case "certified":
      case "completed":
        return this.#anchoring.onCertified(effect, this.#place.committee);
      case "prune":
        this.#pruning = this.#prune(effect).catch((error: unknown) => {
          this.#stopBecause("the disk failed", error);
        });
        return;
      case "state-synced":
        this.#registry.metrics.count("state_syncs_total");
        this.#log.info("snapshot fetched", { height: effect.height });
        return void this.#rebuild().catch((error: unknown) => {
          this.#stopBecause("the state that was fetched cannot be used", error);
        });
      case "rewound":
        this.#registry.metrics.count("rewinds_total");
        this.#log.warn("a batch opened here was declared void: going back", {
          height: effect.height,
        });
        return void this.#rebuild().catch((error: unknown) => {
          this.#stopBecause("the state before a void batch cannot be used", error);
        });
      case "stranded":
        return this.#stopBecause("a batch opened here was declared void", stranded(effect.height));
      case "epoch-ended":
        this.#log.info("epoch ended", { epoch: this.#epoch });
        return void this.#rebuild().catch((error: unknown) => {
          this.#stopBecause("the next epoch cannot be begun", error);
        });
      default:
        return unreachable(effect);
    }
  }

  // The network --------------------------------------------------------------------------------------------

  async #joinMesh(): Promise<Mesh> {
    const { config, genesis, keys, logging } = this.#parts;
    return createMesh({
      privateKeySeed: keys.network,
      listen: [config.network.listen],
      peers: await this.#neighbours.all(),
      genesisHash: genesisHash(genesis),
      channelOf,
      onFrame: (number, frame) => this.#talk.onFrame(number, frame),
      onConnected: (number) => this.#talk.onConnected(number),
      onDisconnected: (number) => this.#log.info("peer disconnected", { peer: number }),
      logger: logging("network"),
      metrics: this.#registry.metrics,
    });
  }

  async #prune({ delivered, snapshot }: Extract<CoreEffect, { type: "prune" }>): Promise<void> {
    const retention = this.#parts.config.storage.retentionHeights;
    const keeping = { delivered, snapshot, retention, anchored: this.#anchoring.anchored };
    const oldest = await this.#pruner.portion(keeping);
    if (oldest > this.#oldest) this.#oldest = oldest;
  }

  // L1 -----------------------------------------------------------------------------------------------------

  #startSettlement(core: NodeCore): Settlement {
    const { config, genesis, keys, logging } = this.#parts;
    const bundle = config.l1.bundle === undefined ? undefined : fromHex(config.l1.bundle);
    return createSettlement({
      rpcUrl: config.l1.rpcUrl,
      chainId: genesis.chainId,
      hub: genesis.contracts.hub,
      rollups: genesis.contracts.rollups,
      posting:
        keys.poster === undefined || bundle === undefined || !this.#isSeated
          ? undefined
          : { secretKey: keys.poster, bundle, failoverMs },
      place: { index: this.#place.index, seats: this.#place.committee.members.length },
      start: genesis.l1Start,
      from: core.l1,
      settlements: core.settlements,
      pollMs: l1PollMs,
      onBlock: (block) => {
        this.#host.step({ type: "l1", now: this.#clock.now(), block });
        const named = block.events.findLast((event) => event.type === "prepared");
        if (named?.epoch === this.#epoch + 1) this.#neighbours.onCandidates(named.candidates);
      },
      onState: (state) => this.#anchoring.onL1(state),
      logger: logging("settlement"),
      metrics: this.#registry.metrics,
    });
  }

  // What operators see -------------------------------------------------------------------------------------

  async #metricsText(): Promise<string> {
    const { metrics } = this.#registry;
    const progress = this.#host.core?.progress;
    if (progress !== undefined) {
      gaugeProgress(metrics, progress, this.#clock.now());
      gaugeKeys(metrics, this.#place.committee, {
        height: progress.executed,
        hasShareOf: this.#isSeated ? (keyId) => this.#keys?.hasShareOf(keyId) === true : undefined,
      });
    }
    metrics.gauge("network_peers", this.#mesh?.connectedPeers.length ?? 0);
    metrics.gauge("workers_queue_jobs", this.#keys?.waiting ?? 0);
    return this.#registry.expose();
  }

  #identity(): { readonly epoch: Epoch; readonly validator: ValidatorIndex | undefined } {
    return { epoch: this.#epoch, validator: this.#isSeated ? this.#place.index : undefined };
  }

  #health(): Health {
    return healthOf({
      current: this.#host.core?.progress,
      last: this.#host.lastProgress,
      committee: this.#place.committee,
      index: this.#place.index,
      connected: this.#talk.connected,
      isL1Up: this.#settlement?.isUp === true,
      oldest: this.#oldest,
      version: this.#parts.version,
    });
  }
}

function stranded(height: Height): CodedError {
  return new CodedError(
    "BATCH_VOIDED",
    `a quorum declared block ${height} void, which this node had opened and has nothing left to go back to: ` +
      "move `dataDirectory`/store away, keep `dataDirectory`/safety, and start again to join by a snapshot",
    { details: { height } },
  );
}

async function readGenesis(path: string): Promise<Genesis> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new CodedError("GENESIS_UNREADABLE", `cannot read the genesis file ${path}`, { cause });
  }
  return fromGenesisJson(json);
}
