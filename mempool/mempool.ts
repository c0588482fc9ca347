import {
  assert,
  BoundedMap,
  CodedError,
  equalBytes,
  type Gauge,
  unreachable,
} from "../base/index.ts";
import {
  type Cut,
  type LaneEntry,
  limits,
  type MempoolMessage,
  type Micros,
  type SealedTransaction,
  ValidatorIndex,
} from "../protocol/index.ts";
import { Admission } from "./admission.ts";
import { emit } from "./emission.ts";
import type {
  DropReason,
  EmissionGate,
  MempoolEffect,
  MempoolEvent,
  MempoolOptions,
  MempoolPorts,
  RecoveredMempool,
} from "./events.ts";
import { afterEmission, afterNothing, readLanes } from "./fair-order.ts";
import { keyOf } from "./keys.ts";
import { LaneExchange } from "./lane-exchange.ts";
import { sameTip } from "./lane-store.ts";
import { OrderChain } from "./order-chain.ts";
import { decodeOrderState } from "./order-snapshot.ts";
import { genesisOrderState, nextEpochOrderState, type OrderState } from "./order-state.ts";
import { Outbox } from "./outbox.ts";
import { OwnLane } from "./own-lane.ts";
import { ServingBudget } from "./serving-budget.ts";

/** Blocks that are known to lack a transaction; more only cost time. */
const awaitedMax = 2 * limits.unfinalizedMax;

/** What one block orders. */
export interface Ordering {
  /** M: the block's time. */
  readonly time: Micros;
  /** In fair order. */
  readonly accepted: readonly {
    readonly id: Uint8Array;
    readonly transaction: SealedTransaction;
  }[];
  readonly dropped: readonly { readonly id: Uint8Array; readonly reason: DropReason }[];
  /** The ordering state after the block, for `extend`. */
  readonly next: OrderState;
}

/**
 * Sealed transactions on their way into a block: admission, receipt lanes, and the fair order that follows from them
 * (docs/protocol.md, Order). `step` is for what happens; the other verbs are asked by whoever builds and checks blocks.
 */
export class Mempool {
  readonly #index: ValidatorIndex;
  /** Without a seat there is no lane: what others say is followed, and what comes in is passed on and not stamped. */
  readonly #isSeated: boolean;
  readonly #delta: number;
  readonly #outbox = new Outbox();
  readonly #chain: OrderChain;
  readonly #lanes: LaneExchange;
  readonly #admission: Admission;
  readonly #budget: ServingBudget;
  /** Given by earlier starts, until this one takes them up. */
  #stamps: readonly LaneEntry[];
  #now = 0;
  /**
   * By block, the first transaction that its order lacked. Blocks are asked for at every event, and while one catches up its
   * order costs milliseconds each time.
   */
  readonly #awaited = new BoundedMap<string, string>(awaitedMax);
  /** Blocks on top of which there is work, which no arrival takes away; and the last answer that there is none. */
  #workAfter:
    | { readonly parent: Uint8Array; readonly version: number; readonly has: boolean }
    | undefined;

