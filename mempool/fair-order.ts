// The fair-order rule (docs/protocol.md, Order): which transactions a block emits, and in which order, follows from
// the lanes that its cut reads. Nothing here knows who leads, or what a transaction says.

import { assert, compareBytes } from "../base/index.ts";
import { sha256 } from "../crypto/index.ts";
import { type Cut, faultyMax, Height, limits, Micros, quorum } from "../protocol/index.ts";
import { bytesOf } from "./keys.ts";
import type { Segment } from "./lane-store.ts";
import { LayeredMap } from "./layered-map.ts";
import { type OrderState, type Pending, ripeAt } from "./order-state.ts";

/** How long an emission is remembered. Every stamp up to it is too old to count by then, so that only f+1 lanes that
 * first hear of the transaction much later can bring it up again, and the ledger then says "seen". */
const doneLifetime = 2 * limits.stampLifetime;
/** What is out of date is looked for once in so much block time, because looking costs the size of the state. */
const sweepInterval = limits.stampLifetime / 10;

/** The state after reading lanes, before anything is emitted. */
export interface Draft {
  readonly state: OrderState;
  /** All x with T(x) <= M, in fair order. */
  readonly due: readonly string[];
}

/** Reads the segments, one per lane, that lead from the parent's cut to `cut`. */
export function readLanes(input: {
  readonly parent: OrderState;
  /** Breaks ties: the hash of the parent block, which nobody knew who built a transaction. */
  readonly parentHash: Uint8Array;
  readonly cut: Cut;
  readonly segments: readonly Segment[];
}): Draft {
  const { parent, parentHash, cut, segments } = input;
  const seats = parent.heads.length;
  const pending = new LayeredMap(parent.pending);
  const heads = [...parent.heads];
  const unemitted = [...parent.unemitted];
  const touched = new Map<string, number[]>();
  for (const [index, segment] of segments.entries())
    readSegment(parent, { index, segment, pending, heads, unemitted, touched });
  const ripe = [...parent.ripe];
  for (const [key, stamps] of touched) {
    const wasRipe = (parent.pending.get(key)?.at ?? Infinity) < Infinity;
    const at = ripeAt(stamps, faultyMax(seats));
    pending.set(key, { stamps, at });
    if (at < Infinity && !wasRipe) ripe.push(key);
  }
  const reported = quorumHead(heads);
  // Where an epoch begins no lane has said anything yet, and time does not go back for it.
  const time = Micros(Math.max(reported, parent.time));
  const height = Height(parent.height + 1);
  const done = new LayeredMap(parent.done);
  const state = { height, time, cut, heads, unemitted, pending, ripe, done };
  if (Math.floor(time / sweepInterval) > Math.floor(parent.time / sweepInterval)) sweep(state);
  return { state, due: dueIn(state, { reported, parentHash }) };
}

/** The state after a block that reads no lane and emits nothing, although there may be something due. */
export function afterNothing(parent: OrderState): OrderState {
  return {
    ...parent,
    height: Height(parent.height + 1),
    pending: new LayeredMap(parent.pending),
    done: new LayeredMap(parent.done),
  };
}

/** The state after the block that emitted these. */
export function afterEmission(draft: Draft, emitted: ReadonlySet<string>): OrderState {
  const { state } = draft;
  const unemitted = [...state.unemitted];
  for (const key of emitted) {
    uncount(unemitted, pendingOf(state, key).stamps);
    state.pending.delete(key);
    state.done.set(key, state.time);
  }
  return { ...state, unemitted, ripe: state.ripe.filter((key) => !emitted.has(key)) };
}

function readSegment(
  parent: OrderState,
  lane: {
    readonly index: number;
    readonly segment: Segment;
    readonly pending: LayeredMap<Pending>;
    readonly heads: number[];
    readonly unemitted: number[];
    readonly touched: Map<string, number[]>;
  },
): void {
  const { index, segment, pending, touched } = lane;
  let head = lane.heads[index] ?? 0;
  let count = lane.unemitted[index] ?? 0;
  for (const { lane: message, ids } of segment) {
    for (const [i, key] of ids.entries()) {
      // Below its own head a lane has no more to say: a promise broken is a stamp raised.
      const stamp = Math.max(message.entries[i]?.stamp ?? 0, head);
      if (stamp + limits.stampLifetime < parent.time) continue;
      if (count >= limits.laneUnemittedMax) break;
      let stamps = touched.get(key);
      if (stamps === undefined) {
        const before = pending.get(key)?.stamps;
        if (before === undefined && parent.done.get(key) !== undefined) continue;
        stamps = before === undefined ? parent.heads.map(() => Infinity) : [...before];
        touched.set(key, stamps);
      }
      if ((stamps[index] ?? 0) < Infinity) continue;
      stamps[index] = stamp;
      count++;
    }
    head = Math.max(head, message.head);
  }
  lane.heads[index] = head;
  lane.unemitted[index] = count;
}

/** M: the largest t such that a quorum of lanes has reported everything up to t. */
function quorumHead(heads: readonly number[]): Micros {
  const ascending = [...heads].sort((a, b) => a - b);
  return Micros(ascending[heads.length - quorum(heads.length)] ?? 0);
}

/** Everything up to `reported` is known of a quorum of lanes; of later stamps an earlier one may still come. */
function dueIn(
  state: OrderState,
  { reported, parentHash }: { readonly reported: Micros; readonly parentHash: Uint8Array },
): string[] {
  const tieBreaks = new Map<string, Uint8Array>();
  const tieBreak = (key: string): Uint8Array => {
    let hash = tieBreaks.get(key);
    if (hash === undefined) tieBreaks.set(key, (hash = sha256(parentHash, bytesOf(key))));
    return hash;
  };
  return state.ripe
    .map((key) => ({ key, at: pendingOf(state, key).at }))
    .filter(({ at }) => at <= reported)
    .sort((a, b) => a.at - b.at || compareBytes(tieBreak(a.key), tieBreak(b.key)))
    .map(({ key }) => key);
}

/** Forgets the stamps that too few shared for too long, and emissions that no stamp can reach any more. */
function sweep(state: {
  readonly time: Micros;
  readonly unemitted: number[];
  readonly pending: LayeredMap<Pending>;
  readonly done: LayeredMap<Micros>;
}): void {
  const { time, pending, done } = state;
  const isOld = (stamp: number): boolean => stamp + limits.stampLifetime < time;
  for (const [key, { stamps, at }] of pending.entries()) {
    if (at < Infinity || !stamps.some(isOld)) continue;
    uncount(
      state.unemitted,
      stamps.map((stamp) => (isOld(stamp) ? stamp : Infinity)),
    );
    const rest = stamps.map((stamp) => (isOld(stamp) ? Infinity : stamp));
    if (rest.some((stamp) => stamp < Infinity)) pending.set(key, { stamps: rest, at });
    else pending.delete(key);
  }
  for (const [key, at] of done.entries()) if (at + doneLifetime < time) done.delete(key);
}

function uncount(unemitted: number[], stamps: readonly number[]): void {
  for (const [lane, stamp] of stamps.entries())
    if (stamp < Infinity) unemitted[lane] = (unemitted[lane] ?? 0) - 1;
}

function pendingOf(state: OrderState, key: string): Pending {
  const pending = state.pending.get(key);
  assert(pending !== undefined, "what is ripe is pending");
  return pending;
}
