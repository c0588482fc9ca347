import { assert, BoundedMap, encode, equalBytes, type Gauge } from "../base/index.ts";
import {
  type Cut,
  isMember,
  type Lane,
  type LaneEntry,
  laneFork,
  type LaneTip,
  limits,
  spaces,
  ValidatorIndex,
  writeLane,
} from "../protocol/index.ts";
import type { MempoolOptions, MempoolPorts } from "./events.ts";
import { keyOf } from "./keys.ts";
import { LanePublisher } from "./lane-publisher.ts";
import {
  type HeldLane,
  isBefore,
  isWellFormed,
  LaneStore,
  type Segment,
  tipOf,
  toHeldLane,
} from "./lane-store.ts";
import type { OrderChain } from "./order-chain.ts";
import type { OrderState } from "./order-state.ts";
import type { Outbox } from "./outbox.ts";
import type { OwnLane } from "./own-lane.ts";
import { Wants } from "./wants.ts";

/** Messages behind the final cut that are at hand for those who come late; older ones are in the store. */
const passedMax = 8192;
/** Questions for lane messages that go out on one tick at most, and that one lane can be behind. */
const questionsPerTickMax = 128;
const wantedPerOwnerMax = 64;
/** Messages of one lane that a peer is sent when it says how far it has come. */
const pushedOnConnectMax = 256;

interface Parts {
  readonly chain: OrderChain;
  readonly own: OwnLane;
  readonly outbox: Outbox;
  /** Takes entries of older incarnations, and answers those that are to be reported again. */
  readonly restamp: (remembered: readonly LaneEntry[]) => readonly LaneEntry[];
  /** A lane mentions these transactions. */
  readonly onMentioned: (owner: ValidatorIndex, keys: readonly string[]) => void;
}

/** The lanes of all validators: receiving, checking, repairing and serving. */
export class LaneExchange {
  readonly #ports: MempoolPorts;
  readonly #options: MempoolOptions;
  readonly #parts: Parts;
  /** One network delay as the view's timeout assumes it, µs. */
  readonly #delta: number;
  readonly #store: LaneStore;
  readonly #wants: Wants;
  readonly #passed = new BoundedMap<string, HeldLane>(passedMax);
  readonly #blamed = new Set<ValidatorIndex>();
  readonly #publisher: LanePublisher;
  /** Counts arrivals, so that answers can be remembered until one comes. */
  #version = 0;

