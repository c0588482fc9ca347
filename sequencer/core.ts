// The architecture, in code: which machine's effects are which machine's events. Consensus finalizes a payload, so
// the opening is told to release shares; the opening opens a batch, so the ledger counts it; a checkpoint falls due,
// so the attester signs it. Pure like the machines it joins: the simulator runs this very file.

import { assert, equalBytes, type Gauge, u64Bytes, unreachable } from "../base/index.ts";
import {
  certificateKey,
  initialSafety,
  Replica,
  type ReplicaEffect,
  StateSync,
  type StateSyncEffect,
  type StateSyncEvent,
  type VoteSignatures,
} from "../consensus/index.ts";
import {
  Participant,
  type ParticipantEvent,
  type RoundAnswer,
  type RoundJob,
  Succession,
} from "../epoch/index.ts";
import { Attester, type AttesterEffect, Ledger } from "../ledger/index.ts";
import {
  type LaneSignatures,
  Mempool,
  type MempoolEffect,
  Opening,
  type OpeningEffect,
  type OpeningEvent,
} from "../mempool/index.ts";
import {
  type Batch,
  type Candidate,
  blockHash,
  type CertifiedCheckpoint,
  type Checkpoint,
  checkpointHash,
  type Committee,
  type Control,
  encodeEpochEnd,
  encodeHeader,
  encodeQC,
  type Epoch,
  type EpochEnd,
  fromControlTransaction,
  type Genesis,
  genesisHash,
  Height,
  isMember,
  type L1Block,
  limits,
  type Message,
  type Micros,
  type Namespace,
  type OpenedTransaction,
  type RollupLeaf,
  type SealedTransaction,
  spaces,
  type ValidatorIndex,
  type View,
  nextCommitteeHash,
  toControlTransaction,
} from "../protocol/index.ts";
import { Chain, type ExecutedBlock, type FinalBlock, genesisTip } from "./chain.ts";
import { isClosing } from "./closing.ts";
import { EvidenceBook } from "./evidence-book.ts";
import { L1Log } from "./l1-log.ts";
import {
  encodeDeliveredRecord,
  encodeFinalRecord,
  encodeSnapshotRecord,
  type FinalRecord,
  oldestKeys,
  type Recovery,
} from "./records.ts";
import { guardSigning } from "./signing-guard.ts";
import { Snapshots } from "./snapshots.ts";
import { Handover } from "./handover.ts";
import { LaterEpochs, type VerifyAggregateOf } from "./later-epochs.ts";

/** What happens to a node. Every event carries the time at which it was seen. */
export type CoreEvent =
  | { readonly type: "tick"; readonly now: Micros }
  | {
      readonly type: "message";
      readonly now: Micros;
      /** A place in the peer table of this core's epoch: seats first, then observers. */
      readonly from: ValidatorIndex;
      /** In which the sender said it. */
      readonly epoch: Epoch;
      readonly message: Message;
    }
  | { readonly type: "peer-connected"; readonly now: Micros; readonly peer: ValidatorIndex }
  /** Who validates in the next epoch, with the key they share. Said again after every start, until the epoch ends. */
  | { readonly type: "committee"; readonly now: Micros; readonly committee: Committee }
  | {
      readonly type: "submit";
      readonly now: Micros;
      readonly ticket: number;
      readonly transaction: SealedTransaction;
    }
  /** The next finalized L1 block. */
  | { readonly type: "l1"; readonly now: Micros; readonly block: L1Block }
  /** From the keeper of the secrets, about the job of a round. */
  | { readonly type: "round-done"; readonly now: Micros; readonly answer: RoundAnswer }
  | JobResult;

/** What the workers answer to the jobs in the effects. */
export type JobResult =
  | {
      readonly type: "validated";
      readonly now: Micros;
      readonly id: Uint8Array;
      readonly isValid: boolean;
    }
  | (Extract<
      OpeningEvent,
      { readonly type: "shares-computed" | "batches-opened" | "openings-checked" }
    > & { readonly now: Micros })
  | {
      readonly type: "unsealed";
      readonly now: Micros;
      readonly height: Height;
      readonly payloads: readonly (Uint8Array | undefined)[];
    };