  /** Throws a `CodedError` "BAD_SNAPSHOT" when the snapshot is none of this committee. */
  constructor(ports: MempoolPorts, options: MempoolOptions, recovered: RecoveredMempool) {
    const { committee, index, incarnation, parameters } = options;
    const seats = committee.members.length;
    this.#index = index;
    this.#delta = parameters.viewTimeout / 4;
    this.#budget = new ServingBudget(seats + limits.observersMax);
    this.#chain = new OrderChain(recovered.final, recoverOrderState(recovered, seats));
    const own = new OwnLane(ports.signatures, {
      epoch: committee.epoch,
      owner: index,
      incarnation,
    });
    this.#stamps = recovered.stamps ?? [];
    this.#isSeated = index < seats;
    for (const { stamp } of this.#stamps) own.raise(stamp);
    const parts = { chain: this.#chain, own, outbox: this.#outbox, delta: this.#delta };
    this.#admission = new Admission(ports, options, {
      ...parts,
      recovered: recovered.transactions,
    });
    this.#lanes = new LaneExchange(ports, options, {
      ...parts,
      recovered: recovered.lanes,
      restamp: (remembered) => this.#restamp(remembered),
      onMentioned: (owner, keys) =>
        this.#admission.onMentioned(owner, keys, this.#now + this.#delta / 2),
    });
  }

  step(event: MempoolEvent): MempoolEffect[] {
    this.#now = Math.max(this.#now, event.now);
    switch (event.type) {
      case "submit":
        this.#admission.onSubmit(event.ticket, event.transaction);
        break;
      case "message":
        this.#onMessage(event.from, event.message);
        break;
      case "validated":
        this.#admission.onValidated(event.id, event.isValid, this.#now);
        break;
      case "tick":
        if (!this.#isSeated) this.#passOnStamped();
        this.#admission.onTick(this.#now);
        this.#lanes.onTick(this.#now);
        break;
      case "peer-connected":
        this.#lanes.onPeerConnected(event.peer);
        if (!this.#isSeated) this.#admission.passOnTo(event.peer);
        break;
      default:
        unreachable(event);
    }
    return this.#outbox.take();
  }

  /** The furthest cut that this node can propose on top of a block: of every lane the longest chain it holds. */
  bestCut(parent: Uint8Array): Cut {
    return this.#lanes.bestCut(this.#after(parent));
  }

  /**
   * What a block with this cut orders: a pure function of the parent's state, the lanes and the gate. "invalid" when
   * the rule of lanes does not allow the cut (lane-store.ts). "missing" when lanes, transactions or the parent's own
   * ordering are not here; they are asked for on the next ticks, and "changed" says when to try again.
   */
  order(request: {
    readonly parent: Uint8Array;
    readonly cut: Cut;
    readonly gate: EmissionGate;
    /** Who named the cut: asked first for what is missing. */
    readonly from?: ValidatorIndex | undefined;
  }): Ordering | "missing" | "invalid" {
    const { parent, cut, gate, from } = request;
    const state = this.#chain.after(parent);
    if (state === undefined) return "missing";
    if (cut.length !== state.cut.length) return "invalid";
    const name = nameOf(parent, cut);
    if (this.#isAwaiting(name, from)) return "missing";
    const segments = this.#lanes.segments(state, { cut, from, now: this.#now });
    if (segments === "missing" || segments === "invalid") return segments;
    const draft = readLanes({ parent: state, parentHash: parent, cut, segments });
    const transaction = (key: string): SealedTransaction | undefined => this.#admission.get(key);
    const emission = emit(draft.due, { gate, transaction });
    if ("missing" in emission) {
      for (const key of emission.missing) this.#demand(key, draft.state, from);
      const [first] = emission.missing;
      if (first !== undefined) this.#awaited.set(name, first);
      return "missing";
    }
    const { accepted, dropped, emitted } = emission;
    const next = afterEmission(draft, emitted);
    return { time: next.time, accepted, dropped, next };
  }

  /** What a block orders that has to be empty, whatever is due. */
  orderNothing(parent: Uint8Array): Ordering | "missing" {
    const state = this.#chain.after(parent);
    if (state === undefined) return "missing";
    const next = afterNothing(state);
    return { time: next.time, accepted: [], dropped: [], next };
  }

  /** Notes the ordering of a block, so that its children can be ordered. */
  extend(parent: Uint8Array, hash: Uint8Array, cut: Cut, ordering: Ordering): void {
    const { next: state, accepted, dropped } = ordering;
    assert(
      cut.every((tip, lane) => sameTip(tip, state.cut[lane] ?? tip)),
      "an ordering is of its block's cut",
    );
    const emitted = [...accepted, ...dropped].map(({ id }) => keyOf(id));
    this.#chain.extend(parent, { hash, state, emitted });
  }

  /** Whether the ordering after the block is at hand, so that a child can be ordered. */
  isOrdered(hash: Uint8Array): boolean {
    return this.#chain.after(hash) !== undefined;
  }

  /** Makes an extended block the base of all that follow. What is to be stored or deleted comes with the next step. */
  finalize(hash: Uint8Array): void {
    let before = this.#chain.final.cut;
    for (const { cut, emitted } of this.#chain.finalize(hash)) {
      this.#lanes.onFinal(before, cut);
      this.#admission.onEmitted(emitted);
      before = cut;
    }
    this.#admission.onFinalTime(this.#chain.final.time);
  }

  /** Whether a block with the furthest cut on top of this one would emit something. */
  hasWork(parent: Uint8Array): boolean {
    const { version } = this.#lanes;
    const last = this.#workAfter;
    if (
      last !== undefined &&
      equalBytes(last.parent, parent) &&
      (last.has || last.version === version)
    )
      return last.has;
    const state = this.#after(parent);
    const { cut, segments } = this.#lanes.known(state);
    const has = readLanes({ parent: state, parentHash: parent, cut, segments }).due.length > 0;
    this.#workAfter = { parent, version, has };
    return has;
  }

  has(id: Uint8Array): boolean {
    return this.transaction(id) !== undefined;
  }

  /** A valid transaction that is in memory: waiting, or emitted not long ago. */
  transaction(id: Uint8Array): SealedTransaction | undefined {
    return this.#admission.get(keyOf(id));
  }

  /** The ordering state after the last final block, canonical, in pieces that nothing changes any more. */
  snapshot(): Uint8Array[] {
    return this.#chain.snapshot();
  }

  get gauges(): Gauge[] {
    return [
      ...this.#admission.gauges,
      ...this.#lanes.gauges,
      ...this.#chain.gauges,
      { name: "awaited", size: this.#awaited.size, max: awaitedMax },
    ];
  }

  /** For metrics. */
  get counters(): MempoolCounters {
    return {
      ...this.#admission.counters,
      ...this.#lanes.counters,
      unfinalizedOrders: this.#chain.size,
      unemitted: this.#chain.final.unemitted[this.#index] ?? 0,
    };
  }

  #onMessage(from: ValidatorIndex, message: MempoolMessage): void {
    switch (message.type) {
      case "lanes":
        return this.#lanes.onLanes(from, message.lanes, this.#now);
      case "transactions":
        return this.#admission.onTransactions(from, message.transactions, this.#now);
      case "lane-tips":
        if (this.#budget.spend(from, this.#now)) this.#lanes.onLaneTips(from, message.tips);
        return;
      case "get-lanes":
        if (this.#budget.spend(from, this.#now)) this.#lanes.onGetLanes(from, message);
        return;
      case "get-transactions":
        if (this.#budget.spend(from, this.#now))
          this.#admission.onGetTransactions(from, message.ids);
        return;
      default:
        unreachable(message);
    }
  }

  /** Whether the first transaction that a block lacked is still not here: nothing else changes what comes of it. */
  #isAwaiting(name: string, from: ValidatorIndex | undefined): boolean {
    const key = this.#awaited.get(name);
    if (key === undefined) return false;
    if (this.#admission.get(key) !== undefined) {
      this.#awaited.delete(name);
      return false;
    }
    this.#admission.demand(key, from === undefined ? [] : [from], this.#now);
    return true;
  }

  #demand(key: string, state: OrderState, from: ValidatorIndex | undefined): void {
    const stamps = state.pending.get(key)?.stamps ?? [];
    const holders = [...stamps.entries()].filter(([, stamp]) => stamp < Infinity);
    const sources = holders.map(([lane]) => ValidatorIndex(lane));
    this.#admission.demand(key, from === undefined ? sources : [from, ...sources], this.#now);
  }

  /** What it stamped while it had a seat, and may have given a receipt for, is left to those who have one. */
  #passOnStamped(): void {
    if (this.#stamps.length === 0) return;
    const stamps = this.#stamps.toSorted((a, b) => a.stamp - b.stamp);
    this.#stamps = [];
    this.#admission.passOn(this.#admission.takeUp(stamps));
  }

  /** What earlier starts stamped: as this one's disk kept it, or as peers gave it back in messages of the lane. */
  #restamp(remembered: readonly LaneEntry[]): LaneEntry[] {
    const earliest = new Map<string, LaneEntry>();
    for (const entry of [...this.#stamps, ...remembered]) {
      const key = keyOf(entry.id);
      const known = earliest.get(key);
      if (known === undefined || entry.stamp < known.stamp) earliest.set(key, entry);
    }
    this.#stamps = [];
    const given = [...earliest.values()].sort((a, b) => a.stamp - b.stamp);
    const again = this.#admission.takeUp(given);
    this.#admission.stampRest(this.#now);
    return again;
  }

  #after(block: Uint8Array): OrderState {
    const state = this.#chain.after(block);
    assert(state !== undefined, "a block is built on one that was extended");
    return state;
  }
}

export interface MempoolCounters {
  /** Valid transactions that wait. */
  readonly pooled: number;
  /** With a worker, or waiting for one. */
  readonly validating: number;
  readonly wantedTransactions: number;
  readonly wantedLanes: number;
  /** Lane messages beyond the final cut. */
  readonly lanes: number;
  /** Entries that one's own lane has not reported yet. */
  readonly unreported: number;
  /** Entries of one's own lane that final blocks have read and not emitted. */
  readonly unemitted: number;
  readonly unfinalizedOrders: number;
}

/** What an order follows from, but for the ledger, which follows from the parent. */
function nameOf(parent: Uint8Array, cut: Cut): string {
  const tips = cut.map((tip) => `${tip.incarnation}.${tip.sequence}.${keyOf(tip.hash)}`);
  return keyOf(parent) + tips.join("");
}

function recoverOrderState(
  { snapshot, beginsEpoch }: Pick<RecoveredMempool, "snapshot" | "beginsEpoch">,
  seats: number,
): OrderState {
  if (snapshot === undefined) return genesisOrderState(seats);
  const state = decodeOrderState(snapshot);
  if (state !== undefined && beginsEpoch === true) return nextEpochOrderState(state, seats);
  if (state?.heads.length === seats) return state;
  throw new CodedError(
    "BAD_SNAPSHOT",
    "the snapshot of the ordering state is none of this committee: delete it and sync again",
  );
}
