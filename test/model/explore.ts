// Looks at every state that three honest voters and one liar can reach, breadth first, so that the first fault that is
// found is one with the fewest votes. There is no time and no network in it: what was said may be held by anybody at
// any moment, or never.

import { type Invariant, invariants as allInvariants } from "./invariants.ts";
import { fromKey, namings, toPlainKey, toSortedKey } from "./keys.ts";
import { Poll } from "./poll.ts";
import type { Rules } from "./rules.ts";
import { States } from "./states.ts";
import { replay } from "./trace.ts";
import { universeOf } from "./universe.ts";
import { Voters } from "./voters.ts";

export interface Model {
  /** Variants of a block for each parent, view by view. */
  readonly variants: readonly number[];
  readonly rules: Rules;
  readonly invariants?: readonly Invariant[];
}

export interface Limits {
  readonly statesMax?: number;
  /** False keeps states apart that differ only in which voter is which: slower, and must come to the same. */
  readonly isReduced?: boolean;
  readonly onProgress?: (states: number, depth: number) => void;
}

export interface Exploration {
  readonly states: number;
  /** With every way to name the voters; without reduction the same as `states`. */
  readonly statesInFull: number;
  readonly voters: number;
  /** Votes in the longest way to a state. */
  readonly depth: number;
  /** Nothing was left out. */
  readonly isExhaustive: boolean;
  readonly violation: Violation | undefined;
}

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  /** One line for each vote. */
  readonly trace: readonly string[];
}

const progressEvery = 2 ** 20;

export function explore(model: Model, limits: Limits = {}): Exploration {
  const { statesMax = Number.POSITIVE_INFINITY, isReduced = true, onProgress } = limits;
  const invariants = model.invariants ?? allInvariants;
  const universe = universeOf(model.variants);
  const voters = new Voters(universe, model.rules);
  const poll = new Poll(universe, model.rules, voters);
  const toKey = isReduced ? toSortedKey : toPlainKey;
  const states = new States();
  states.add(toKey(0, 0, 0), 0);
  let statesInFull = 0;
  let depth = 0;
  let layerEnd = 1;
  for (let state = 0; state < states.count; state++) {
    if (state === layerEnd) {
      depth += 1;
      layerEnd = states.count;
    }
    const [a, b, c] = fromKey(states.key(state));
    statesInFull += isReduced ? namings(a, b, c) : 1;
    poll.count(a, b, c);
    for (const { name, broken } of invariants) {
      const what = broken(poll);
      if (what === undefined) continue;
      const trace = replay({ universe, rules: model.rules, voters }, pathTo(states, state), toKey);
      const violation = { invariant: name, what, trace };
      const found = { states: states.count, statesInFull, voters: voters.count, depth };
      return { ...found, isExhaustive: false, violation };
    }
    if (states.count >= statesMax) continue;
    // What is certified does not depend on who moves next, so it is counted once for all three.
    for (const move of voters.moves(a))
      if (poll.allows(move)) states.add(toKey(move.next, b, c), state);
    if (!isReduced || b !== a)
      for (const move of voters.moves(b))
        if (poll.allows(move)) states.add(toKey(a, move.next, c), state);
    if (!isReduced || c !== b)
      for (const move of voters.moves(c))
        if (poll.allows(move)) states.add(toKey(a, b, move.next), state);
    if (onProgress !== undefined && state % progressEvery === progressEvery - 1)
      onProgress(state + 1, depth);
  }
  const isExhaustive = states.count < statesMax;
  const sizes = { states: states.count, statesInFull, voters: voters.count, depth };
  return { ...sizes, isExhaustive, violation: undefined };
}

function pathTo(states: States, state: number): number[] {
  const path: number[] = [];
  for (let at = state; at !== 0; at = states.parent(at)) path.unshift(states.key(at));
  return path;
}
