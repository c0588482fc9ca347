import { assert, equalBytes } from "../base/index.ts";
import {
  type Cut,
  type Lane,
  laneHash,
  type LaneTip,
  limits,
  type ValidatorIndex,
} from "../protocol/index.ts";
import { keyOf } from "./keys.ts";

/** A lane message that is held, with its names worked out once. */
export interface HeldLane {
  readonly lane: Lane;
  readonly hash: Uint8Array;
  readonly key: string;
  /** The keys of its entries. */
  readonly ids: readonly string[];
  /** Its signature, or that of a message which descends from it, was checked. */
  isVerified: boolean;
}

/** The way from one tip of a lane to a later one: oldest first. */
export type Segment = readonly HeldLane[];

/**
 * Messages of one lane that one block reads at most, and that its owner publishes beyond the last final cut. A chain
 * of this length at the pace of a flush every 10 ms is ten seconds long.
 */
export const laneAdvanceMax = 1024;

/** Incarnations of one owner that are held beyond the final cut; the oldest makes room. */
const incarnationsMax = 4;
/** Entries of one owner that are held: each incarnation may report again all that a lane may hold. */
const entriesMax = (incarnationsMax + 1) * limits.laneUnemittedMax;
/** Messages of one owner with the same incarnation and sequence: more show nothing new. */
const forksMax = 2;

/**
 * The receipt lanes beyond the final cut, as chains.
 *
 * The rule of a lane: an incarnation is a chain of its own. Its messages count from sequence 1, each names the hash of
 * the one before, and the first names zeros. A cut moves forward along the chain it stands on, or jumps from wherever
 * it stands to the chain of a higher incarnation, which it reads from sequence 1. It never goes back, so what was
 * unread of the older incarnations when it jumped is void for ever. One block reads at most `laneAdvanceMax` messages
 * and `laneUnemittedMax` entries of a lane, and no owner has more to be read.
 *
 * Nothing is lost by a jump, because the first messages of an incarnation report again, with the original stamps, all
 * that the owner remembers of the older ones and that is neither emitted nor read in the final cut; what was read
 * before keeps the stamp it has. So the promise of the new chain's heads covers the unread rest of the old one, and the
 * proofs of docs/protocol.md, Order hold with "received" meaning received and not forgotten. An owner may forget: its lanes
 * are not on disk before they are sent. What a power cut takes from it was never promised durably, and it stamps those
 * transactions again, later, when it sees them with others. It forks nothing thereby, because the incarnation, which
 * is on disk before its first message, is in every message; and it needs nobody to go on, because the first message of
 * an incarnation builds on no other.
 */
export class LaneStore {
  readonly #owners: readonly Owner[];
  readonly #byKey = new Map<string, HeldLane>();

