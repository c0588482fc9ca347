// Production's own replica among the voters of the model. Three honest ones are fed what a lying leader, a lying voter
// and an unkind network could feed them, at random; whatever they sign must be a vote that the model allows there and
// then, and what the model allows in the view that a replica is in, it must sign.

import {
  type Certificate,
  type ConsensusMessage,
  type ValidatorIndex,
  View,
  type Vote,
  type VoteKind,
} from "../../protocol/index.ts";
import { SeededRandom } from "../sim/random.ts";
import { Life, type ReplicaClass } from "./life.ts";
import { Poll } from "./poll.ts";
import { type Rules, trueRules } from "./rules.ts";
import { honest, liar, Stage, toModel, toReal } from "./stage.ts";
import { type Block, blocksIn, type Universe, universeOf, withAncestors } from "./universe.ts";
import { type Move, Voters } from "./voters.ts";

export interface WalkOptions {
  readonly seed: number;
  readonly steps: number;
  readonly variants: readonly number[];
  /** What the replicas are held to. */
  readonly rules?: Rules;
  readonly replicaClass?: ReplicaClass;
}

export interface Walk {
  /** Votes of the model that replicas cast, and those of them that were demanded of one. */
  readonly votes: number;
  readonly demanded: number;
  readonly finalized: number;
  readonly restarts: number;
  /** What production did that the model does not, or the other way round; the walk ended there. */
  readonly breach: string | undefined;
}

/** Two voices are no certificate, whosever they are. */
const tooFew = [liar, honest[0] ?? 0].toSorted((a, b) => a - b);
const all = [...honest, liar].toSorted((a, b) => a - b);
const names = ["A", "B", "C"] as const;
const kinds = ["prepare", "commit", "skip"] as const;

export function walk(options: WalkOptions): Walk {
  return new Walker(options).walk(options.steps);
}

class Walker {
  readonly #random: SeededRandom;
  readonly #universe: Universe;
  readonly #stage: Stage;
  readonly #voters: Voters;
  /** What there is, and what the rules in question make of it. */
  readonly #poll: Poll;
  readonly #judge: Poll;
  readonly #lives: readonly Life[];
  readonly #trio: [number, number, number] = [0, 0, 0];
  readonly #cast: { readonly by: number; readonly vote: Vote }[] = [];
  #votes = 0;
  #demanded = 0;
  #restarts = 0;
  #breach: string | undefined;

  constructor({ seed, variants, rules = trueRules, replicaClass }: WalkOptions) {
    this.#random = new SeededRandom(seed);
    this.#universe = universeOf(variants);
    this.#stage = new Stage(this.#universe);
    this.#voters = new Voters(this.#universe, rules);
    this.#poll = new Poll(this.#universe, trueRules, this.#voters);
    this.#judge = new Poll(this.#universe, rules, this.#voters);
    this.#lives = honest.map((index) => new Life(index, replicaClass));
    this.#count();
  }

