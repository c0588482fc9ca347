// The architecture, in code: which machine's effects are which machine's events. Consensus finalizes a payload, so
// the opening is told to release shares; the opening opens a batch, so the ledger counts it; a checkpoint falls due,
// so the attester signs it. Pure like the machines it joins: the simulator runs this very file.

import {
  assert,
  BoundedMap,
  equalBytes,
  type Gauge,
  u64Bytes,
  unreachable,
} from "../base/index.ts";
import type {
  Replica,
  ReplicaEffect,
  StateSync,
  StateSyncEffect,
  StateSyncEvent,
} from "../consensus/index.ts";
import type { ParticipantEvent } from "../epoch/index.ts";
import type { Attester, AttesterEffect, Fees, Ledger } from "../ledger/index.ts";
import type { Mempool, MempoolEffect, Opening, OpeningEffect } from "../mempool/index.ts";
import {
  type Candidate,
  type CertifiedCheckpoint,
  type Checkpoint,
  checkpointHash,
  type Committee,
  decodePayload,
  encodeEpochEnd,
  type Epoch,
  type EpochEnd,
  Height,
  isMember,
  type Message,
  type Micros,
  type RollupLeaf,
  type SealedTransaction,
  spaces,
  type ValidatorIndex,
} from "../protocol/index.ts";
import type { Chain } from "./chain.ts";
import { isClosing } from "./closing.ts";
import type { CoreEffect, CoreEvent, Progress } from "./core-events.ts";
import type { Delivery } from "./delivery.ts";
import { type FinalBlock, groupsOf, sealedOf } from "./executed-block.ts";
import { type StateFetched, toFetchedState } from "./fetched-state.ts";
import type { Handover } from "./handover.ts";
import type { L1Log } from "./l1-log.ts";
import {
  type CoreOptions,
  type CorePorts,
  createMachines,
  gaugesOf,
  type Machines,
} from "./machines.ts";
import { OtherEpochs } from "./other-epochs.ts";
import { encodeDeliveredRecord, encodeFinalRecord, type Recovery } from "./records.ts";
import type { Rounds } from "./rounds.ts";
import type { Snapshots } from "./snapshots.ts";

/** The answer to what this node submits itself is nobody's. */
const ownTicket = -1;

/** Final blocks executed and not opened; a node at the tip has a few. */
const unopenedAheadMax = 256;
/** Final blocks behind this one from which on it counts as old. */
const oldBehind = 8;
/** Between two portions of what is deleted, µs. */
const pruneInterval = 500_000;
/** Checkpoints whose leaves are kept until a quorum has signed them. */
const leavesKept = 64;

export class Core {
  readonly #machines: Machines;
  readonly #committee: Committee;
  readonly #isSeated: boolean;
  readonly #replica: Replica;
  readonly #stateSync: StateSync;
  readonly #mempool: Mempool;
  readonly #opening: Opening;
  readonly #ledger: Ledger;
  readonly #attester: Attester;
  readonly #chain: Chain;
  readonly #delivery: Delivery;
  readonly #snapshots: Snapshots;
  readonly #l1: L1Log;
  readonly #handover: Handover;
  readonly #others: OtherEpochs;
  readonly #rounds: Rounds;

  /** Leaves under a checkpoint's root, by its height, until a quorum has signed it. */
  readonly #leaves = new BoundedMap<number, readonly RollupLeaf[]>(leavesKept);
  /** What this node has worked out of the epoch's last checkpoint. */
  #reached: Checkpoint | undefined;
  #pruneAt = 0;
  /** It has been said that the key before the newest has retired. */
  #hasRetired = false;
  /** What comes next is on disk: a newer state, or another epoch. */
  #isOver = false;
  #out: CoreEffect[] = [];
  #hasChanged = false;