/** What a node does. Jobs go to the workers and come back as events. */
export type CoreEffect =
  | Exclude<ReplicaEffect, { type: "finalized" }>
  | Exclude<MempoolEffect, { type: "changed" }>
  | Exclude<OpeningEffect, { type: "opened" }>
  | Exclude<StateSyncEffect, { type: "state-fetched" }>
  /** This core is over: the host builds another from the disk, where a newer state stands than it has. */
  | { readonly type: "state-synced"; readonly height: Height }
  /** Now and then: what is older than what the node keeps may be deleted, as far as these allow it. */
  | { readonly type: "prune"; readonly delivered: Height; readonly snapshot: Height }
  | {
      readonly type: "unseal";
      readonly height: Height;
      readonly items: readonly {
        readonly transaction: SealedTransaction;
        readonly opening: Uint8Array;
      }[];
    }
  /** For the keeper of the secrets: what this node has to do for the next committee's key. */
  | { readonly type: "round-job"; readonly job: RoundJob }
  /** Send `to`, which is in this earlier epoch, the record of how that ended. */
  | { readonly type: "load-epoch-end"; readonly to: ValidatorIndex; readonly epoch: Epoch }
  /**
   * The epoch is over and all of it on disk once the writes before this are. This core does nothing any more: a new one,
   * from what is on disk, goes on in the epoch named here.
   */
  | { readonly type: "epoch-ended"; readonly next: Epoch }
  /** A block is final and its order known here. */
  | {
      readonly type: "ordered";
      readonly height: Height;
      readonly time: Micros;
      readonly groups: FinalRecord["groups"];
      readonly dropped: readonly { readonly id: Uint8Array; readonly reason: string }[];
    }
  /** A final block is opened, and all before it. */
  | { readonly type: "delivered"; readonly height: Height; readonly batches: readonly Batch[] }
  /** A quorum has signed what is to be anchored; the leaves are what its root commits to, by rollup id. */
  | {
      /** `completed`: certified before, now with nobody absent. */
      readonly type: "certified" | "completed";
      readonly certified: CertifiedCheckpoint;
      readonly leaves: readonly RollupLeaf[];
    };

export interface CorePorts {
  readonly votes: VoteSignatures;
  readonly lanes: LaneSignatures;
  /** For the committees of later epochs. */
  readonly verifyAggregateOf: VerifyAggregateOf;
}

/** The answer to what this node submits itself is nobody's. */
const ownTicket = -1;

export interface CoreOptions {
  readonly genesis: Genesis;
  /** This node's place in the peer table of its epoch (`Recovery.epoch`): a seat, or an observer's behind them. */
  readonly index: ValidatorIndex;
  /** Of this node, 32 bytes. */
  readonly networkKey: Uint8Array;
  /** Counts the starts of this node; on disk before the first step. */
  readonly incarnation: number;
  /** The first word of every signed digest. */
  readonly domain: Uint8Array;
  /** See `ChainParts`, µs; 0 proposes as soon as there is work. */
  readonly blockInterval?: number;
  /** How far behind this node may be before it fetches a snapshot, in heights; `stateSyncHeights` if not said. */
  readonly behindMax?: number;
}

type MessageEvent = Extract<CoreEvent, { type: "message" }>;

/** A final block on its way from its order to its delivery. */
interface Pending {
  readonly block: FinalBlock;
  /** When it became final here. */
  readonly since: Micros;
  openings: readonly Uint8Array[] | undefined;
  payloads: readonly (Uint8Array | undefined)[] | undefined;
}

/** Final blocks executed and not opened; a node at the tip has a few. */
const unopenedAheadMax = 256;
/** Final blocks behind this one from which on it counts as old. */
const oldBehind = 8;
/** Between two portions of what is deleted, µs. */
const pruneInterval = 500_000;
/** Checkpoints whose leaves are kept until a quorum has signed them. */
const leavesKept = 64;

export class Core {
  readonly #replica: Replica;
  readonly #mempool: Mempool;
  readonly #opening: Opening;
  readonly #ledger: Ledger;
  readonly #attester: Attester;
  readonly #l1: L1Log;
  readonly #committee: Committee;
  readonly #handover: Handover;
  readonly #later: LaterEpochs;
  readonly #succession: Succession;
  readonly #participant: Participant;
  readonly #sign: LaneSignatures["sign"];
  readonly #chain: Chain;

  /** Final and executed, not yet delivered, by height. */
  readonly #pending = new Map<number, Pending>();
  /** What was opened before a restart and needs no share to be opened again. */
  readonly #recoveredOpenings: Map<number, readonly Uint8Array[]>;
  #delivered: Height;
  /** Leaves under a checkpoint's root, by its height. */
  readonly #leaves = new Map<number, readonly RollupLeaf[]>();
  readonly #snapshots: Snapshots;
  readonly #stateSync: StateSync;
  readonly #chainId: number;
  readonly #hasRounds: boolean;
  readonly #isSeated: boolean;
  /** The epoch has closed with the key of a round, of which this node may have a share. */
  #mustJudge = false;
  /** What this node has worked out of the epoch's last checkpoint. */
  #reached: Checkpoint | undefined;
  #pruneAt = 0;
  /** What comes next is on disk: a newer state, or another epoch. */
  #isOver = false;
  readonly #evidence: EvidenceBook;
  #out: CoreEffect[] = [];
  #hasChanged = false;

