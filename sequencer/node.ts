// The composition root: here the core meets the world. Frames, jobs, requests and L1 blocks become events; effects
// become frames, jobs, answers and writes, in the order in which they were asked for.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  assert,
  BoundedMap,
  CodedError,
  equalBytes,
  fromHex,
  type Logger,
  type Store,
  toHex,
  unreachable,
} from "../base/index.ts";
import type { RoundJob } from "../epoch/index.ts";
import {
  blockHash,
  type Candidate,
  type Committee,
  decodeFrame,
  encodeFrame,
  Epoch,
  type Evidence,
  frameTypeOf,
  fromGenesisJson,
  type Genesis,
  genesisHash,
  Height,
  hexJson,
  isMember,
  limits,
  type Member,
  type Message,
  offenderOf,
  quorum,
  settlementDomain,
  toContradictionCall,
  type ValidatorIndex,
  View,
  zeroHash,
} from "../protocol/index.ts";
import { type Api, createApi, type Health } from "./api/index.ts";
import { Archive, type DiskRequest } from "./archive.ts";
import { systemClock } from "./clock.ts";
import type { NodeConfig, SecretSource } from "./config.ts";
import { Core } from "./core.ts";
import type { CoreEffect, CoreEvent } from "./core-events.ts";
import { blstBls, nodeNetworkSignatures } from "./crypto/index.ts";
import { Executor, type Persist } from "./executor.ts";
import { type KeptEvidence, NodeGateway } from "./gateway.ts";
import { Jobs } from "./jobs.ts";
import {
  hasSignedMark,
  KeyRing,
  leaveSignedMark,
  openKeyFile,
  readPassword,
} from "./keys/index.ts";
import { createMesh, type Mesh, type MeshPeer } from "./network/index.ts";
import { PeerTable } from "./peer-table.ts";
import { loadRecovery, nextIncarnation } from "./recovery.ts";
import { doRoundJob } from "./round-keeper.ts";
import { Roster } from "./roster.ts";
import { claimSafety, joinStores } from "./safety-store.ts";
import {
  convictCall,
  createSettlement,
  type L1State,
  type Settlement,
} from "./settlement/index.ts";
import { laneSignatures, verifierOf, voteSignatures } from "./signatures.ts";
import { StatusBook } from "./status.ts";
import { openStore } from "./storage/index.ts";
import { Pruner } from "./pruner.ts";
import {
  createLogging,
  createMetrics,
  metricDefinitions,
  type MetricsRegistry,
} from "./telemetry/index.ts";
import { openTrace, type Trace } from "./trace.ts";
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
/** When the threads are full, a part in a round waits so long, ms. */
const busyMs = 500;
/** What a validator waits for each one whose turn to post comes before its own, ms. */
const failoverMs = 6_000;

/** What the node needs of its core. */
export type NodeCore = Pick<
  Core,
  "start" | "step" | "isBroken" | "progress" | "settlements" | "candidates" | "l1"
>;

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
  const keys = await readKeys(config, genesis);
  const store = await openStores(config, { genesis, keys, logger: logging("storage") });
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

