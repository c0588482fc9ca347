// Who opens what (docs/sealing.md). In a small committee every seat combines everything. In a larger one a block's
// ciphertexts are cut into slices with two combiners each, so that what a seat receives does not grow with the committee.

import { limits, ValidatorIndex } from "../protocol/index.ts";

export interface Slicing {
  /** Seats that combine a slice: all of them, or the few to whom its shares go. */
  readonly combiners: number;
  readonly slices: number;
}

/** Up to so many seats it is cheaper to send everything to everyone: one message delay less, and nothing to wait for. */
const smallCommitteeMax = 8;
/** One that is silent or lies must not be enough to need the fallback. */
const combinersPerSlice = 2;
/** Smaller slices do not outweigh the two pairings that check them. */
const pointsPerSlice = 16;

/** For a block with so many ciphertexts: a pure function, because every seat must come to the same. */
export function slicingOf(seats: number, count: number): Slicing {
  if (seats <= smallCommitteeMax) return { combiners: seats, slices: 1 };
  const slices = Math.min(seats, Math.ceil(count / pointsPerSlice));
  return { combiners: combinersPerSlice, slices: Math.max(1, slices) };
}

/** Turns with the height, so that no seat works more than others; and while there are seats enough, no seat combines two
 * slices of a block, because the others would wait for both. */
export function combinersOf(seats: number, height: number, slice: number): ValidatorIndex[] {
  const { combiners } = slicingOf(seats, 0);
  const first = height + combiners * slice;
  return Array.from({ length: combiners }, (_, i) => ValidatorIndex((first + i) % seats));
}

export function isCombiner(
  index: ValidatorIndex,
  place: { readonly seats: number; readonly height: number; readonly slice: number },
): boolean {
  return combinersOf(place.seats, place.height, place.slice).includes(index);
}

/** Every `slices`-th item, beginning with this one. */
export function sliceOf<T>(items: readonly T[], slice: number, slices: number): T[] {
  return items.filter((_, at) => at % slices === slice);
}

/** What `sliceOf` took apart. */
export function joinSlices<T>(parts: readonly (readonly T[])[]): T[] {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  return Array.from({ length: count }, (_, at) => {
    const item = parts[at % parts.length]?.[Math.floor(at / parts.length)];
    return item as T;
  });
}

/** Items of the longest slice that a block may have in a committee of so many seats. */
export function sliceLengthMax(seats: number): number {
  const { slices } = slicingOf(seats, limits.blockTransactionsMax);
  return Math.max(
    Math.ceil(limits.blockTransactionsMax / slices),
    // With fewer ciphertexts there are fewer slices.
    slices === 1 ? 0 : pointsPerSlice,
  );
}
