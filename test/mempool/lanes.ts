// Lanes as values for tests of the fair order: who received what when, and how far each block reads.

import fc from "fast-check";
import { sha256 } from "../../crypto/index.ts";
import { type HeldLane, tipOf, toHeldLane } from "../../mempool/lane-store.ts";
import { afterEmission, readLanes } from "../../mempool/fair-order.ts";
import { keyOf } from "../../mempool/keys.ts";
import type { OrderState } from "../../mempool/order-state.ts";
import {
  Epoch,
  faultyMax,
  type Lane,
  laneHash,
  Micros,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { utf8 } from "../../base/index.ts";

/** An id for tests, and the key it has in the mempool's maps. */
export function idOf(name: string | number): Uint8Array {
  return sha256(utf8(`transaction ${name}`));
}

export interface Report {
  readonly id: Uint8Array;
  readonly stamp: number;
}

/** One message after another of one lane; signatures are left out, the rule does not look at them. */
export function toLane(
  owner: number,
  messages: readonly { readonly head: number; readonly entries: readonly Report[] }[],
  incarnation = 1,
): HeldLane[] {
  const lane: HeldLane[] = [];
  let previous: Uint8Array = new Uint8Array(32);
  for (const [i, { head, entries }] of messages.entries()) {
    const message: Lane = {
      epoch: Epoch(0),
      owner: ValidatorIndex(owner),
      incarnation,
      sequence: i + 1,
      previous,
      head: Micros(head),
      entries: entries.map(({ id, stamp }) => ({ id, stamp: Micros(stamp) })),
      signature: new Uint8Array(64),
    };
    previous = laneHash(message);
    lane.push(toHeldLane(message, true));
  }
  return lane;
}

/** Everything about a history that the theorems speak of. */
export interface History {
  readonly seats: number;
  /** For each transaction, when each honest lane received it; infinite if it never did. */
  readonly received: readonly (readonly number[])[];
  readonly lanes: readonly (readonly HeldLane[])[];
  /** For each block, how many more messages it reads of each lane. */
  readonly blocks: readonly (readonly number[])[];
}

const span = 1000;

/** Any receive times, any way to cut lanes into messages and blocks, and f lanes that say anything at all. */
export const histories: fc.Arbitrary<History> = fc
  .record({ seats: fc.constantFrom(4, 5, 7), count: fc.integer({ min: 1, max: 10 }) })
  .chain(({ seats, count }) => {
    const honest = seats - faultyMax(seats);
    const time = fc.integer({ min: 1, max: span });
    return fc.record({
      seats: fc.constant(seats),
      received: fc.array(
        fc.array(fc.oneof({ weight: 9, arbitrary: time }, fc.constant(Infinity)), {
          minLength: honest,
          maxLength: honest,
        }),
        { minLength: count, maxLength: count },
      ),
      flushes: fc.array(fc.array(time, { maxLength: 6 }), {
        minLength: honest,
        maxLength: honest,
      }),
      lies: fc.array(
        fc.array(fc.record({ what: fc.nat(count - 1), stamp: time, headOn: fc.nat(100) }), {
          maxLength: 12,
        }),
        { minLength: seats - honest, maxLength: seats - honest },
      ),
      blocks: fc.array(fc.array(fc.nat(4), { minLength: seats, maxLength: seats }), {
        minLength: 1,
        maxLength: 6,
      }),
    });
  })
  .map(({ seats, received, flushes, lies, blocks }) => ({
    seats,
    received,
    blocks,
    lanes: [
      ...flushes.map((at, owner) => honestLane(owner, at, received)),
      ...lies.map((lie, i) => lyingLane(flushes.length + i, lie)),
    ],
  }));

function honestLane(
  owner: number,
  flushes: readonly number[],
  received: readonly (readonly number[])[],
): HeldLane[] {
  const heads = [...new Set([...flushes, span + 1])].sort((a, b) => a - b);
  return toLane(
    owner,
    heads.map((head, i) => ({
      head,
      entries: received
        .map((at, what) => ({ id: idOf(what), stamp: at[owner] ?? Infinity }))
        .filter(({ stamp }) => stamp < head && stamp >= (heads[i - 1] ?? 0))
        .sort((a, b) => a.stamp - b.stamp),
    })),
  );
}

function lyingLane(
  owner: number,
  lies: readonly { readonly what: number; readonly stamp: number; readonly headOn: number }[],
): HeldLane[] {
  return toLane(
    owner,
    lies.map(({ what, stamp, headOn }) => ({
      head: stamp + headOn,
      entries: [{ id: idOf(what), stamp }],
    })),
  );
}

/** One block on top of a state. */
export interface Block {
  readonly parentHash: Uint8Array;
  readonly hash: Uint8Array;
  readonly state: OrderState;
  readonly emitted: readonly string[];
}

/** Reads so many more messages of each lane, and emits all that is due. */
export function readBlock(
  parent: { readonly hash: Uint8Array; readonly state: OrderState },
  lanes: readonly (readonly HeldLane[])[],
  steps: readonly number[],
): Block {
  const { state: before, hash: parentHash } = parent;
  const segments = lanes.map((lane, owner) => {
    const read = before.cut[owner]?.sequence ?? 0;
    return lane.slice(read, read + (steps[owner] ?? 0));
  });
  const cut = before.cut.map((tip, owner) => {
    const last = segments[owner]?.at(-1);
    return last === undefined ? tip : tipOf(last);
  });
  const draft = readLanes({ parent: before, parentHash, cut, segments });
  const state = afterEmission(draft, new Set(draft.due));
  const hash = sha256(parentHash, ...cut.map((tip) => tip.hash));
  return { parentHash, hash, state, emitted: draft.due };
}

/** A history's blocks one after another, and at last one that reads all the rest. */
export function play(history: History, genesis: { hash: Uint8Array; state: OrderState }): Block[] {
  const blocks: Block[] = [];
  let parent = genesis;
  for (const steps of [...history.blocks, history.lanes.map((lane) => lane.length)]) {
    const block = readBlock(parent, history.lanes, steps);
    blocks.push(block);
    parent = block;
  }
  return blocks;
}

export const keyOfName = (name: string | number): string => keyOf(idOf(name));