  constructor(seats: number) {
    this.#owners = Array.from({ length: seats }, () => new Owner());
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Each incarnation of each owner in full, and both sides of every fork. */
  get max(): number {
    return this.#owners.length * (incarnationsMax + 1) * forksMax * 2 * laneAdvanceMax;
  }

  get(key: string): HeldLane | undefined {
    return this.#byKey.get(key);
  }

  /** All messages of one owner beyond the final cut, in no particular order. */
  of(owner: ValidatorIndex): HeldLane[] {
    return this.#owner(owner).all();
  }

  /** Others with the same place in the same lane: evidence, once both signatures are checked. */
  rivals(held: HeldLane): readonly HeldLane[] {
    return this.#owner(held.lane.owner)
      .at(held.lane.incarnation, held.lane.sequence)
      .filter(({ key }) => key !== held.key);
  }

  /**
   * Makes sure that a message which a block needs finds room. A block needs far fewer of a lane than fit; so if there
   * are too many, they are mostly not needed, and all go: what is needed of them is asked for again.
   */
  reserve(lane: Lane): HeldLane[] {
    const owner = this.#owner(lane.owner);
    if (owner.entries + lane.entries.length <= 2 * entriesMax) return [];
    const all = owner.all();
    for (const held of all) this.remove(held);
    return all;
  }

  /** May a message that nothing asked for take memory? `read` is the final tip of its lane. */
  hasRoomFor(lane: Lane, read: LaneTip): boolean {
    const { incarnation, sequence } = lane;
    const from = incarnation === read.incarnation ? read.sequence : 0;
    const owner = this.#owner(lane.owner);
    return (
      isBefore(read, lane) &&
      sequence <= from + 2 * laneAdvanceMax &&
      owner.at(incarnation, sequence).length < forksMax &&
      owner.entries + lane.entries.length <= entriesMax
    );
  }

  add(held: HeldLane): void {
    this.#byKey.set(held.key, held);
    this.#owner(held.lane.owner).add(held);
  }

  /** Before a message of one incarnation more than are kept: lets go of the oldest, and hands it back. */
  makeRoom(lane: Lane): HeldLane[] {
    const owner = this.#owner(lane.owner);
    const incarnations = owner.incarnations();
    if (incarnations.length < incarnationsMax || incarnations.includes(lane.incarnation)) return [];
    const oldest = owner.all().filter((held) => held.lane.incarnation === incarnations[0]);
    for (const held of oldest) this.remove(held);
    return oldest;
  }

  remove(held: HeldLane): void {
    this.#byKey.delete(held.key);
    this.#owner(held.lane.owner).remove(held);
  }

  /**
   * What a block reads that moves the cut of a lane from one tip to another: "invalid" if by the rule it may not,
   * `missing` if a message of the way is not held.
   */
  segment(
    owner: ValidatorIndex,
    from: LaneTip,
    to: LaneTip,
  ): Segment | { readonly missing: Uint8Array } | "invalid" {
    if (sameTip(from, to)) return [];
    const start = to.incarnation === from.incarnation ? from.sequence : 0;
    if (!isBefore(from, to) || to.sequence <= start || to.sequence - start > laneAdvanceMax)
      return "invalid";
    const begin = start === 0 ? new Uint8Array(32) : from.hash;
    const segment: HeldLane[] = [];
    let hash = to.hash;
    let entries = 0;
    for (let sequence = to.sequence; sequence > start; sequence--) {
      const held = this.#byKey.get(keyOf(hash));
      if (held === undefined) return { missing: hash };
      entries += held.ids.length;
      if (entries > limits.laneUnemittedMax) return "invalid";
      const { lane } = held;
      if (lane.owner !== owner || lane.incarnation !== to.incarnation || lane.sequence !== sequence)
        return "invalid";
      segment.push(held);
      hash = lane.previous;
    }
    return equalBytes(hash, begin) ? segment.reverse() : "invalid";
  }

  /** The furthest way on from a tip that a block may read: the newest incarnation held from its start, or else the same. */
  furthest(owner: ValidatorIndex, from: LaneTip): Segment {
    const incarnations = this.#owner(owner).incarnations();
    for (const incarnation of incarnations.filter((each) => each > from.incarnation).reverse()) {
      const start = { incarnation, sequence: 0, hash: new Uint8Array(32) };
      const segment = this.#chain(owner, start);
      if (segment.length > 0) return segment;
    }
    return this.#chain(owner, from);
  }

  /** Forgets what the final cut has read or passed by, and hands it back. */
  prune(cut: Cut): HeldLane[] {
    const pruned: HeldLane[] = [];
    for (const [index, owner] of this.#owners.entries()) {
      const tip = cut[index];
      assert(tip !== undefined, "a cut has a tip for every lane");
      for (const held of owner.pruneUpTo(tip)) {
        this.#byKey.delete(held.key);
        pruned.push(held);
      }
    }
    return pruned;
  }

  #chain(owner: ValidatorIndex, from: LaneTip): Segment {
    const lanes = this.#owner(owner);
    const segment: HeldLane[] = [];
    let hash = from.hash;
    let entries = 0;
    for (let ahead = 1; ahead <= laneAdvanceMax; ahead++) {
      const next = lanes
        .at(from.incarnation, from.sequence + ahead)
        .find(({ lane }) => equalBytes(lane.previous, hash));
      entries += next?.ids.length ?? 0;
      if (next === undefined || entries > limits.laneUnemittedMax) break;
      segment.push(next);
      hash = next.hash;
    }
    return segment;
  }