  constructor(ports: CorePorts, options: CoreOptions, recovery: Recovery, now: Micros) {
    const { genesis, index, incarnation, domain } = options;
    const { parameters, chainId } = genesis;
    const hash = genesisHash(genesis);
    const { snapshot, epoch } = recovery;
    const { committee } = epoch;
    this.#committee = committee;
    this.#handover = new Handover({
      committee,
      domain,
      verifyAggregate: (signers, digest, signature) =>
        ports.votes.verifyAggregate(signers, digest, signature),
    });
    this.#later = new LaterEpochs({
      domain,
      seats: committee.members.length,
      verifyAggregateOf: ports.verifyAggregateOf,
    });
    const tip = snapshot === undefined ? genesisTip(genesis, hash) : snapshot.tip;
    const beginsEpoch = tip.height === epoch.height;
    this.#chainId = chainId;
    this.#hasRounds = parameters.dkgWindow > 0;
    this.#isSeated = isMember(committee, index);
    this.#sign = (digest) => ports.lanes.sign(digest);
    this.#succession = new Succession(
      { committee, parameters },
      tip.height,
      beginsEpoch ? undefined : snapshot?.state.succession,
    );
    this.#participant = new Participant(this.#succession, options.networkKey);
    this.#delivered = tip.height;
    this.#recoveredOpenings = new Map(recovery.openings);
    // What the state has read already is not read again.
    this.#l1 = new L1Log(Math.max(genesis.l1Start, tip.l1.number + 1), recovery.l1);
    this.#ledger = new Ledger(
      { l1: this.#l1 },
      { genesis, genesisHash: hash, committee },
      snapshot?.state.ledger,
    );
    this.#mempool = new Mempool(
      {
        admission: {
          check: (transaction) => this.#ledger.check(transaction, this.#chain.final.height),
        },
        signatures: ports.lanes,
      },
      { committee, index, incarnation, parameters, chainId, genesisHash: hash },
      {
        ...(snapshot === undefined ? {} : { snapshot: snapshot.state.mempool }),
        lanes: recovery.lanes,
        transactions: recovery.transactions,
        stamps: recovery.stamps,
        final: tip.hash,
        beginsEpoch: snapshot !== undefined && beginsEpoch,
      },
    );
    this.#opening = new Opening({ committee, index }, { final: this.#delivered, unopened: [] });
    this.#evidence = new EvidenceBook(recovery.evidence);
    const votes = guardSigning(ports.votes, {
      safety: recovery.replica.safety ?? initialSafety(committee.epoch),
      attested: recovery.attester.attested.map((checkpoint) => ({
        height: checkpoint.height,
        hash: checkpointHash(checkpoint),
      })),
    });
    this.#snapshots = new Snapshots(recovery.snapshots);
    this.#stateSync = new StateSync(
      {
        self: index,
        seats: committee.members.length,
        viewTimeout: parameters.viewTimeout,
        behindMax: options.behindMax ?? limits.stateSyncHeights,
      },
      recovery.fetched,
      now,
    );
    this.#attester = new Attester(
      { signatures: votes },
      { committee, self: isMember(committee, index) ? index : undefined, domain },
      recovery.attester,
    );
    this.#chain = new Chain(
      {
        mempool: this.#mempool,
        ledger: this.#ledger,
        l1: this.#l1,
        snapshots: this.#snapshots,
        epochTime: parameters.epochTime,
        hasSealingKey: committee.sealing !== undefined,
        nextCommittee: (height) => this.#nextCommittee(height),
        isOpeningBehind: (now) => this.#isOpeningBehind(now),
        blockInterval: options.blockInterval ?? 0,
      },
      tip,
    );
    for (const { header, certificate } of recovery.headers)
      this.#chain.enqueue([header], certificate);
    this.#replica = new Replica(
      { application: this.#chain.application, signatures: votes },
      { committee, index, domain, origin: epoch, parameters },
      recovery.replica,
      now,
    );
  }

  /** To be called once, before any event: what was final is worked out again, then votes are re-sent. */
  start(now: Micros): CoreEffect[] {
    return this.#collect(() => {
      this.#execute(now);
      this.#participate({ type: "advanced" }, now);
      this.#absorb(this.#replica.start(now), now);
    });
  }

  /** One event in, what to do about it out. Nothing a peer or a caller sends makes it throw. */
  step(event: CoreEvent): CoreEffect[] {
    if (this.#isOver) return [];
    return this.#collect(() => {
      this.#dispatch(event);
      // What has arrived may be what a final block, a proposal or a leader has been waiting for.
      if (!this.#hasChanged || this.#isOver) return;
      this.#hasChanged = false;
      this.#execute(event.now);
      this.#absorb(this.#replica.step({ type: "application-changed", now: event.now }), event.now);
    });
  }

  /** A quorum certified what this node finds invalid: one of the two computes wrongly, and it must not go on. */
  get isBroken(): boolean {
    return this.#replica.isBroken;
  }

  /** What is held of everything that grows, by machine. */
  get gauges(): Gauge[] {
    const parts = {
      consensus: this.#replica.gauges,
      mempool: this.#mempool.gauges,
      opening: this.#opening.gauges,
      ledger: this.#ledger.gauges,
      attester: this.#attester.gauges,
      chain: this.#chain.gauges,
      snapshots: this.#snapshots.gauges,
      "state-sync": this.#stateSync.gauges,
      core: [
        { name: "pending", size: this.#pending.size, max: limits.unopenedHeightsMax },
        { name: "leaves", size: this.#leaves.size, max: leavesKept },
      ],
    };
    return Object.entries(parts).flatMap(([part, gauges]) =>
      gauges.map((gauge) => ({ ...gauge, name: `${part}/${gauge.name}` })),
    );
  }

  /** For status and metrics. */
  get progress(): Progress {
    return {
      epoch: this.#committee.epoch,
      view: this.#replica.view,
      final: this.#replica.finalHeight,
      executed: this.#chain.final.height,
      delivered: this.#delivered,
      unopenedSince: this.#oldestPending?.since,
      l1: this.#l1.last,
      pooled: this.#mempool.counters.pooled,
      syncing: this.#stateSync.progress,
      epochsBehind: (this.#later.newest ?? this.#committee.epoch) - this.#committee.epoch,
    };
  }

  /** The settlement contract of every rollup by its id, as of the newest L1 block read, 20 bytes each. */
  get settlements(): Map<number, Uint8Array> {
    const namespaces = this.#ledger.namespaces();
    return this.#l1.settlements(
      new Map(namespaces.map(({ namespace, settlement }) => [namespace, settlement])),
    );
  }

  /** Whom L1 names for the next committee, as of the last block executed; none while it names nobody. */
  get candidates(): readonly Candidate[] {
    return this.#ledger.candidates ?? [];
  }

  /** The newest L1 block read, with its hash if it is still known. */
  get l1(): { readonly number: number; readonly hash: Uint8Array | undefined } {
    return { number: this.#l1.last, hash: this.#l1.hashAt(this.#l1.last) };
  }

  #collect(work: () => void): CoreEffect[] {
    work();
    const effects = this.#out;
    this.#out = [];
    return effects;
  }

  #dispatch(event: CoreEvent): void {
    const { now } = event;
    switch (event.type) {
      case "tick":
        this.#absorb(this.#mempool.step(event), now);
        this.#absorb(this.#replica.step(event), now);
        this.#absorb(this.#opening.step(event), now);
        this.#absorb(this.#attester.step(event), now);
        this.#absorb(this.#snapshots.work(), now);
        this.#syncState(now);
        this.#prune(now);
        return;
      case "peer-connected":
        this.#absorb(this.#replica.step(event), now);
        this.#absorb(this.#mempool.step(event), now);
        return;
      case "message":
        if (event.epoch === this.#committee.epoch) this.#onMessage(event.from, event.message, now);
        else this.#onOtherEpoch(event);
        return;
      case "committee":
        this.#hasChanged ||= this.#handover.learn(event.committee);
        return;
      case "submit":
      case "validated":
        this.#absorb(this.#mempool.step(event), now);
        return;
      case "l1":
        this.#absorb(this.#l1.append(event.block, now, this.#chain.final.l1.number), now);
        this.#hasChanged = true;
        return;
      case "round-done":
        this.#participate(event.answer, now);
        this.#hasChanged = true;
        this.#tryEnd(now);
        return;
      case "unsealed":
        this.#onUnsealed(event.height, event.payloads, now);
        return;
      case "shares-computed":
      case "batches-opened":
      case "openings-checked":
        this.#absorb(this.#opening.step(event), now);
    }
  }

  #onMessage(from: ValidatorIndex, message: Message, now: Micros): void {
    switch (message.type) {
      case "propose":
      case "vote":
      case "certificate":
      case "status":
      case "get-blocks":
      case "get-certificates":
        return this.#absorb(this.#replica.step({ type: "message", now, from, message }), now);
      case "blocks":
        this.#absorb(this.#stateSync.step({ type: "message", now, from, message }), now);
        return this.#absorb(this.#replica.step({ type: "message", now, from, message }), now);
      case "get-snapshot":
      case "snapshot-chunk":
        return this.#absorb(this.#stateSync.step({ type: "message", now, from, message }), now);
      case "lanes":
      case "get-lanes":
      case "lane-tips":
      case "transactions":
      case "get-transactions":
        return this.#absorb(this.#mempool.step({ type: "message", now, from, message }), now);
      case "shares":
      case "opened":
      case "pull-openings":
        return this.#absorb(this.#opening.step({ type: "message", now, from, message }), now);
      case "checkpoint-vote":
        return this.#absorb(this.#attester.step({ type: "message", now, from, message }), now);
      case "epoch-end":
        return this.#onEpochEnd(from, message, now);
      default:
        return unreachable(message);
    }
  }

  /** From a node that is in another epoch: what it asks of the past is answered, and its answers prove themselves. */
  #onOtherEpoch({ from, epoch, message, now }: MessageEvent): void {
    const isBehind = epoch < this.#committee.epoch;
    if (!isBehind) this.#onAhead(from, { epoch, message }, now);
    switch (message.type) {
      case "get-blocks":
      case "get-lanes":
      case "get-transactions":
      case "pull-openings":
      case "get-snapshot":
      // Transactions belong to no epoch, and who stayed behind may be the only one that was given them.
      case "transactions":
      case "epoch-end":
        return this.#onMessage(from, message, now);
      case "get-certificates":
        if (isBehind) this.#answerWithEnd(from, message.epoch, now);
        return;
      case "status":
      case "vote":
      case "propose":
        if (isBehind && this.#handover.mayTell(from, now))
          this.#out.push({ type: "load-epoch-end", to: from, epoch });
        return;
      case "blocks":
      case "lanes":
      case "opened":
      case "snapshot-chunk":
        if (!isBehind) this.#onMessage(from, message, now);
        return;
      case "certificate":
      case "lane-tips":
      case "shares":
      case "checkpoint-vote":
        return;
      default:
        return unreachable(message);
    }
  }

  /** Who stayed far behind asks for the end of one epoch after another, also of those after its own. */
  #answerWithEnd(to: ValidatorIndex, epoch: Epoch, now: Micros): void {
    if (epoch < this.#committee.epoch && this.#handover.mayAnswer(to, now))
      this.#out.push({ type: "load-epoch-end", to, epoch });
  }

  /** A peer is in a later epoch. What it is asked for, and how far it says that it is, shows how far behind we are. */
  #onAhead(
    from: ValidatorIndex,
    { epoch, message }: Pick<MessageEvent, "epoch" | "message">,
    now: Micros,
  ): void {
    this.#askForEnd(from, now);
    this.#beginLater(now);
    const wanted = this.#later.onHeard(from, epoch, now);
    if (wanted !== undefined) this.#askForCertificates(from, wanted);
    const qc = message.type === "status" ? message.commitQC : undefined;
    if (qc !== undefined && !this.#later.onCommit(from, qc, now))
      this.#out.push({ type: "fault", peer: from, code: "BAD_CERTIFICATE" });
  }

  /** Records of ends stand ahead of the state they lead to: a start goes by those that are not above its state. */
  #beginLater(now: Micros): void {
    const { certified, next, nextHash } = this.#handover;
    if (certified === undefined || next === undefined || nextHash === undefined) return;
    if (!equalBytes(nextHash, certified.checkpoint.next) || !this.#later.begin(next, now)) return;
    const { commitQC } = this.#replica;
    this.#keepEnd({ certified, committee: next, commitQC });
  }

  #keepEnd(end: EpochEnd): void {
    this.#put(spaces.epoch, end.certified.checkpoint.epoch, encodeEpochEnd(end));
  }

  /** A question about certificates of this epoch is answered, by whoever is in a later one, with how this one ended. */
  #askForEnd(to: ValidatorIndex, now: Micros): void {
    if (this.#handover.mayAsk(now)) this.#askForCertificates(to, this.#committee.epoch);
  }

  #askForCertificates(to: ValidatorIndex, epoch: Epoch): void {
    const { view } = this.#replica;
    const message = { type: "get-certificates", epoch, from: view, to: view } as const;
    this.#out.push({ type: "send", to, message });
  }

  /** This node stayed behind. It takes the certificate from others, and still works out itself what was certified. */
  #onEpochEnd(from: ValidatorIndex, end: EpochEnd, now: Micros): void {
    const isOwn = end.certified.checkpoint.epoch === this.#committee.epoch;
    const shown = isOwn ? this.#handover.onShown(from, end) : this.#later.onShown(from, end);
    if (shown === "false") this.#out.push({ type: "fault", peer: from, code: "BAD_EPOCH_END" });
    if (shown !== "new") return;
    if (!isOwn) return this.#keepEnd(end);
    if (end.commitQC !== undefined)
      this.#absorb(this.#replica.step({ type: "shown", now, from, qc: end.commitQC }), now);
    this.#hasChanged = true;
    this.#tryEnd(now);
  }

  /** Passes on what is for the world, and turns the rest into other machines' events, in place. */
  #absorb(effects: readonly MachineEffect[], now: Micros): void {
    for (const effect of effects) {
      if (this.#isOver) return;
      switch (effect.type) {
        case "finalized":
          this.#chain.enqueue(effect.headers, effect.certificate);
          this.#execute(now);
          break;
        case "changed":
          this.#hasChanged = true;
          break;
        case "opened":
          this.#onOpened(effect.height, effect.openings, now);
          break;
        case "state-fetched":
          this.#onStateFetched(effect);
          break;
        case "certified":
        case "completed":
          this.#onCertified(effect.type, effect.certified, now);
          break;
        case "send":
        case "broadcast":
          this.#out.push(effect);
          this.#foresee(effect.message, now);
          break;
        case "answer":
          if (effect.ticket !== ownTicket) this.#out.push(effect);
          break;
        case "fault":
          this.#onFault(effect);
          break;
        case "persist":
        case "serve-blocks":
        case "validate":
        case "load-lanes":
        case "load-transactions":
        case "compute-shares":
        case "open-batches":
        case "check-openings":
        case "load-openings":
        case "load-snapshot":
          this.#out.push(effect);
          break;
        default:
          unreachable(effect);
      }
    }
  }

  /** What this node votes for will very likely be final: its decryption shares are computed while the others vote. */
  #foresee(message: Message, now: Micros): void {
    if (message.type !== "vote" || message.kind === "skip") return;
    const block = this.#chain.executed(message.hash);
    if (block === undefined) return;
    const { height } = block.header;
    const transactions = sealedOf(block);
    const prepared = {
      type: "prepared",
      now,
      height,
      blockHash: block.hash,
      transactions,
    } as const;
    this.#absorb(this.#opening.step(prepared), now);
  }

  /** Works out final blocks as far as their data is here, and has each opened. */
  #execute(now: Micros): void {
    const before = this.#chain.final.height;
    this.#executeAll(now);
    if (this.#chain.final.height > before) this.#participate({ type: "advanced" }, now);
  }

  #executeAll(now: Micros): void {
    // What is executed waits in memory for its opening, so a node that catches up goes only so far ahead. At the tip
    // no leader orders anything sealed long before that; empty blocks open by themselves and are never held up.
    while (this.#opening.unopened < unopenedAheadMax) {
      const block = this.#chain.advance();
      if (block === undefined) return;
      const { height } = block.header;
      const { hash, certificate, dropped } = block;
      const groups = groupsOf(block);
      this.#succeed(block, now);
      this.#put(spaces.ordered, height, encodeFinalRecord({ hash, certificate, groups }));
      this.#out.push({ type: "ordered", height, time: block.payload.time, groups, dropped });
      if (this.#snapshots.isDue(height) || this.#chain.final.isClosed) this.#remember();
      this.#open(block, now);
      // A block that waited for its data no longer stands in the way of those above it.
      this.#hasChanged = true;
    }
  }

  /** What a final block means for who comes next; the closing one leaves it as it is. */
  #succeed({ header, payload, ordered }: FinalBlock, now: Micros): void {
    const { height } = header;
    if (isClosing(payload.nextCommittee)) {
      // A node that catches up comes here at once. It has to work out its own share of the key from what was said before
      // it may forget that.
      this.#participate({ type: "advanced" }, now);
      this.#mustJudge = this.#succession.attempt !== undefined;
      const next = this.#succession.nextCommittee(height);
      if (next !== undefined && next !== "unknown") this.#handover.learn(next);
      return;
    }
    const controls = ordered.flatMap(
      ({ transaction }) => fromControlTransaction(transaction) ?? [],
    );
    const { epochStart } = this.#ledger.final;
    const { candidates } = this.#ledger;
    this.#succession.onFinal({ height, time: payload.time, epochStart, candidates, controls });
  }

  /** With whom a block may close the epoch: the word of a quorum, or what follows from the chain. */
  #nextCommittee(height: Height): Uint8Array | "unknown" | undefined {
    const { certified, nextHash } = this.#handover;
    if (certified !== undefined) return nextHash;
    // Without rounds whoever hosts this node says who comes next, and no block is wrong before it has.
    if (!this.#hasRounds) return nextHash ?? "unknown";
    const next = this.#succession.nextCommittee(height);
    return next === undefined || next === "unknown" ? next : nextCommitteeHash(next);
  }

  #participate(event: ParticipantEvent, now: Micros): void {
    for (const effect of this.#participant.step(event)) {
      if (effect.type === "say") this.#say(effect.control, effect.expiry, now);
      else this.#out.push(effect);
    }
  }

  /** Through this node's own lane, or, while it has no seat, through those of others. */
  #say(control: Control, expiry: Height, now: Micros): void {
    const place = { chainId: this.#chainId, expiry, sign: this.#sign };
    const transaction = toControlTransaction(control, place);
    if (this.#isSeated)
      this.#absorb(
        this.#mempool.step({ type: "submit", now, ticket: ownTicket, transaction }),
        now,
      );
    else this.#out.push({ type: "broadcast", message: spoken(transaction) });
  }

  /** A final block: from here on, and not before, may this node's shares of it leave. */
  #open(block: FinalBlock, now: Micros): void {
    const { height } = block.header;
    const sealed = sealedOf(block);
    const recovered = this.#recoveredOpenings.get(height);
    this.#recoveredOpenings.delete(height);
    this.#pending.set(height, { block, since: now, openings: undefined, payloads: undefined });
    const isOpened = sealed.length === 0 || recovered?.length === sealed.length;
    if (isOpened) this.#onOpened(height, recovered ?? [], now);
    // The opening hears of every height; in one that is open already, nothing is left for it to do.
    const transactions = isOpened ? [] : sealed;
    const blockHash = block.hash;
    // Old blocks have been opened by the others long ago: it is cheaper to ask than to open them again.
    const isOld = this.#chain.backlog > oldBehind;
    const final = { type: "final", now, height, blockHash, transactions, isOld } as const;
    this.#absorb(this.#opening.step(final), now);
  }

  #onOpened(height: Height, openings: readonly Uint8Array[], now: Micros): void {
    const pending = this.#pending.get(height);
    if (pending === undefined || pending.openings !== undefined) return;
    pending.openings = openings;
    const transactions = sealedOf(pending.block);
    if (transactions.length === 0) return this.#onUnsealed(height, [], now);
    const items = transactions.map((transaction, i) => {
      const opening = openings[i];
      assert(opening !== undefined, "a batch has one opening for each sealed transaction");
      return { transaction, opening };
    });
    this.#out.push({ type: "unseal", height, items });
  }

  #onUnsealed(height: Height, payloads: readonly (Uint8Array | undefined)[], now: Micros): void {
    const pending = this.#pending.get(height);
    if (pending?.openings === undefined) return;
    pending.payloads = payloads;
    this.#deliver(now);
  }

  /** Measured on this node's own opening: too many final heights wait for it, or one for too long. */
  #isOpeningBehind(now: Micros): boolean {
    const since = this.#oldestPending?.since ?? now;
    return this.#pending.size > limits.unopenedMax || now - since > limits.unopenedTimeMax;
  }

  get #oldestPending(): Pending | undefined {
    return this.#pending.values().next().value;
  }

  /** Delivers strictly by height: batches are opened in any order, and counted in one. */
  #deliver(now: Micros): void {
    for (;;) {
      const height = Height(this.#delivered + 1);
      const pending = this.#pending.get(height);
      if (pending?.payloads === undefined) return;
      this.#pending.delete(height);
      this.#delivered = height;
      const { block } = pending;
      const { batches, checkpoint, leaves } = this.#ledger.applyOpened({
        height,
        blockHash: block.hash,
        transactions: openedTransactions(pending),
      });
      const openings = pending.openings ?? [];
      const inbox = batches.flatMap((batch) => batch.inbox);
      this.#put(spaces.opening, height, encodeDeliveredRecord({ openings, inbox }));
      this.#out.push({ type: "delivered", height, batches });
      const isLast = isClosing(block.payload.nextCommittee);
      // The state of a closing block is written with the end of its epoch, or a start from it would wait for that for ever.
      if (this.#snapshots.isDue(height) && !isLast)
        this.#absorb(this.#snapshots.onOpened(height, this.#ledger.totalsSnapshot()), now);
      // The ledger takes in only so many blocks ahead of their openings; there is room for one more.
      this.#hasChanged ||= this.#chain.backlog > 0;
      if (checkpoint === undefined) continue;
      this.#leaves.set(height, leaves);
      for (const old of this.#leaves.keys()) {
        if (this.#leaves.size <= leavesKept) break;
        this.#leaves.delete(old);
      }
      this.#absorb(this.#attester.step({ type: "due", now, checkpoint }), now);
      if (isLast) this.#reached = checkpoint;
      if (isLast) return this.#tryEnd(now);
    }
  }

  /** The epoch is over here when its last block is delivered and a quorum has signed what comes of it. */
  #tryEnd(now: Micros): void {
    const { certified, next } = this.#handover;
    if (certified === undefined || this.#reached === undefined || next === undefined) return;
    if (this.#mustJudge && !this.#succession.isJudged) return;
    assert(
      equalBytes(checkpointHash(this.#reached), checkpointHash(certified.checkpoint)),
      "what a quorum signed is what this node works out",
    );
    const leaves = this.#leaves.get(this.#delivered);
    if (leaves !== undefined) this.#out.push({ type: "certified", certified, leaves });
    const { epoch } = this.#committee;
    const { commitQC } = this.#replica;
    const value = encodeEpochEnd({ certified, committee: next, commitQC });
    this.#put(spaces.epoch, epoch, value);
    // The record of the snapshot is synced, and carries that of the epoch down with it.
    const totals = this.#ledger.totalsSnapshot();
    this.#absorb(this.#snapshots.onOpened(this.#delivered, totals), now);
    this.#absorb(this.#snapshots.finish(), now);
    this.#out.push({ type: "epoch-ended", next: next.epoch });
    this.#isOver = true;
  }

  #onCertified(type: "certified" | "completed", certified: CertifiedCheckpoint, now: Micros): void {
    if (isClosing(certified.checkpoint.next)) {
      this.#handover.onCertified(certified);
      return this.#tryEnd(now);
    }
    const leaves = this.#leaves.get(certified.checkpoint.height);
    // Certified by others before we have opened that far; a later checkpoint holds all it holds.
    if (leaves === undefined) return;
    for (const height of this.#leaves.keys())
      if (height < certified.checkpoint.height) this.#leaves.delete(height);
    this.#out.push({ type, certified, leaves });
  }

  #prune(now: Micros): void {
    const snapshot = this.#snapshots.oldestKept;
    if (now < this.#pruneAt || snapshot === undefined) return;
    this.#pruneAt = now + pruneInterval;
    this.#out.push({ type: "prune", delivered: this.#delivered, snapshot });
  }

  #syncState(now: Micros): void {
    const { commitQC: commit, finalHeight: height, finalView: view } = this.#replica;
    const later = this.#later.goal;
    const final = { height, view };
    const tick: StateSyncEvent = {
      type: "tick",
      now,
      commit,
      final,
      ...(later === undefined ? {} : { later }),
    };
    this.#absorb(this.#stateSync.step(tick), now);
  }

  /** All of it in one write, with all chunks before it: whatever comes between, there is a whole state to begin from. */
  #onStateFetched({ destination, bytes, hashes }: StateFetched): void {
    const { name, headers, certificate } = destination;
    const block = headers.at(-1);
    assert(block?.height === name.height, "a walk ends at the block of the state");
    const { height } = name;
    const record = encodeSnapshotRecord({ height, hash: blockHash(block), bytes, hashes });
    const key = certificateKey(certificate.epoch, certificate.view, certificate.kind);
    const writes = [
      ...headers.map((header) => ({
        space: spaces.block,
        key: blockHash(header),
        value: encodeHeader(header),
      })),
      { space: spaces.certificate, key, value: encodeQC(certificate) },
      { space: spaces.meta, key: oldestKeys.fetched, value: u64Bytes(height + 1) },
      { space: spaces.snapshot, key: u64Bytes(height), value: record },
    ];
    this.#out.push({ type: "persist", writes, sync: true }, { type: "state-synced", height });
    this.#isOver = true;
  }

  /** The state exactly after the last executed block; what its openings change is added when they are here. */
  #remember(): void {
    const { height, hash, named } = this.#chain.final;
    const ordering = this.#ledger.orderingSnapshot();
    const succession = this.#succession.snapshot();
    const mempool = this.#mempool.snapshot();
    this.#snapshots.onExecuted({ height, hash, named, ordering, mempool, succession });
  }

  /** What proves the fault to others is kept; unsynced, for a lie that a crash forgets costs nobody but the judges. */
  #onFault(fault: Extract<CoreEffect, { type: "fault" }>): void {
    const writes = fault.evidence === undefined ? [] : this.#evidence.keep(fault.evidence);
    if (writes.length > 0) this.#out.push({ type: "persist", writes, sync: false });
    this.#out.push(fault);
  }

  #put(space: string, key: Height | Epoch, value: Uint8Array): void {
    const writes = [{ space, key: u64Bytes(key), value }];
    this.#out.push({ type: "persist", writes, sync: false });
  }
}

