import { type Cut, emptyTip, Height, Micros } from "../protocol/index.ts";
import { LayeredMap } from "./layered-map.ts";

/** Who stamped a transaction that is not emitted yet, and when. */
export interface Pending {
  /** By lane; infinite where the lane has not reported it. */
  readonly stamps: readonly number[];
  /** T of the fair-order rule: the (f+1)-th smallest stamp; infinite while fewer have stamped it. */
  readonly at: number;
}

/**
 * What the fair-order rule carries from block to block: a pure function of the blocks before, equal on all nodes.
 * The keys of its maps are transaction ids.
 */
export interface OrderState {
  /** Of the block after which this is the state. */
  readonly height: Height;
  /** M of that block, or of the last that read a lane. */
  readonly time: Micros;
  /** How far each lane is read. */
  readonly cut: Cut;
  /** The highest head read of each lane: below it the lane's word counts no more. */
  readonly heads: readonly number[];
  /** How many pending stamps each lane has; at `laneUnemittedMax` its further entries are passed over. */
  readonly unemitted: readonly number[];
  readonly pending: LayeredMap<Pending>;
  /** The keys of `pending` that f+1 lanes have stamped. */
  readonly ripe: readonly string[];
  /** Emitted not long ago, accepted or dropped, with the time of the block: late stamps for them mean nothing. */
  readonly done: LayeredMap<Micros>;
}

export function genesisOrderState(seats: number): OrderState {
  return {
    height: Height(0),
    time: Micros(0),
    cut: Array.from({ length: seats }, () => emptyTip),
    heads: Array.from({ length: seats }, () => 0),
    unemitted: Array.from({ length: seats }, () => 0),
    pending: new LayeredMap(),
    ripe: [],
    done: new LayeredMap(),
  };
}

/**
 * What is left of the state of the block that closed an epoch: the lanes of the next begin anew, and their first messages
 * report again, with the original stamps, what no block has emitted.
 */
export function nextEpochOrderState(closed: OrderState, seats: number): OrderState {
  const { height, time, done } = closed;
  return { ...genesisOrderState(seats), height, time, done };
}

/** The (f+1)-th smallest stamp: with f liars, never before the first honest one nor after all of them. */
export function ripeAt(stamps: readonly number[], faulty: number): number {
  const smallest: number[] = [];
  for (const stamp of stamps) {
    if (stamp >= (smallest[faulty] ?? Infinity)) continue;
    let place = smallest.length;
    for (; place > 0 && (smallest[place - 1] ?? 0) > stamp; place--)
      smallest[place] = smallest[place - 1] ?? 0;
    smallest[place] = stamp;
    if (smallest.length > faulty + 1) smallest.pop();
  }
  return smallest[faulty] ?? Infinity;
}