/** The safety store first: two nodes that shared it would share the key. */
async function openStores(
  config: NodeConfig,
  parts: { readonly genesis: Genesis; readonly keys: NodeKeys; readonly logger: Logger },
): Promise<Store> {
  const { genesis, keys, logger } = parts;
  const hash = genesisHash(genesis);
  const opened: Store[] = [];
  const open = async (folder: string): Promise<Store> => {
    const path = join(config.dataDirectory, folder);
    const store = await openStore(path, { genesisHash: hash, logger });
    opened.push(store);
    return store;
  };
  try {
    const safety = await open("safety");
    const main = await open("store");
    const publicKey = blstBls.publicKey(keys.validator);
    const { validator } = config.keys;
    const hasSigned = await hasSignedMark(validator, hash);
    await claimSafety({ main, safety, publicKey }, hasSigned);
    // Before anything is signed. Without it all works, but that the data directory is gone would go unnoticed.
    if (!hasSigned && !(await leaveSignedMark(validator, hash)))
      logger.warn("no mark can be left beside the validator's key", { path: validator });
    return joinStores({ main, safety });
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}

interface NodeKeys {
  readonly validator: Uint8Array;
  readonly network: Uint8Array;
  /** The public part of the network key: who this node is to others. */
  readonly identity: Uint8Array;
  /** What a dealer gave to a member of the committee of genesis. */
  readonly dealtShare: Uint8Array | undefined;
  /** Of the account that pays on L1. */
  readonly poster: Uint8Array | undefined;
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
  readonly hasShare: boolean;
}

class ConclaveNode implements RunningNode {
  readonly #parts: NodeParts;
  readonly #log: Logger;
  readonly #registry: MetricsRegistry;
  readonly #clock = systemClock();
  readonly #archive: Archive;
  readonly #statuses = new StatusBook();
  readonly #gateway: NodeGateway<Health>;
  readonly #executor: Executor<CoreEffect>;
  readonly failed: Promise<unknown>;
  #fail: (reason: unknown) => void = () => undefined;
  #trace: Trace | undefined;
  #core: NodeCore | undefined;
  #place: Place;
  /** Network keys of nodes that may listen, besides those that committees name: who is to follow, first. */
  #listeners: readonly Uint8Array[];
  /** Who sat in the committee before, and may have stayed behind. */
  #predecessors: readonly Member[] = [];
  readonly #roster: Roster;
  #keyRing: KeyRing | undefined;
  #jobs: Jobs | undefined;
  #workers: Workers | undefined;
  #mesh: Mesh | undefined;
  #settlement: Settlement | undefined;
  #api: Api | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  readonly #pruner: Pruner;
  #pruning: Promise<void> = Promise.resolve();
  /** The lowest height that is kept. */
  #oldest = Height(1);
  /** Of the last checkpoint that L1 was seen to have. */
  #anchored = Height(0);
  /** Between two cores. */
  #isRebuilding = false;
  #lastProgress: NodeCore["progress"] | undefined;
  /** When blocks that are not delivered yet became final. */
  readonly #finalAt = new Map<number, number>();
  /** Certified checkpoints by number, so that what L1 holds can be told by height. */
  readonly #certified = new Map<number, CertifiedEffect>();
  /** What the Hub took, by its count. */
  readonly #anchors = new BoundedMap<number, { number: number; height: Height }>(anchorsKept);
  #anchoring: NodeJS.Timeout | undefined;
  #meeting: NodeJS.Timeout | undefined;
  /** Whom L1 names for the next committee. */
  #candidates: readonly Candidate[] = [];
  #l1State: L1State | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#log = parts.logging("node");
    this.#registry = createMetrics(metricDefinitions);
    this.#archive = new Archive(parts.store);
    this.#pruner = new Pruner(parts.store);
    const { committee } = parts.genesis;
    const { observers } = parts.config.network;
    this.#listeners = observers.map((key) => fromHex(key) ?? new Uint8Array(32));
    this.#roster = new Roster(this.#tableOf(committee));
    this.#place = { committee, index: this.#indexIn(committee), hasShare: false };
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    const { metrics } = this.#registry;
    this.#gateway = new NodeGateway({
      genesis: parts.genesis,
      archive: this.#archive,
      statuses: this.#statuses,
      metrics,
      now: () => this.#clock.now(),
      submit: (ticket, transaction) =>
        this.#step({ type: "submit", now: this.#clock.now(), ticket, transaction }),
      evidence: async (after, limit) => this.#evidence(after, limit),
      health: () => this.#health(),
      oldest: () => this.#oldest,
    });
    this.#executor = new Executor({
      write: async (writes, { sync }) => {
        const before = performance.now();
        await parts.store.write(writes, { sync });
        if (sync) metrics.observe("store_sync_seconds", (performance.now() - before) / 1_000);
      },
      act: (effect) => this.#act(effect),
      onFailure: (error) => this.#stopBecause("the disk failed", error),
    });
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

  /** Who hears this node in an epoch: its members, and behind them those who listen, this node among them if it must. */
  #tableOf(committee: Committee): PeerTable {
    const { genesis, keys } = this.#parts;
    const former = [...this.#predecessors, ...genesis.committee.members];
    return new PeerTable(committee, [
      keys.identity,
      ...this.#listeners,
      ...former.map(({ networkKey }) => networkKey),
    ]);
  }

  #indexIn(committee: Committee): ValidatorIndex {
    const place = this.#tableOf(committee).placeOf(this.#parts.keys.identity);
    assert(place !== undefined, "this node has a place of its own");
    return place;
  }

  /** Disk first, network last: nothing is heard before what was said is known again (docs/protocol.md). */
  async start(): Promise<void> {
    const { config, keys, logging, version } = this.#parts;
    const { metrics } = this.#registry;
    metrics.gauge("build_info", 1, { version });
    this.#trace = openTrace(process.env["CONCLAVE_TRACE"]);
    this.#keyRing = await KeyRing.open({
      folder: join(config.dataDirectory, "epochs"),
      random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
      networkSecret: keys.network,
    });
    await this.#begin(this.#keyRing);
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
      this.#step({ type: "tick", now: this.#clock.now() });
    }, tickMs);
    this.#log.info("node started", { ...this.#identity(), api: this.url });
  }

  /** Makes a core of what is on disk, in the epoch that it is in, and reads on L1 from where that one stands. */
  async #begin(keyRing: KeyRing): Promise<void> {
    const { config, genesis, keys, store, createCore } = this.#parts;
    const { chainId } = genesis;
    const incarnation = await nextIncarnation(store);
    const recovery = await loadRecovery(store, genesis);
    const { committee } = recovery.epoch;
    const workers = await this.#enter(committee, keyRing);
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
    this.#core = core;
    this.#jobs = new Jobs({
      workers,
      now: () => this.#clock.now(),
      // What a core before this one asked for is of no use to it.
      onResult: (event) => {
        if (this.#core === core) this.#step(event);
      },
      onFailure: (error) => {
        if (this.#core === core) this.#stopBecause("a worker failed", error);
      },
    });
    this.#executor.run(core.start(this.#clock.now()));
    this.#log.info("state recovered", { ...core.progress, ...this.#identity(), incarnation });
    this.#settlement = this.#startSettlement(core);
    this.#onCandidates(core.candidates);
    await this.#handOver(this.#settlement);
    await this.#convictAll();
  }

  /** Takes this node's place in an epoch, with its part of the epoch's key; what earlier epochs left of theirs goes. */
  async #enter(committee: Committee, keyRing: KeyRing): Promise<Workers> {
    const { config, genesis, keys, logging } = this.#parts;
    const { epoch } = committee;
    const isFirst = epoch === genesis.committee.epoch;
    this.#predecessors = (await this.#committeeBefore(committee))?.members ?? [];
    const keyShare = (await keyRing.shareOf(epoch)) ?? (isFirst ? keys.dealtShare : undefined);
    const hasShare = keyShare !== undefined;
    this.#place = { committee, index: this.#indexIn(committee), hasShare };
    this.#roster.enter(this.#tableOf(committee));
    if (this.#isSeated && committee.sealing !== undefined && !hasShare)
      this.#log.warn("no share of the epoch's key is here: others have to open without it", {
        epoch,
      });
    await this.#workers?.close();
    this.#workers = await createWorkers({
      count: Math.max(1, config.workers),
      keyShare,
      chainId: genesis.chainId,
      committee,
      logger: logging("workers"),
    });
    await keyRing.eraseBefore(epoch);
    return this.#workers;
  }

  /** A job of a round that makes the next committee's key. */
  async #round(core: NodeCore | undefined, job: RoundJob): Promise<void> {
    const [secrets, workers] = [this.#keyRing, this.#workers];
    if (secrets === undefined || workers === undefined) return;
    try {
      const answer = await doRoundJob({ secrets, workers }, job);
      if (this.#core === core) this.#step({ type: "round-done", now: this.#clock.now(), answer });
    } catch (error) {
      if (this.#core !== core) return;
      // The threads have more urgent work, and a window lasts for many blocks.
      const isBusy = error instanceof CodedError && error.code === "BUSY";
      if (isBusy) setTimeout(() => void this.#round(core, job), busyMs);
      else this.#stopBecause("a part in a round cannot be done", error);
    }
  }

  /** The core is over and another begins from the disk, as after a restart. What is said meanwhile is said again. */
  async #rebuild(): Promise<void> {
    const keyRing = this.#keyRing;
    this.#lastProgress = this.#core?.progress;
    this.#core = undefined;
    this.#isRebuilding = true;
    await this.#executor.settled();
    await this.#settlement?.close();
    if (this.#closing !== undefined || keyRing === undefined) return;
    await this.#begin(keyRing);
    this.#isRebuilding = false;
    await this.#meet();
    this.#gateway.submitAgain();
    const now = this.#clock.now();
    for (const peer of this.#connected()) this.#step({ type: "peer-connected", now, peer });
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#anchoring);
    clearTimeout(this.#meeting);
    this.#gateway.close();
    await this.#api?.close();
    await this.#mesh?.close();
    await this.#settlement?.close();
    await this.#workers?.close();
    this.#core = undefined;
    await this.#executor.settled();
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

  /** The one door into the core. An invariant that breaks stops the node: it can keep no promise any more. */
  #step(event: CoreEvent): void {
    if (this.#core === undefined || this.#closing !== undefined) return;
    let effects: CoreEffect[];
    try {
      effects = this.#core.step(event);
    } catch (error) {
      this.#core = undefined;
      this.#stopBecause("an invariant does not hold", error);
      return;
    }
    this.#executor.run(effects);
    if (!this.#core.isBroken) return;
    this.#core = undefined;
    this.#stopBecause("a quorum certified what this node finds invalid", undefined);
  }

  /** Does what is not a write; those have been carried out in their order by now. */
  #act(effect: Exclude<CoreEffect, Persist>): void {
    switch (effect.type) {
      case "send":
        return this.#send(effect.to, effect.message);
      case "broadcast":
        return this.#broadcast(effect.message);
      case "fault":
        return this.#onFault(effect.peer, effect.code, effect.evidence);
      case "answer":
        return this.#gateway.answer(effect.ticket, effect.result);
      case "round-job":
        return void this.#round(this.#core, effect.job);
      case "compute-shares":
        // A seat whose share was lost has none to give.
        if (this.#place.hasShare) this.#jobs?.run(effect);
        return;
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
        return void this.#serve(effect).catch((error: unknown) => {
          this.#stopBecause("the disk failed", error);
        });
      case "ordered":
        return this.#onOrdered(effect);
      case "delivered":
        return this.#onDelivered(effect);
      case "certified":
      case "completed":
        return this.#onCertified(effect);
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
      peers: this.#peers(await this.#addresses()),
      genesisHash: genesisHash(genesis),
      channelOf: (frame) => (urgent.has(frameTypeOf(frame) ?? "blocks") ? "consensus" : "bulk"),
      onFrame: (number, frame) => this.#onFrame(number, frame),
      onConnected: (number) => {
        const peer = this.#roster.placeOf(number);
        const now = this.#clock.now();
        if (peer !== undefined) this.#step({ type: "peer-connected", now, peer });
      },
      onDisconnected: (number) => this.#log.info("peer disconnected", { peer: number }),
      logger: logging("network"),
      metrics: this.#registry.metrics,
    });
  }

  /** Connects to those who have a place in the epoch, and to nobody else. */
  async #meet(): Promise<void> {
    const addresses = await this.#addresses();
    this.#mesh?.setPeers(this.#peers(addresses));
  }

  #peers(addresses: ReadonlyMap<string, string>): MeshPeer[] {
    const { keys } = this.#parts;
    return this.#tableOf(this.#place.committee).keys.flatMap((networkKey) => {
      if (equalBytes(networkKey, keys.identity)) return [];
      const address = addresses.get(toHex(networkKey));
      const index = this.#roster.numberOf(networkKey);
      return [{ index, networkKey, addresses: address === undefined ? [] : [address] }];
    });
  }

  /** By network key: as the configuration says of the committee of genesis, and L1 of those who came later. */
  async #addresses(): Promise<ReadonlyMap<string, string>> {
    const { config, genesis } = this.#parts;
    const addresses = new Map<string, string>();
    for (const [i, { networkKey }] of genesis.committee.members.entries()) {
      const address = config.network.peers[i];
      if (address !== undefined) addresses.set(toHex(networkKey), address);
    }
    const members = [...this.#place.committee.members, ...this.#candidates];
    const unknown = members.filter(({ networkKey }) => !addresses.has(toHex(networkKey)));
    if (unknown.length === 0) return addresses;
    try {
      const registered = await this.#settlement?.addressesOf(unknown);
      for (const [key, address] of registered ?? [])
        if (isAddress(address)) addresses.set(key, address);
    } catch (error) {
      // They may come to us; and when L1 answers again, we find them.
      this.#log.warn("L1 does not tell where validators are reached", { error });
      this.#meetAgain();
    }
    return addresses;
  }

  #meetAgain(): void {
    clearTimeout(this.#meeting);
    this.#meeting = setTimeout(() => {
      void this.#meet().catch((error: unknown) => this.#stopBecause("the network failed", error));
    }, meetAgainMs);
  }

  /** Who is to sit in the next committee, or to come to a key for it, listens from now on. */
  #onCandidates(candidates: readonly Candidate[]): void {
    this.#candidates = candidates;
    const { observers } = this.#parts.config.network;
    this.#listeners = [
      ...observers.map((key) => fromHex(key) ?? new Uint8Array(32)),
      ...candidates.map(({ networkKey }) => networkKey),
    ];
    this.#roster.enter(this.#tableOf(this.#place.committee));
    this.#meetAgain();
  }

  #onFrame(number: number, frame: Uint8Array): void {
    // The disk is behind: what is said now is said again later, and must not pile up in memory before then.
    if (this.#executor.backlog > backlogMax) {
      this.#registry.metrics.count("frames_shed_total");
      return;
    }
    const from = this.#roster.placeOf(number);
    if (from === undefined) return;
    const decoded = decodeFrame(frame);
    if (decoded === undefined) return this.#onFault(from, "MALFORMED_MESSAGE");
    this.#step({ type: "message", now: this.#clock.now(), from, ...decoded });
  }

  #send(to: ValidatorIndex, message: Message): void {
    this.#note(message);
    const number = this.#roster.numberAt(to);
    if (number !== undefined)
      this.#mesh?.send(number, encodeFrame({ epoch: this.#epoch, message }));
  }

  #broadcast(message: Message): void {
    this.#note(message);
    this.#mesh?.broadcast(encodeFrame({ epoch: this.#epoch, message }));
  }

  #connected(): ValidatorIndex[] {
    return (this.#mesh?.connectedPeers ?? []).flatMap(
      (number) => this.#roster.placeOf(number) ?? [],
    );
  }

  /** What is said is counted, and traced where the order matters. A message may be said again. */
  #note(message: Message): void {
    const { metrics } = this.#registry;
    if (message.type === "shares") this.#trace?.write("share-sent", { height: message.height });
    if (message.type === "propose") {
      const { header } = message;
      if (this.#trace !== undefined)
        this.#trace.write("proposed", {
          epoch: header.epoch,
          view: header.view,
          hash: toHex(blockHash(header)),
        });
      metrics.count("consensus_proposals_total");
    }
    if (message.type === "vote") {
      const { kind, epoch, view, hash } = message;
      this.#trace?.write("voted", { kind, epoch, view, hash: toHex(hash) });
      metrics.count("consensus_votes_total", { kind });
    }
  }

  #onFault(peer: ValidatorIndex, code: string, evidence?: Evidence): void {
    const { metrics } = this.#registry;
    metrics.count("faults_total", { code });
    if (evidence !== undefined) metrics.count("evidence_total", { type: evidence.type });
    this.#log.warn("a validator broke a rule", { peer, code, isProven: evidence !== undefined });
    if (evidence !== undefined) this.#convict(evidence, this.#place.committee);
    const number = this.#roster.numberAt(peer);
    if (punished.has(code) && number !== undefined) this.#mesh?.penalize(number, code);
  }

  /** What peers ask for that only the disk has. Nothing is sent when it is not there. */
  async #serve(request: DiskRequest): Promise<void> {
    const message = await this.#archive.answer(request);
    if (message !== undefined) this.#send(request.to, message);
  }

  async #prune({ delivered, snapshot }: Extract<CoreEffect, { type: "prune" }>): Promise<void> {
    const retention = this.#parts.config.storage.retentionHeights;
    const keeping = { delivered, snapshot, retention, anchored: this.#anchored };
    const oldest = await this.#pruner.portion(keeping);
    if (oldest > this.#oldest) this.#oldest = oldest;
  }

  // What the core has achieved -----------------------------------------------------------------------------

  #onOrdered({ height, time, groups, dropped }: Extract<CoreEffect, { type: "ordered" }>): void {
    const now = this.#clock.now();
    const { metrics } = this.#registry;
    this.#trace?.write("final", { height });
    this.#finalAt.set(height, now);
    for (const { namespace, ids } of groups)
      for (const [index, id] of ids.entries())
        this.#statuses.ordered(id, { namespace, height, index }, now);
    for (const { id, reason } of dropped) this.#statuses.dropped(id, reason, now);
    this.#statuses.reached(height);
    const count = groups.reduce((sum, { ids }) => sum + ids.length, 0);
    metrics.count("ordered_transactions_total", {}, count);
    metrics.observe("consensus_finality_seconds", Math.max(0, now - time) / 1e6);
  }

  #onDelivered({ height, batches }: Extract<CoreEffect, { type: "delivered" }>): void {
    const now = this.#clock.now();
    const { metrics } = this.#registry;
    for (const { id, payload } of batches.flatMap(({ transactions }) => transactions)) {
      this.#statuses.opened(id, payload === undefined, now);
      metrics.count("opened_transactions_total", {
        result: payload === undefined ? "void" : "opened",
      });
    }
    const finalAt = this.#finalAt.get(height);
    this.#finalAt.delete(height);
    if (finalAt !== undefined) metrics.observe("opening_seconds", (now - finalAt) / 1e6);
    this.#gateway.opened(height);
  }

  /** Anchoring waits a moment for those who have not signed yet: every absent one costs gas. */
  #onCertified(effect: CertifiedEffect): void {
    const { number, height } = effect.certified.checkpoint;
    this.#certified.set(number, effect);
    for (const old of this.#certified.keys()) {
      if (this.#certified.size <= certifiedKept) break;
      this.#certified.delete(old);
    }
    this.#gateway.certified(effect.certified, undefined);
    this.#registry.metrics.gauge("checkpoint_height", height);
    // The last one of an epoch is carried to L1 by the next committee, once it has begun.
    if (!equalBytes(effect.certified.checkpoint.next, zeroHash)) return;
    clearTimeout(this.#anchoring);
    const delay = effect.type === "completed" ? 0 : signingPatienceMs;
    const anchorable = { ...effect, committee: this.#place.committee };
    this.#anchoring = setTimeout(() => this.#settlement?.anchor(anchorable), delay);
  }

  // L1 -----------------------------------------------------------------------------------------------------

  /** The checkpoint with which the epoch began goes to L1 before all others of it, unless L1 has it. */
  async #handOver(settlement: Settlement): Promise<void> {
    const { committee } = this.#place;
    const signer = await this.#committeeBefore(committee);
    const end = signer === undefined ? undefined : await this.#archive.epochEnd(signer.epoch);
    if (end === undefined || signer === undefined) return;
    const { certified } = end;
    const leaves = this.#certified.get(certified.checkpoint.number)?.leaves ?? [];
    settlement.anchor({ certified, leaves, committee: signer, next: committee });
  }

  /** What an earlier start found, and perhaps nobody has brought to L1. */
  async #convictAll(): Promise<void> {
    for (let after = new Uint8Array(0); ;) {
      const found = await this.#archive.evidence(after, evidencePerRead);
      for (const { evidence } of found) {
        const committee = await this.#committeeOf(offenderOf(evidence).epoch);
        if (committee !== undefined) this.#convict(evidence, committee);
      }
      const last = found.at(-1);
      if (last === undefined) return;
      after = Uint8Array.from(last.key);
    }
  }

  async #evidence(after: Uint8Array, limit: number): Promise<KeptEvidence[]> {
    const hub = hexJson(this.#parts.genesis.contracts.hub);
    const found = await this.#archive.evidence(after, limit);
    return Promise.all(
      found.map(async ({ key, evidence }): Promise<KeptEvidence> => {
        const { epoch, offender } = offenderOf(evidence);
        const committee = await this.#committeeOf(epoch);
        const call =
          committee === undefined || evidence.type !== "statements"
            ? undefined
            : toContradictionCall(evidence, { committee, bls: blstBls });
        return {
          name: key,
          evidence,
          member: committee?.members[offender],
          call: call && { to: hub, data: convictCall(call) },
        };
      }),
    );
  }

  /** Of what a validator lied with, L1 judges what it signed for consensus. */
  #convict(evidence: Evidence, committee: Committee): void {
    if (evidence.type !== "statements") return;
    const call = toContradictionCall(evidence, { committee, bls: blstBls });
    if (call !== undefined) this.#settlement?.convict(call);
  }

  async #committeeOf(epoch: Epoch): Promise<Committee | undefined> {
    const { committee: first } = this.#parts.genesis;
    if (epoch <= first.epoch) return epoch === first.epoch ? first : undefined;
    return (await this.#archive.epochEnd(Epoch(epoch - 1)))?.committee;
  }

  async #committeeBefore({ epoch }: Committee): Promise<Committee | undefined> {
    const isFirst = epoch === this.#parts.genesis.committee.epoch;
    return isFirst ? undefined : this.#committeeOf(Epoch(epoch - 1));
  }

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
        this.#step({ type: "l1", now: this.#clock.now(), block });
        const named = block.events.findLast((event) => event.type === "prepared");
        if (named?.epoch === this.#epoch + 1) this.#onCandidates(named.candidates);
      },
      onState: (state) => this.#onL1State(state),
      logger: logging("settlement"),
      metrics: this.#registry.metrics,
    });
  }

  #onL1State(state: L1State): void {
    // The same object again means that nothing has happened on L1 since.
    if (state === this.#l1State) return;
    this.#l1State = state;
    const at = this.#clock.now();
    for (const carried of state.carried) {
      const transaction = fromHex(carried.transaction);
      if (carried.type === "anchored") {
        const anchor = { number: carried.number, height: Height(carried.height) };
        if (anchor.height > this.#anchored) this.#anchored = anchor.height;
        this.#anchors.set(carried.count, anchor);
        this.#statuses.anchored({ ...anchor, transaction, at });
        const certified = this.#certified.get(carried.number)?.certified;
        if (certified !== undefined) this.#gateway.certified(certified, transaction);
      } else {
        const anchor = this.#anchors.get(carried.count);
        if (anchor !== undefined)
          this.#statuses.settled(carried.rollup, { ...anchor, transaction, at });
      }
    }
  }

  // What operators see -------------------------------------------------------------------------------------

  async #metricsText(): Promise<string> {
    const { metrics } = this.#registry;
    const progress = this.#core?.progress;
    if (progress !== undefined) {
      metrics.gauge("consensus_epoch", this.#epoch);
      metrics.gauge("consensus_epochs_behind", progress.epochsBehind);
      metrics.gauge("consensus_view", progress.view);
      metrics.gauge("consensus_final_height", progress.final);
      metrics.gauge("opened_height", progress.delivered);
      const { executed, delivered, unopenedSince } = progress;
      const behind = unopenedSince === undefined ? 0 : this.#clock.now() - unopenedSince;
      metrics.gauge("opening_behind_heights", executed - delivered);
      metrics.gauge("opening_behind_seconds", behind / 1e6);
      metrics.gauge("l1_final_block", progress.l1);
      metrics.gauge("mempool_transactions", progress.pooled);
      metrics.gauge("state_sync_height", progress.syncing?.height ?? 0);
      metrics.gauge("state_sync_chunks", progress.syncing?.chunks ?? 0);
    }
    metrics.gauge("network_peers", this.#mesh?.connectedPeers.length ?? 0);
    metrics.gauge("workers_queue_jobs", this.#workers?.waiting ?? 0);
    return this.#registry.expose();
  }

  #identity(): { readonly epoch: Epoch; readonly validator: ValidatorIndex | undefined } {
    return { epoch: this.#epoch, validator: this.#isSeated ? this.#place.index : undefined };
  }

  #health(): Health {
    const { version } = this.#parts;
    const current = this.#core?.progress;
    // Between two cores it stands where the last one stood.
    const progress = current ?? (this.#isRebuilding ? this.#lastProgress : undefined);
    const { committee } = this.#place;
    const { epoch, members } = committee;
    const seats = this.#connected().filter((peer) => isMember(committee, peer));
    const peers = seats.length;
    const final = progress?.final ?? Height(0);
    const opened = progress?.delivered ?? Height(0);
    const checks = {
      synced:
        current !== undefined &&
        progress !== undefined &&
        progress.syncing === undefined &&
        final - opened <= limits.unopenedMax,
      peers: peers + (this.#isSeated ? 1 : 0) >= quorum(members.length),
      l1: this.#settlement?.isUp === true,
    };
    return {
      live: progress !== undefined,
      // Ordering goes on without L1, so L1 alone keeps no traffic away.
      ready: checks.synced && checks.peers,
      checks,
      version,
      validator: this.#isSeated ? this.#place.index : undefined,
      epoch,
      view: progress?.view ?? View(0),
      final,
      opened,
      oldest: this.#oldest,
      peers,
      l1Block: progress?.l1 ?? 0,
    };
  }
}

type CertifiedEffect = Extract<CoreEffect, { type: "certified" | "completed" }>;

/** Small and worth the first place: what finality, and then the opening, waits for. */
const urgent: ReadonlySet<Message["type"]> = new Set([
  "propose",
  "vote",
  "certificate",
  "status",
  "lanes",
  "shares",
  "opened",
  "checkpoint-vote",
]);

/** Rules that no honest validator breaks, not even one that is behind, restarted or badly connected. */
const punished: ReadonlySet<string> = new Set(["MALFORMED_MESSAGE"]);

/** Effects that may wait for the disk before peers are not listened to. */
const backlogMax = 20_000;
const certifiedKept = 64;
const anchorsKept = 1_024;
const evidencePerRead = 64;
/** How long the rest of the committee has to sign a checkpoint that a quorum has signed, ms. */
const signingPatienceMs = 1_000;
/** Before peers are looked up again: those who are named together are met together. */
const meetAgainMs = 1_000;

async function readKeys(config: NodeConfig, genesis: Genesis): Promise<NodeKeys> {
  const { keys, l1 } = config;
  const validator = await openKeyFile(keys.validator, "validator", keys.password);
  const network = await openKeyFile(keys.network, "network", keys.password);
  const identity = nodeNetworkSignatures.publicKey(network.secret);
  const own = { publicKey: blstBls.publicKey(validator.secret), networkKey: identity };
  return {
    validator: validator.secret,
    network: network.secret,
    identity,
    dealtShare: await readDealtShare(config, genesis, own),
    poster: l1.poster === undefined ? undefined : await readPosterKey(l1.poster),
  };
}

/** Throws `CodedError` when the keys are not those of the member of genesis that the configuration names. */
async function readDealtShare(
  { validator, keys }: NodeConfig,
  { committee }: Genesis,
  own: Candidate,
): Promise<Uint8Array | undefined> {
  if (validator === undefined) return undefined;
  const member = committee.members[validator];
  if (member === undefined)
    throw new CodedError(
      "NOT_A_VALIDATOR",
      `genesis has no validator ${validator}: check \`validator\``,
    );
  const { sealing } = committee;
  const share =
    sealing === undefined ? undefined : await openKeyFile(keys.keyShare, "keyShare", keys.password);
  const isOurs =
    equalBytes(own.publicKey, member.publicKey) &&
    equalBytes(own.networkKey, member.networkKey) &&
    (share === undefined || (share.seat === validator + 1 && share.keyId === sealing?.keyId));
  if (isOurs) return share?.secret;
  throw new CodedError(
    "WRONG_KEYS",
    `the keys are not those of validator ${validator} in genesis: check the key files and \`validator\``,
  );
}

/** What operators write on L1 is theirs: only what the mesh can dial is tried. */
function isAddress(text: string): boolean {
  return /^\/(?:ip4|ip6|dns4|dns6|dns)\/[^/\s]{1,253}\/tcp\/\d{1,5}$/.test(text);
}

async function readPosterKey(source: SecretSource): Promise<Uint8Array> {
  const key = fromHex(await readPassword(source));
  if (key?.length === 32) return key;
  throw new CodedError("POSTER_KEY_INVALID", "the poster's key must be 32 bytes in hex");
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