  constructor(
    ports: MempoolPorts,
    options: MempoolOptions,
    parts: Parts & { readonly recovered: readonly Lane[]; readonly delta: number },
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#parts = parts;
    this.#delta = parts.delta;
    const seats = options.committee.members.length;
    this.#store = new LaneStore(seats);
    this.#wants = new Wants({
      self: options.index,
      seats,
      perOwnerMax: wantedPerOwnerMax,
      patience: parts.delta,
    });
    const hold = (lane: Lane): void => this.#add(toHeldLane(lane, true));
    this.#publisher = new LanePublisher(options, { ...parts, hold });
    for (const lane of parts.recovered) this.#recover(lane);
    parts.own.raise(parts.chain.final.heads[options.index] ?? 0);
  }

  get version(): number {
    return this.#version;
  }

  get counters(): {
    readonly lanes: number;
    readonly wantedLanes: number;
    readonly unreported: number;
  } {
    return {
      lanes: this.#store.size,
      wantedLanes: this.#wants.size,
      unreported: this.#parts.own.unreported,
    };
  }

  get gauges(): Gauge[] {
    return [
      { name: "lanes", size: this.#store.size, max: this.#store.max },
      { name: "passed-lanes", size: this.#passed.size, max: passedMax },
      { name: "wanted-lanes", size: this.#wants.size, max: this.#wants.max },
    ];
  }

  onLanes(from: ValidatorIndex, lanes: readonly Lane[], now: number): void {
    for (const lane of lanes) this.#onLane(from, lane, now);
  }

  onGetLanes(
    from: ValidatorIndex,
    question: { readonly owner: ValidatorIndex; readonly hash: Uint8Array; readonly count: number },
  ): void {
    const { owner } = question;
    const count = Math.min(Math.max(question.count, 1), limits.lanesPerAnswerMax);
    const lanes: Lane[] = [];
    let { hash } = question;
    while (lanes.length < count) {
      const held = this.#store.get(keyOf(hash)) ?? this.#passed.get(keyOf(hash));
      if (held === undefined || held.lane.owner !== owner) break;
      lanes.push(held.lane);
      hash = held.lane.previous;
    }
    if (lanes.length > 0) this.#parts.outbox.send(from, { type: "lanes", lanes });
    else this.#parts.outbox.add({ type: "load-lanes", to: from, owner, hash, count });
  }

  /** Sends what the peer lacks of one's own lane, and of the peer's: it may have lost its last messages. */
  onLaneTips(from: ValidatorIndex, tips: Cut): void {
    for (const owner of [this.#options.index, from]) {
      const tip = tips[owner];
      if (tip === undefined) continue;
      const lanes = this.#store
        .furthest(owner, this.#read(owner))
        .filter(({ lane }) => isBefore(tip, lane))
        .slice(0, pushedOnConnectMax)
        .map(({ lane }) => lane);
      this.#sendAll(from, lanes);
    }
  }

  onPeerConnected(peer: ValidatorIndex): void {
    const tips = this.#parts.chain.final.cut.map((read, index) => {
      const last = this.#store.furthest(ValidatorIndex(index), read).at(-1);
      return last === undefined ? read : tipOf(last);
    });
    this.#parts.outbox.send(peer, { type: "lane-tips", tips });
  }

  onTick(now: number): void {
    const { committee, index } = this.#options;
    if (isMember(committee, index)) this.#publisher.onTick(now);
    for (const { to, owner, id, count } of this.#wants.due(now, questionsPerTickMax))
      this.#parts.outbox.send(to, { type: "get-lanes", owner, hash: id, count });
  }

  /** What a cut reads on top of a state. What is missing is asked for, `from` first. */
  segments(
    state: OrderState,
    request: {
      readonly cut: Cut;
      readonly from: ValidatorIndex | undefined;
      readonly now: number;
    },
  ): readonly Segment[] | "missing" | "invalid" {
    const segments: Segment[] = [];
    let isMissing = false;
    for (const [index, from] of state.cut.entries()) {
      const owner = ValidatorIndex(index);
      const to = request.cut[index];
      if (to === undefined) return "invalid";
      const segment = this.#store.segment(owner, from, to);
      if (segment === "invalid") return "invalid";
      if ("missing" in segment) {
        this.#demand(owner, { tip: to, read: from, hash: segment.missing }, request);
        isMissing = true;
      } else if (!this.#hasGoodTip(segment)) {
        // The same message with its true signature is the one that the cut names: its hash does not tell them apart.
        this.#demand(owner, { tip: to, read: from, hash: to.hash }, request);
        isMissing = true;
      } else {
        segments.push(segment);
      }
    }
    return isMissing ? "missing" : segments;
  }

  /** All that is known on top of a state; signatures are not checked. */
  known(state: OrderState): { readonly cut: Cut; readonly segments: readonly Segment[] } {
    const segments = state.cut.map((read, index) =>
      this.#store.furthest(ValidatorIndex(index), read),
    );
    return { cut: toCut(state.cut, segments), segments };
  }

  /** The furthest cut whose every tip is signed by its owner. */
  bestCut(state: OrderState): Cut {
    const segments = state.cut.map((read, index) => {
      const owner = ValidatorIndex(index);
      const segment = this.#store.furthest(owner, read);
      if (this.#hasGoodTip(segment)) return segment;
      // A bad tip took all unchecked messages with it: what is left is good.
      return this.#store.furthest(owner, read);
    });
    return toCut(state.cut, segments);
  }

  /** A final block moves the cut. What it read stays on disk, what it passed by does not. */
  onFinal(before: Cut, after: Cut): void {
    const read = new Set<string>();
    for (const [index, from] of before.entries()) {
      const segment = this.#store.segment(ValidatorIndex(index), from, after[index] ?? from);
      if (Array.isArray(segment)) for (const { key } of segment as Segment) read.add(key);
    }
    for (const held of this.#store.prune(after)) {
      this.#wants.forget(held.key);
      if (read.has(held.key)) this.#passed.set(held.key, held);
      else this.#parts.outbox.write(spaces.lane, held.hash, undefined);
    }
    const { committee, index } = this.#options;
    if (isMember(committee, index)) this.#publisher.onFinal(this.#store.of(index));
  }

  #onLane(from: ValidatorIndex, lane: Lane, now: number): void {
    const { committee, index, incarnation } = this.#options;
    const { owner } = lane;
    if (lane.epoch !== committee.epoch || !isMember(committee, owner)) return;
    if (!isWellFormed(lane)) return this.#parts.outbox.fault(from, "MALFORMED_LANE");
    const held = toHeldLane(lane, false);
    const { key } = held;
    if (this.#store.get(key) !== undefined || !isBefore(this.#read(owner), lane)) return;
    const isDemanded = this.#wants.isDemanded(key);
    // Lanes come from their owners. What others pass on was asked for, or lost by this one.
    if (from !== owner && owner !== index && !this.#wants.has(key)) return;
    if (!isDemanded && !this.#store.hasRoomFor(lane, this.#read(owner))) return;
    // What a signed message names as its predecessor is signed with it. Its own signature may be bad: then the owner
    // sent it so, and whoever passes it on has nothing better, nor needs it.
    if (this.#wants.isNamed(key)) held.isVerified = true;
    // On an authenticated connection the owner's own word needs no check until a block relies on it.
    if (from !== owner && !this.#verify(held))
      return this.#parts.outbox.fault(from, "BAD_LANE_SIGNATURE");
    if (owner === index && lane.incarnation >= incarnation) {
      this.#publisher.silence();
      return this.#parts.outbox.fault(index, "OWN_LANE_FORK");
    }
    const dropped = isDemanded ? this.#store.reserve(lane) : this.#store.makeRoom(lane);
    for (const { hash } of dropped) this.#parts.outbox.write(spaces.lane, hash, undefined);
    this.#add(held);
    this.#closeGap(held, { from, isDemanded, now });
    this.#blameForks(held);
    if (owner === index) this.#publisher.remember(lane.entries);
    for (const entry of [lane.entries[0], lane.entries.at(-1)])
      if (entry !== undefined) this.#parts.own.onStampOfOther(entry.stamp);
    this.#parts.onMentioned(owner, held.ids);
  }

  #add(held: HeldLane): void {
    this.#store.add(held);
    this.#wants.forget(held.key);
    this.#version++;
    this.#parts.outbox.write(spaces.lane, held.hash, encode(held.lane, writeLane));
    this.#parts.outbox.changed();
  }

  #recover(lane: Lane): void {
    const { index, committee } = this.#options;
    if (lane.epoch !== committee.epoch) return;
    const held = toHeldLane(lane, lane.owner === index);
    if (lane.owner === index) {
      this.#publisher.remember(lane.entries);
      this.#parts.own.raise(lane.head);
    }
    if (isBefore(this.#read(lane.owner), lane)) this.#store.add(held);
  }

  #closeGap(
    { lane, isVerified }: HeldLane,
    arrival: { readonly from: ValidatorIndex; readonly isDemanded: boolean; readonly now: number },
  ): void {
    const { owner, incarnation, previous } = lane;
    const read = this.#read(owner);
    const sequence = lane.sequence - 1;
    if (!isBefore(read, { incarnation, sequence }) || sequence === 0) return;
    if (this.#store.get(keyOf(previous)) !== undefined) return;
    const { from, isDemanded, now } = arrival;
    this.#wants.note(previous, {
      owner,
      sources: [from, owner],
      count: this.#gap(owner, read, { incarnation, sequence }),
      isDemanded,
      isNamed: isVerified,
      askAt: isDemanded ? now : now + this.#delta / 4,
    });
  }

  #demand(
    owner: ValidatorIndex,
    missing: { readonly tip: LaneTip; readonly read: LaneTip; readonly hash: Uint8Array },
    request: { readonly from: ValidatorIndex | undefined; readonly now: number },
  ): void {
    const count = this.#gap(owner, missing.read, missing.tip);
    const { from, now } = request;
    this.#wants.note(missing.hash, {
      owner,
      sources: from === undefined ? [owner] : [from, owner],
      count,
      isDemanded: true,
      isNamed: this.#isNamedBySigned(missing),
      // A short gap is on its way; to ask at once would have everyone ask for everything.
      askAt: count > 2 ? now : now + this.#delta / 4,
    });
  }

  /** All between what is missing and the tip is held, and the tip is signed. */
  #isNamedBySigned({ tip, hash }: { readonly tip: LaneTip; readonly hash: Uint8Array }): boolean {
    const held = this.#store.get(keyOf(tip.hash));
    return held !== undefined && !equalBytes(tip.hash, hash) && this.#verify(held);
  }

  /** How many messages before and up to a place are not held, as far as one answer goes. */
  #gap(
    owner: ValidatorIndex,
    read: LaneTip,
    to: { readonly incarnation: number; readonly sequence: number },
  ): number {
    const start = to.incarnation === read.incarnation ? read.sequence : 0;
    const last = this.#store.furthest(owner, read).at(-1)?.lane;
    const known = last?.incarnation === to.incarnation ? last.sequence : start;
    return Math.min(Math.max(to.sequence - known, 1), limits.lanesPerAnswerMax);
  }

  /** Checks the last message's signature, which covers all before it. A bad one is dropped with all unchecked ones. */
  #hasGoodTip(segment: Segment): boolean {
    const tip = segment.at(-1);
    if (tip === undefined || tip.isVerified) return true;
    if (this.#verify(tip)) {
      for (const held of segment) held.isVerified = true;
      return true;
    }
    this.#parts.outbox.fault(tip.lane.owner, "BAD_LANE_SIGNATURE");
    for (const held of segment) if (!held.isVerified) this.#drop(held);
    return false;
  }

  /** Two messages for one place are evidence against their owner, once both are known to be its own. */
  #blameForks(held: HeldLane): void {
    const { owner } = held.lane;
    for (const rival of this.#store.rivals(held)) {
      const bad = [held, rival].filter((each) => !this.#verify(each));
      for (const each of bad) this.#drop(each);
      if (bad.length > 0) this.#parts.outbox.fault(owner, "BAD_LANE_SIGNATURE");
      else if (!this.#blamed.has(owner) && this.#isSigned(held) && this.#isSigned(rival)) {
        this.#blamed.add(owner);
        this.#parts.outbox.fault(owner, "LANE_FORK", laneFork(rival.lane, held.lane));
      }
    }
  }

  #drop(held: HeldLane): void {
    this.#store.remove(held);
    this.#version++;
    this.#parts.outbox.write(spaces.lane, held.hash, undefined);
  }

  #verify(held: HeldLane): boolean {
    const { owner, signature } = held.lane;
    held.isVerified ||= this.#ports.signatures.verify(owner, held.hash, signature);
    return held.isVerified;
  }

  /** By its own signature, so that anyone can check it. */
  #isSigned({ lane, hash }: HeldLane): boolean {
    return this.#ports.signatures.verify(lane.owner, hash, lane.signature);
  }

  #read(owner: ValidatorIndex): LaneTip {
    const tip = this.#parts.chain.final.cut[owner];
    assert(tip !== undefined, "the final cut has a tip for every lane");
    return tip;
  }

  #sendAll(to: ValidatorIndex, lanes: readonly Lane[]): void {
    for (let i = 0; i < lanes.length; i += limits.lanesPerAnswerMax)
      this.#parts.outbox.send(to, {
        type: "lanes",
        lanes: lanes.slice(i, i + limits.lanesPerAnswerMax),
      });
  }
}

function toCut(from: Cut, segments: readonly Segment[]): Cut {
  return from.map((read, index) => {
    const last = segments[index]?.at(-1);
    return last === undefined ? read : tipOf(last);
  });
}
