// A state is what the three honest voters voted: their numbers, in one.

import { votersMax } from "./voters.ts";

export type ToKey = (a: number, b: number, c: number) => number;

export const toPlainKey: ToKey = (a, b, c) => (a * votersMax + b) * votersMax + c;

/**
 * One state for all that differ only in which voter is which. That is sound because no rule and no invariant names a
 * voter: who renames them turns every run into a run, and a fault into the same fault.
 */
export const toSortedKey: ToKey = (a, b, c) => {
  const least = Math.min(a, b, c);
  const most = Math.max(a, b, c);
  return toPlainKey(least, a + b + c - least - most, most);
};

export function fromKey(key: number): [number, number, number] {
  const c = key % votersMax;
  const rest = (key - c) / votersMax;
  const b = rest % votersMax;
  return [(rest - b) / votersMax, b, c];
}

/** In how many ways these three can be given three names. */
export function namings(a: number, b: number, c: number): number {
  if (a === b && b === c) return 1;
  return a === b || b === c ? 3 : 6;
}