  walk(steps: number): Walk {
    for (let step = 0; step < steps && this.#breach === undefined; step++) {
      const voter = this.#random.between(0, 2) as 0 | 1 | 2;
      if (this.#random.chance(0.4)) this.#demand(voter);
      else this.#disturb(voter);
      this.#checkFinal(voter);
    }
    return {
      votes: this.#votes,
      demanded: this.#demanded,
      finalized: this.#lives.reduce((sum, { finalized }) => sum + finalized.length, 0),
      restarts: this.#restarts,
      breach: this.#breach,
    };
  }

  /** Something true, something forged, or nothing but time. */
  #disturb(voter: 0 | 1 | 2): void {
    const random = this.#random;
    const life = this.#life(voter);
    const block = random.pick(this.#universe.blocks);
    const view = random.between(1, this.#universe.views);
    const kind = random.pick(kinds);
    const of = kind === "skip" ? view : block;
    switch (random.between(0, 6)) {
      case 0:
        return this.#say(voter, liar, this.#proposal(block));
      case 1:
        return this.#say(voter, liar, this.#certificate(kind, of));
      case 2:
        if ((this.#poll.opened & (1 << view)) === 0) return;
        return this.#say(voter, random.pick(honest.filter((at) => at !== life.index)), {
          type: "certificate",
          qc: random.pick(this.#stage.between(view, all)),
        });
      case 3:
        return this.#say(voter, liar, this.#stage.vote(liar, kind, of));
      case 4: {
        const others = this.#cast.filter(({ by }) => by !== voter);
        if (others.length === 0) return;
        const { by, vote } = random.pick(others);
        return this.#say(voter, honest[by] ?? liar, vote);
      }
      case 5:
        return this.#judgeAll(voter, life.wait(random.between(1, 20) * 20_000));
      case 6:
        if (random.chance(0.7)) return;
        this.#restarts += 1;
        return this.#judgeAll(voter, life.restart());
    }
  }

  /**
   * One vote that the model allows, with all that it takes. What keeps a replica from it is only what the model does
   * not count as part of a state: a later view that it is in, a first proposal that it looked at, a CommitQC above.
   */
  #demand(voter: 0 | 1 | 2): void {
    const moves = this.#voters.moves(this.#trio[voter]).filter((move) => this.#poll.allows(move));
    if (moves.length === 0) return;
    const move = this.#random.pick(moves);
    const life = this.#life(voter);
    const view = toReal(move.view);
    if (!life.isCaughtUp || life.committedView >= view || life.lastSkip > view) return;
    if (move.kind !== "commit" && life.view > view) return;
    if (move.kind === "prepare" && life.proposed.has(view)) return;
    this.#give(voter, move);
    if (this.#breach !== undefined) return;
    // A liar's vote among what it was given may have been the last of a certificate, and that ends a view.
    if (move.kind !== "commit" && life.view > view && !this.#hasCast(voter, move)) return;
    if (this.#hasCast(voter, move)) this.#demanded += 1;
    else this.#fail(voter, move.kind, move.block ?? move.view, "may vote so and does not");
  }

  #give(voter: 0 | 1 | 2, { kind, block, view }: Move): void {
    if (block === undefined) {
      const entry = view === 1 ? undefined : this.#stage.between(view - 1, all).at(-1);
      if (entry !== undefined) this.#say(voter, liar, { type: "certificate", qc: entry });
      return this.#say(voter, liar, this.#stage.vote(liar, "skip", view));
    }
    for (const each of blocksIn(this.#universe, block.lineage)) {
      if (each !== block || kind === "commit")
        this.#say(voter, liar, this.#certificate("prepare", each));
      this.#say(voter, liar, this.#proposal(each));
    }
  }

  #say(voter: 0 | 1 | 2, from: ValidatorIndex, message: ConsensusMessage): void {
    this.#judgeAll(voter, this.#life(voter).hear(from, message));
  }

  #judgeAll(voter: 0 | 1 | 2, votes: readonly Vote[]): void {
    for (const vote of votes) if (this.#breach === undefined) this.#judgeOne(voter, vote);
  }

  /** What was signed is a vote that the model allows now, or one that was there before. */
  #judgeOne(voter: 0 | 1 | 2, vote: Vote): void {
    this.#cast.push({ by: voter, vote });
    const view = toModel(vote.view);
    const { kind } = vote;
    if (view === undefined || view > this.#universe.views) {
      if (kind !== "skip") this.#fail(voter, kind, vote.view, "voted for a block that nobody made");
      return;
    }
    const block = kind === "skip" ? undefined : this.#stage.block(vote.hash);
    if (kind !== "skip" && block === undefined)
      return this.#fail(voter, kind, view, "voted for a block that nobody made");
    if (this.#hasCast(voter, { kind, block, view: View(view) })) return;
    const move = this.#voters
      .moves(this.#trio[voter])
      .find((each) => each.kind === kind && each.block === block && each.view === view);
    if (move === undefined || !this.#judge.allows(move))
      return this.#fail(voter, kind, block ?? view, "voted as the model does not allow");
    this.#votes += 1;
    this.#trio[voter] = move.next;
    this.#count();
  }

  /** What a replica made final, f + 1 honest COMMITs bind it to. */
  #checkFinal(voter: 0 | 1 | 2): void {
    const life = this.#life(voter);
    const final = withAncestors(this.#universe, this.#poll.committed);
    for (const hash of life.finalized) {
      const block = this.#stage.block(hash);
      if (block === undefined || (final & (1 << block.id)) === 0)
        return this.#fail(voter, "commit", block ?? 0, "made final what has no CommitQC");
    }
    if (life.isBroken) this.#fail(voter, "commit", 0, "broke");
  }

  /** With true certificates where there are some; where there are none with forged ones, or without. */
  #proposal(block: Block): ConsensusMessage {
    const proposal = this.#stage.proposal(block, (what) =>
      this.#exists(typeof what === "number" ? "skip" : "prepare", what) ? all : tooFew,
    );
    if (this.#random.chance(0.5)) return proposal;
    return {
      ...proposal,
      skips: proposal.skips.filter(({ signers }) => signers.length > tooFew.length),
    };
  }

  #certificate(kind: VoteKind, of: Block | number): Certificate {
    const signers = this.#exists(kind, of) ? all : tooFew;
    return { type: "certificate", qc: this.#stage.certificate(kind, of, signers) };
  }

  #exists(kind: VoteKind, of: Block | number): boolean {
    if (typeof of === "number") return (this.#poll.skipped & (1 << of)) !== 0;
    const set = kind === "commit" ? this.#poll.committed : this.#poll.prepared;
    return (set & (1 << of.id)) !== 0;
  }

  #hasCast(
    voter: 0 | 1 | 2,
    { kind, block, view }: Pick<Move, "kind" | "block" | "view">,
  ): boolean {
    const { prepares, commits, skips } = this.#voters;
    const at = this.#trio[voter];
    const sets = { prepare: prepares[at], commit: commits[at], skip: skips[at] };
    return ((sets[kind] ?? 0) & (1 << (block?.id ?? view))) !== 0;
  }

  #count(): void {
    this.#poll.count(...this.#trio);
    this.#judge.count(...this.#trio);
  }

  #life(voter: 0 | 1 | 2): Life {
    const life = this.#lives[voter];
    if (life === undefined) throw new Error("three are honest");
    return life;
  }

  #fail(voter: 0 | 1 | 2, kind: VoteKind, of: Block | number, what: string): void {
    const name = typeof of === "number" ? `view ${of}` : of.name;
    this.#breach = `${names[voter]} ${what}: ${kind.toUpperCase()} ${name}`;
  }
}
