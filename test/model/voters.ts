// One honest validator: what it voted, what it therefore still may vote, and what the others must have said before.

import { assert } from "../../base/index.ts";
import { initialSafety, type SafetyState } from "../../consensus/safety.ts";
import { Epoch, View } from "../../protocol/index.ts";
import type { Rules } from "./rules.ts";
import type { Block, Universe } from "./universe.ts";

/** Sets of blocks, of blocks, of views. */
export interface Votes {
  readonly prepares: number;
  readonly commits: number;
  readonly skips: number;
}

export interface Move {
  readonly kind: "prepare" | "commit" | "skip";
  readonly view: View;
  /** Undefined for a SKIP. */
  readonly block: Block | undefined;
  /** Blocks that must be certified, views that must be skipped. */
  readonly blocks: number;
  readonly skips: number;
  /** A view that must have some certificate; 0 has. */
  readonly entry: number;
  /** The voter afterwards. */
  readonly next: number;
}

/** More than any run has met; a state is three of these in 51 bits. */
export const votersMax: number = 2 ** 17;

/** All voters that were met, by number; 0 has not voted yet. */
export class Voters {
  readonly #universe: Universe;
  readonly #rules: Rules;
  readonly #numbers = new Map<string, number>();
  readonly #safety: SafetyState[] = [];
  readonly #moves: (readonly Move[] | undefined)[] = [];
  readonly prepares: number[] = [];
  readonly commits: number[] = [];
  readonly skips: number[] = [];

  constructor(universe: Universe, rules: Rules) {
    this.#universe = universe;
    this.#rules = rules;
    this.#number({ prepares: 0, commits: 0, skips: 0 }, initialSafety(Epoch(0)));
  }

  get count(): number {
    return this.#safety.length;
  }

  /** All that it may do once the certificates are there. A vote said again is nothing new. */
  moves(voter: number): readonly Move[] {
    return (this.#moves[voter] ??= this.#findMoves(voter));
  }

  #findMoves(voter: number): Move[] {
    const safety = this.#safety[voter];
    assert(safety !== undefined, "a voter that was met");
    const votes: Votes = {
      prepares: this.prepares[voter] ?? 0,
      commits: this.commits[voter] ?? 0,
      skips: this.skips[voter] ?? 0,
    };
    const moves: Move[] = [];
    for (const block of this.#universe.blocks) {
      if ((votes.prepares & (1 << block.id)) === 0)
        moves.push(...this.#prepare(votes, safety, block));
      if ((votes.commits & (1 << block.id)) === 0)
        moves.push(...this.#commit(votes, safety, block));
    }
    for (let view = 1; view <= this.#universe.views; view++)
      if ((votes.skips & (1 << view)) === 0) moves.push(...this.#skip(votes, safety, View(view)));
    return moves;
  }

  /** S1 and S3. What is held counts from when it exists: a leader that lies gives it to whom it likes. */
  #prepare(votes: Votes, safety: SafetyState, block: Block): Move[] {
    const { view, parent, gap } = block;
    const { mayPrepare, prepared, isParentCertified, isGapCertified } = this.#rules;
    if (!mayPrepare(safety, view)) return [];
    const hash = new Uint8Array(32).fill(block.id + 1);
    const after = { ...votes, prepares: votes.prepares | (1 << block.id) };
    const next = this.#number(after, prepared(safety, view, hash));
    const blocks = isParentCertified && parent !== undefined ? 1 << parent.id : 0;
    const skips = isGapCertified ? gap : 0;
    return [{ kind: "prepare", view, block, blocks, skips, entry: 0, next }];
  }

  /** S2 and S4. */
  #commit(votes: Votes, safety: SafetyState, block: Block): Move[] {
    const { view } = block;
    const { mayCommit, committed, isCommitCertified } = this.#rules;
    if (!mayCommit(safety, view)) return [];
    const after = { ...votes, commits: votes.commits | (1 << block.id) };
    const next = this.#number(after, committed(safety, view));
    const blocks = isCommitCertified ? 1 << block.id : 0;
    return [{ kind: "commit", view, block, blocks, skips: 0, entry: 0, next }];
  }

  /**
   * S5. The current view is no part of the state: any view that some certificate opened may be current. To be in a
   * view and not to vote there cannot be seen from outside, so this allows all that a replica may do, and more.
   */
  #skip(votes: Votes, safety: SafetyState, view: View): Move[] {
    const { maySkip, skipped } = this.#rules;
    if (!maySkip(safety, view, view)) return [];
    const after = { ...votes, skips: votes.skips | (1 << view) };
    // Only what is new is written down, as in the replica.
    const next = this.#number(after, view > safety.lastSkip ? skipped(safety, view) : safety);
    return [{ kind: "skip", view, block: undefined, blocks: 0, skips: 0, entry: view - 1, next }];
  }

  #number(votes: Votes, safety: SafetyState): number {
    const { lastPrepare, lastCommit, lastSkip } = safety;
    const { prepares, commits, skips } = votes;
    const key = [prepares, commits, skips, lastPrepare, lastCommit, lastSkip].join(" ");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#safety.push(safety) - 1;
    assert(number < votersMax, "three voters fit into a number");
    this.#numbers.set(key, number);
    this.prepares.push(prepares);
    this.commits.push(commits);
    this.skips.push(skips);
    return number;
  }
}