  constructor(ports: CorePorts, options: CoreOptions, recovery: Recovery, now: Micros) {
    const machines = createMachines(ports, options, recovery, now);
    const { committee } = machines;
    this.#machines = machines;
    this.#committee = committee;
    this.#isSeated = isMember(committee, options.index);
    this.#replica = machines.replica;
    this.#stateSync = machines.stateSync;
    this.#mempool = machines.mempool;
    this.#opening = machines.opening;
    this.#ledger = machines.ledger;
    this.#attester = machines.attester;
    this.#chain = machines.chain;
    this.#delivery = machines.delivery;
    this.#snapshots = machines.snapshots;
    this.#l1 = machines.l1;
    this.#handover = machines.handover;
    this.#others = new OtherEpochs(committee.epoch, machines);
    this.#rounds = machines.rounds;
  }

  /** To be called once, before any event: what was final is worked out again, then votes are re-sent. */
  start(now: Micros): CoreEffect[] {
    return this.#collect(() => {
      this.#retireKey();
      this.#execute(now);
      if (this.#isOver) return;
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
    const leaves = { name: "core/leaves", size: this.#leaves.size, max: leavesKept };
    return [...gaugesOf(this.#machines), leaves];
  }

  /** For status and metrics. */
  get progress(): Progress {
    return {
      epoch: this.#committee.epoch,
      view: this.#replica.view,
      final: this.#replica.finalHeight,
      executed: this.#chain.final.height,
      delivered: this.#delivery.delivered,
      unopenedSince: this.#delivery.waitingSince,
      l1: this.#l1.last,
      pooled: this.#mempool.counters.pooled,
      syncing: this.#stateSync.progress,
      epochsBehind: (this.#machines.later.newest ?? this.#committee.epoch) - this.#committee.epoch,
    };
  }

  /** What a byte costs in the block after the last one that is executed. */
  get fees(): Fees {
    return this.#ledger.fees;
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
        if (event.epoch !== this.#committee.epoch) {
          this.#out.push(...this.#others.onMessage(event, this.#replica));
          if (!this.#others.isHeard(event)) return;
        }
        this.#onMessage(event.from, event.message, now);
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

  /** This node stayed behind. It takes the certificate from others, and still works out itself what was certified. */
  #onEpochEnd(from: ValidatorIndex, end: EpochEnd, now: Micros): void {
    const { certified } = this.#handover;
    this.#out.push(...this.#others.onEnd(from, end));
    if (this.#handover.certified === certified) return;
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
          this.#promise(effect.message);
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

  /** Who votes to declare a height void must not forget it. A proposal is its leader's vote. */
  #promise(message: Message): void {
    if (this.#voidedBy(message) === undefined) return;
    const writes = [this.#machines.voiding.record];
    this.#out.push({ type: "persist", writes, sync: true });
  }

  /** The height that is void if what this node says here has its way. Its own proposal it has yet to work out. */
  #voidedBy(message: Message): Height | undefined {
    if (message.type === "propose") return decodePayload(message.header.payload)?.voided;
    if (message.type !== "vote" || message.kind !== "prepare") return undefined;
    return this.#chain.executed(message.hash)?.payload.voided;
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
    if (this.#chain.final.height > before && !this.#isOver)
      this.#participate({ type: "advanced" }, now);
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
      this.#void(block, now);
      if (this.#isOver) return;
      // A block that waited for its data no longer stands in the way of those above it.
      this.#hasChanged = true;
    }
  }

  /** What a final block means for who comes next; the closing one leaves it as it is. */
  #succeed(block: FinalBlock, now: Micros): void {
    const { header, payload } = block;
    if (isClosing(payload.nextCommittee)) {
      // A node that catches up comes here at once. It has to work out its own share of the key from what was said before
      // it may forget that.
      this.#participate({ type: "advanced" }, now);
      this.#rounds.onClosed(header.height);
      return;
    }
    const { epochStart } = this.#ledger.final;
    const { candidates } = this.#ledger;
    this.#rounds.onFinal(block, { epochStart, candidates });
  }

  #participate(event: ParticipantEvent, now: Micros): void {
    for (const effect of this.#rounds.step(event)) {
      if (effect.type === "say") this.#say(effect.transaction, now);
      else this.#out.push(effect);
    }
  }

  /** Through this node's own lane, or, while it has no seat, through those of others. */
  #say(transaction: SealedTransaction, now: Micros): void {
    const submit = { type: "submit", now, ticket: ownTicket, transaction } as const;
    if (this.#isSeated) this.#absorb(this.#mempool.step(submit), now);
    else this.#out.push({ type: "broadcast", message: spoken(transaction) });
  }

  /** A final block: from here on, and not before, may this node's shares of it leave. */
  #open(block: FinalBlock, now: Micros): void {
    const { height } = block.header;
    const openings = this.#delivery.add(block, now);
    if (openings !== undefined) this.#onOpened(height, openings, now);
    // The opening hears of every height; in one that is open already, nothing is left for it to do.
    const transactions = openings === undefined ? sealedOf(block) : [];
    const blockHash = block.hash;
    // Old blocks have been opened by the others long ago: it is cheaper to ask than to open them again.
    const isOld = this.#chain.backlog > oldBehind;
    const final = { type: "final", now, height, blockHash, transactions, isOld } as const;
    this.#absorb(this.#opening.step(final), now);
  }

  /** What a final block says of a height that was not opened. What was held back for its sake is free by now. */
  #void({ header, payload: { voided } }: FinalBlock, now: Micros): void {
    const { height } = header;
    this.#machines.voiding.onFinal(height);
    if (voided !== undefined) {
      const isPending = this.#delivery.onVoided(voided, height);
      // It was counted void before this node began, or this block repeats another. Else it was counted opened.
      if (!isPending && voided > this.#ledger.voidedHeight) return this.#rewind(voided);
      this.#absorb(this.#opening.step({ type: "voided", now, height: voided }), now);
    }
    this.#deliver(now);
  }

  /** This node has opened what a quorum could not: it goes back to before that, and on as they do. */
  #rewind(height: Height): void {
    this.#isOver = true;
    const dropped = this.#snapshots.dropFrom(height);
    if (dropped === undefined) {
      this.#out.push({ type: "stranded", height });
      return;
    }
    const writes = [{ space: spaces.opening, key: u64Bytes(height), value: undefined }];
    this.#out.push(...dropped, { type: "persist", writes, sync: true });
    this.#out.push({ type: "rewound", height });
  }

  #onOpened(height: Height, openings: readonly Uint8Array[], now: Micros): void {
    const items = this.#delivery.onOpened(height, openings);
    if (items === undefined) return;
    if (items.length === 0) return this.#onUnsealed(height, [], now);
    this.#out.push({ type: "unseal", height, items });
  }

  #onUnsealed(height: Height, payloads: readonly (Uint8Array | undefined)[], now: Micros): void {
    if (this.#delivery.onUnsealed(height, payloads)) this.#deliver(now);
  }

  /** Delivers strictly by height: batches are opened in any order, and counted in one. */
  #deliver(now: Micros): void {
    for (;;) {
      const isHeld = this.#machines.voiding.isHeld(Height(this.#delivery.delivered + 1));
      const next = isHeld ? undefined : this.#delivery.next();
      if (next === undefined) return;
      const { height, block, openings, voidedBy, batches, checkpoint, leaves } = next;
      const inbox = batches.flatMap((batch) => batch.inbox);
      // If everybody lost power as the shares go, nobody could open again what is not on disk by then.
      const sync = height === this.#committee.retiring?.until;
      this.#put(spaces.opening, height, encodeDeliveredRecord({ openings, inbox, voidedBy }), sync);
      this.#out.push({ type: "delivered", height, batches, voidedBy });
      this.#retireKey();
      const isLast = isClosing(block.payload.nextCommittee);
      // The state of a closing block is written with the end of its epoch, or a start from it would wait for that for ever.
      if (this.#snapshots.isDue(height) && !isLast)
        this.#absorb(this.#snapshots.onOpened(height, this.#ledger.totalsSnapshot()), now);
      // The ledger takes in only so many blocks ahead of their openings; there is room for one more.
      this.#hasChanged ||= this.#chain.backlog > 0;
      if (checkpoint === undefined) continue;
      this.#leaves.set(height, leaves);
      this.#absorb(this.#attester.step({ type: "due", now, checkpoint }), now);
      if (isLast) this.#reached = checkpoint;
      if (isLast) return this.#tryEnd(now);
    }
  }

  /** Nothing sealed to the key before the newest can be ordered any more, and what was is opened. */
  #retireKey(): void {
    const { retiring } = this.#committee;
    const isOver = retiring !== undefined && this.#delivery.delivered >= retiring.until;
    if (!isOver || this.#hasRetired) return;
    this.#hasRetired = true;
    this.#out.push({ type: "key-retired", keyId: retiring.keyId });
  }

  /** The epoch is over here when its last block is delivered and a quorum has signed what comes of it. */
  #tryEnd(now: Micros): void {
    const { certified, next } = this.#handover;
    if (certified === undefined || this.#reached === undefined || next === undefined) return;
    if (!this.#rounds.isDone) return;
    assert(
      equalBytes(checkpointHash(this.#reached), checkpointHash(certified.checkpoint)),
      "what a quorum signed is what this node works out",
    );
    const { delivered: height } = this.#delivery;
    const leaves = this.#leaves.get(height);
    if (leaves !== undefined) this.#out.push({ type: "certified", certified, leaves });
    const { epoch } = this.#committee;
    const { commitQC } = this.#replica;
    const value = encodeEpochEnd({ certified, committee: next, commitQC });
    this.#put(spaces.epoch, epoch, value);
    // The record of the snapshot is synced, and carries that of the epoch down with it.
    const totals = this.#ledger.totalsSnapshot();
    this.#absorb(this.#snapshots.onOpened(height, totals), now);
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
    this.#out.push({ type: "prune", delivered: this.#delivery.delivered, snapshot });
  }

  #syncState(now: Micros): void {
    const { commitQC: commit, finalHeight: height, finalView: view } = this.#replica;
    const later = this.#machines.later.goal;
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

  #onStateFetched(fetched: StateFetched): void {
    const { height } = fetched.destination.name;
    const writes = toFetchedState(fetched);
    this.#out.push({ type: "persist", writes, sync: true }, { type: "state-synced", height });
    this.#isOver = true;
  }

  /** The state exactly after the last executed block; what its openings change is added when they are here. */
  #remember(): void {
    const { height, hash, named } = this.#chain.final;
    const ordering = this.#ledger.orderingSnapshot();
    const succession = this.#rounds.snapshot();
    const mempool = this.#mempool.snapshot();
    this.#snapshots.onExecuted({ height, hash, named, ordering, mempool, succession });
  }

  /** What proves the fault to others is kept; unsynced, for a lie that a crash forgets costs nobody but the judges. */
  #onFault(fault: Extract<CoreEffect, { type: "fault" }>): void {
    const writes = fault.evidence === undefined ? [] : this.#machines.evidence.keep(fault.evidence);
    if (writes.length > 0) this.#out.push({ type: "persist", writes, sync: false });
    this.#out.push(fault);
  }

  #put(space: string, key: Height | Epoch, value: Uint8Array, sync = false): void {
    const writes = [{ space, key: u64Bytes(key), value }];
    this.#out.push({ type: "persist", writes, sync });
  }
}

type MachineEffect =
  | ReplicaEffect
  | MempoolEffect
  | OpeningEffect
  | AttesterEffect
  | StateSyncEffect;

function spoken(transaction: SealedTransaction): Message {
  return { type: "transactions", transactions: [transaction] };
}
