// What three honest voters and one liar have brought about together. The liar votes for everything and gives every
// share, so what needs n - f voices is there as soon as n - 2f honest ones spoke. Integers in place of objects: this
// is asked of every state.

import { unreachable } from "../../base/index.ts";
import { faulty, type Rules, seats } from "./rules.ts";
import { type Universe, withAncestors } from "./universe.ts";
import type { Move, Voters } from "./voters.ts";

export class Poll {
  readonly universe: Universe;
  readonly #rules: Rules;
  readonly #voters: Voters;
  #trio: readonly [number, number, number] = [0, 0, 0];
  /** Blocks with a PrepareQC, blocks with a CommitQC, views with a SkipQC. */
  prepared = 0;
  committed = 0;
  skipped = 0;
  /** Blocks with either: what a later block may stand on. */
  certified = 0;
  /** Views with a certificate of some kind; view 0 needs none. */
  opened = 0;
  /** Blocks that f + 1 honest voters committed. */
  irrevocable = 0;

  constructor(universe: Universe, rules: Rules, voters: Voters) {
    this.universe = universe;
    this.#rules = rules;
    this.#voters = voters;
  }

  count(a: number, b: number, c: number): void {
    const { prepares, commits, skips } = this.#voters;
    const enough = this.#rules.quorum - faulty;
    this.#trio = [a, b, c];
    this.prepared = said(enough, prepares[a]!, prepares[b]!, prepares[c]!);
    this.committed = said(enough, commits[a]!, commits[b]!, commits[c]!);
    this.skipped = said(enough, skips[a]!, skips[b]!, skips[c]!);
    this.irrevocable = said(faulty + 1, commits[a]!, commits[b]!, commits[c]!);
    this.certified = this.prepared | this.committed;
    this.opened = this.skipped | 1;
    for (let view = 1; view <= this.universe.views; view++)
      if ((this.certified & this.universe.ofView[view]!) !== 0) this.opened |= 1 << view;
  }

  /** The certificates that the vote needs are there. */
  allows(move: Move): boolean {
    return (
      (this.certified & move.blocks) === move.blocks &&
      (this.skipped & move.skips) === move.skips &&
      (this.opened & (1 << move.entry)) !== 0
    );
  }

  /** Honest voters that committed something in the view. */
  committers(view: number): number {
    const ofView = this.universe.ofView[view]!;
    return this.#trio.filter((voter) => (this.#voters.commits[voter]! & ofView) !== 0).length;
  }

  /** A view in which one honest voter signed what no honest one signs both: two PREPAREs, two COMMITs, COMMIT and SKIP. */
  get slashable(): number | undefined {
    for (const voter of this.#trio)
      for (let view = 1; view <= this.universe.views; view++) {
        const ofView = this.universe.ofView[view]!;
        const commits = this.#voters.commits[voter]! & ofView;
        const isSkipped = (this.#voters.skips[voter]! & (1 << view)) !== 0;
        if (isSeveral(this.#voters.prepares[voter]! & ofView) || isSeveral(commits)) return view;
        if (commits !== 0 && isSkipped) return view;
      }
    return undefined;
  }

  /**
   * Blocks whose transactions can be read although nothing makes them irrevocable. Shares are not steps of their own:
   * each leaves as soon as it may, since a state in which one was held back reveals less, and no vote depends on them.
   */
  get readableEarly(): number {
    const { isBound } = this.#rules.shares;
    const [a, b, c] = this.#trio.map((voter) => this.#released(voter)) as [number, number, number];
    // One transaction, in the first block of every chain, is the worst case: its shares add up over all of them.
    const { first } = this.universe;
    const spread = (set: number): number => (isBound || (set & first) === 0 ? set : set | first);
    const readable = said(seats - 2 * faulty, spread(a), spread(b), spread(c));
    return readable & ~spread(withAncestors(this.universe, this.irrevocable));
  }

  /** Blocks for which this voter's share has left it. */
  #released(voter: number): number {
    const { universe } = this;
    const final = withAncestors(universe, this.committed);
    const commits = this.#voters.commits[voter]!;
    const { alsoWith } = this.#rules.shares;
    switch (alsoWith) {
      case "nothing":
        return final;
      case "prepare":
        return final | this.#voters.prepares[voter]!;
      case "commit":
        return final | commits;
      case "commit of a descendant":
        return final | withAncestors(universe, commits);
      default:
        return unreachable(alsoWith);
    }
  }
}

export function isSeveral(set: number): boolean {
  return (set & (set - 1)) !== 0;
}

/** What at least so many of three said, bit by bit. */
function said(atLeast: number, a: number, b: number, c: number): number {
  if (atLeast <= 1) return a | b | c;
  return atLeast === 2 ? (a & b) | (a & c) | (b & c) : a & b & c;
}