  #owner(index: ValidatorIndex): Owner {
    const owner = this.#owners[index];
    assert(owner !== undefined, "every validator has a lane");
    return owner;
  }
}

/** One validator's messages by incarnation and sequence. */
class Owner {
  readonly #slots = new Map<number, Map<number, HeldLane[]>>();
  #entries = 0;

  get entries(): number {
    return this.#entries;
  }

  at(incarnation: number, sequence: number): readonly HeldLane[] {
    return this.#slots.get(incarnation)?.get(sequence) ?? [];
  }

  /** Ascending. */
  incarnations(): number[] {
    return [...this.#slots.keys()].sort((a, b) => a - b);
  }

  all(): HeldLane[] {
    return [...this.#slots.values()].flatMap((sequences) => [...sequences.values()].flat());
  }

  add(held: HeldLane): void {
    const { incarnation, sequence } = held.lane;
    let sequences = this.#slots.get(incarnation);
    if (sequences === undefined) this.#slots.set(incarnation, (sequences = new Map()));
    sequences.set(sequence, [...(sequences.get(sequence) ?? []), held]);
    this.#entries += held.ids.length;
  }

  remove(held: HeldLane): void {
    const { incarnation, sequence } = held.lane;
    const sequences = this.#slots.get(incarnation);
    const before = this.at(incarnation, sequence);
    const rest = before.filter(({ key }) => key !== held.key);
    if (rest.length < before.length) this.#entries -= held.ids.length;
    if (rest.length > 0) sequences?.set(sequence, rest);
    else sequences?.delete(sequence);
    if (sequences?.size === 0) this.#slots.delete(incarnation);
  }

  pruneUpTo(tip: LaneTip): HeldLane[] {
    const pruned = this.all().filter(({ lane }) => !isBefore(tip, lane));
    for (const held of pruned) this.remove(held);
    return pruned;
  }
}

export function toHeldLane(lane: Lane, isVerified: boolean): HeldLane {
  const hash = laneHash(lane);
  return { lane, hash, key: keyOf(hash), ids: lane.entries.map(({ id }) => keyOf(id)), isVerified };
}

export function tipOf({ lane, hash }: HeldLane): LaneTip {
  return { incarnation: lane.incarnation, sequence: lane.sequence, hash };
}

/** Stamps do not decrease, and none is above the head. What a lane says below an earlier head is not looked at here:
 * the fair order raises such stamps. */
export function isWellFormed(lane: Lane): boolean {
  const { entries, head, incarnation, sequence } = lane;
  const stamps = [...entries.map(({ stamp }) => stamp), head];
  return (
    incarnation > 0 &&
    sequence > 0 &&
    (sequence > 1 || equalBytes(lane.previous, new Uint8Array(32))) &&
    entries.length <= limits.laneEntriesMax &&
    stamps.every((stamp, i) => i === 0 || (stamps[i - 1] ?? 0) <= stamp)
  );
}

export function isBefore(
  a: { readonly incarnation: number; readonly sequence: number },
  b: { readonly incarnation: number; readonly sequence: number },
): boolean {
  return a.incarnation === b.incarnation ? a.sequence < b.sequence : a.incarnation < b.incarnation;
}

export function sameTip(a: LaneTip, b: LaneTip): boolean {
  return a.incarnation === b.incarnation && a.sequence === b.sequence && equalBytes(a.hash, b.hash);
}