type MachineEffect =
  | ReplicaEffect
  | MempoolEffect
  | OpeningEffect
  | AttesterEffect
  | StateSyncEffect;
type StateFetched = Extract<StateSyncEffect, { type: "state-fetched" }>;

/** How far the node is. */
export interface Progress {
  readonly epoch: Epoch;
  readonly view: View;
  readonly final: Height;
  /** Final and worked out here. */
  readonly executed: Height;
  /** Opened, with all before it. */
  readonly delivered: Height;
  /** When the oldest final height that is not delivered became final here, µs; undefined when all are. */
  readonly unopenedSince: Micros | undefined;
  /** The last L1 block read. */
  readonly l1: number;
  /** Valid transactions that no final block has. */
  readonly pooled: number;
  /** A snapshot that is looked for, at height 0, or fetched: so many chunks are here. */
  readonly syncing: StateSync["progress"];
  /** Epochs after this one whose committees are proven; 0 for a node that is where the others are. */
  readonly epochsBehind: number;
}

function spoken(transaction: SealedTransaction): Message {
  return { type: "transactions", transactions: [transaction] };
}

function sealedOf(block: ExecutedBlock): SealedTransaction[] {
  return block.ordered.flatMap(({ transaction }) =>
    transaction.version === 1 ? [transaction] : [],
  );
}

/** The block's order as it is kept: it stands by namespace already. */
function groupsOf(block: FinalBlock): FinalRecord["groups"] {
  const groups: { namespace: Namespace; ids: Uint8Array[] }[] = [];
  for (const { id, transaction } of block.ordered) {
    const { namespace } = transaction.envelope;
    const last = groups.at(-1);
    if (last?.namespace === namespace) last.ids.push(id);
    else groups.push({ namespace, ids: [id] });
  }
  return groups;
}

/** The block's transactions with what opens them; a clear one opens itself. */
function openedTransactions({ block, openings, payloads }: Pending): OpenedTransaction[] {
  let at = 0;
  return block.ordered.map(({ id, transaction }) => {
    if (transaction.version !== 1)
      return { id, transaction, opening: new Uint8Array(0), payload: transaction.body };
    const opening = openings?.[at] ?? new Uint8Array(0);
    return { id, transaction, opening, payload: payloads?.[at++] };
  });
}
