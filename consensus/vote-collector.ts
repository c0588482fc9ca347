// Votes on their way to becoming certificates. They are verified together once there is a quorum, and one by one
// only if somebody in it lied: in good times that is one pairing per certificate, whatever the committee's size.

import { equalBytes } from "../base/index.ts";
import {
  type Committee,
  contradiction,
  type Evidence,
  type QC,
  quorum,
  type SignedPayload,
  type ValidatorIndex,
  View,
} from "../protocol/index.ts";
import type { VoteSignatures } from "./ports.ts";
import { type DigestOf, statementKey, type VoteStatement } from "./statement.ts";

/** A vote whose sender is known from the connection; the signature is not verified yet. */
export interface CastVote extends VoteStatement {
  readonly signer: ValidatorIndex;
  readonly signature: Uint8Array;
}

export interface VoteFault {
  readonly peer: ValidatorIndex;
  readonly code: "BAD_VOTE_SIGNATURE" | "EQUIVOCATION";
  readonly evidence?: Evidence;
}

export interface Counted {
  readonly certificate: QC | undefined;
  readonly faults: readonly VoteFault[];
  /** It was not known before, so it belongs into the log. */
  readonly isNew: boolean;
}

/** All that was said in favour of one statement. */
interface Tally {
  readonly statement: VoteStatement;
  readonly votes: Map<ValidatorIndex, Uint8Array>;
  readonly verified: Set<ValidatorIndex>;
  isCertified: boolean;
}

/** An honest validator makes one statement of a kind per view; the second is kept to convict with. */
const statementsPerKindMax = 2;
const nothing: Counted = { certificate: undefined, faults: [], isNew: false };

export class VoteCollector {
  readonly #committee: Committee;
  readonly #signatures: VoteSignatures;
  readonly #digestOf: DigestOf;
  readonly #views = new Map<View, Map<string, Tally>>();
  /**
   * From before a restart. They convict and do not count: their signers say again what they said, and if it counted
   * already, that would be a repetition, which makes no certificate. Whether a quorum that starts together goes on would
   * then hang on what each disk has lost.
   */
  readonly #remembered = new Map<View, Map<string, Tally>>();
  /** Up to here nothing new can come of certificates; votes still convict. */
  #settled: View = View(0);
  /** Signed garbage once; not listened to any more in this epoch. */
  readonly #banned = new Set<ValidatorIndex>();

  constructor(committee: Committee, signatures: VoteSignatures, digestOf: DigestOf) {
    this.#committee = committee;
    this.#signatures = signatures;
    this.#digestOf = digestOf;
  }

  /** The caller keeps views within a window, which bounds memory. */
  add(vote: CastVote): Counted {
    if (this.#banned.has(vote.signer)) return nothing;
    const tallies = this.#views.get(vote.view) ?? new Map<string, Tally>();
    const tally = tallies.get(statementKey(vote)) ?? emptyTally(vote);
    if (tally.votes.has(vote.signer)) return nothing;
    const conflicting = this.#conflicts(vote, tallies);
    if (conflicting.length >= statementsPerKindMax) return nothing;
    this.#views.set(vote.view, tallies.set(statementKey(vote), tally));
    tally.votes.set(vote.signer, vote.signature);

    const faults = conflicting.flatMap((other) => this.#judge(other, tally, vote.signer));
    const isNew = !this.#isRemembered(vote);
    return { certificate: this.#certify(tally, faults), faults, isNew };
  }

  /** Votes of an earlier start. The caller keeps their views within the window. */
  remember(votes: readonly CastVote[]): void {
    for (const vote of votes) {
      const tallies = this.#remembered.get(vote.view) ?? new Map<string, Tally>();
      const tally = tallies.get(statementKey(vote)) ?? emptyTally(vote);
      tally.votes.set(vote.signer, vote.signature);
      this.#remembered.set(vote.view, tallies.set(statementKey(vote), tally));
    }
  }

  /** Votes that are held, of all views together. */
  get size(): number {
    return sizeOf(this.#views);
  }

  /** Those from before a restart. */
  get sizeRemembered(): number {
    return sizeOf(this.#remembered);
  }

  /** Statements of one validator in one view: one each of three kinds, and as many that contradict them. */
  static readonly perSeatMax: number = 3 * statementsPerKindMax;

  /** A CommitQC of this view is known: below, votes are only kept to find lies. */
  settle(upTo: View): void {
    this.#settled = upTo;
  }

  /** Forgets views up to and including this one. */
  prune(upTo: View): void {
    for (const views of [this.#views, this.#remembered])
      for (const view of views.keys()) if (view <= upTo) views.delete(view);
  }

  /** What the signer said that contradicts this vote. What is remembered stands for what it says again. */
  #conflicts(vote: CastVote, tallies: ReadonlyMap<string, Tally>): Tally[] {
    const said = new Map<string, Tally>();
    for (const [key, tally] of [...(this.#remembered.get(vote.view) ?? []), ...tallies])
      if (tally.votes.has(vote.signer) && !said.has(key)) said.set(key, tally);
    return [...said.values()].filter(({ statement }) => isConflict(statement, vote));
  }

  #isRemembered(vote: CastVote): boolean {
    const tally = this.#remembered.get(vote.view)?.get(statementKey(vote));
    return tally?.votes.has(vote.signer) === true;
  }

  /** Adds to `faults` whoever turns out to have signed nothing. */
  #certify(tally: Tally, faults: VoteFault[]): QC | undefined {
    const { members, epoch } = this.#committee;
    const isDecided = tally.isCertified || tally.statement.view <= this.#settled;
    if (isDecided || tally.votes.size < quorum(members.length)) return undefined;
    const digest = this.#digestOf(tally.statement);
    const signers = [...tally.votes.keys()].sort((a, b) => a - b);
    const signature = this.#signatures.aggregate(
      signers.map((signer) => tally.votes.get(signer) as Uint8Array),
    );
    if (signature !== undefined && this.#signatures.verifyAggregate(signers, digest, signature)) {
      tally.isCertified = true;
      return { ...tally.statement, epoch, signers, signature };
    }
    const liars = signers.filter((signer) => !this.#isVerified(tally, signer));
    // Every signature alone is good and their sum is not: only a broken back-end does that.
    if (liars.length === 0) return undefined;
    faults.push(...liars.map((signer) => this.#ban(signer)));
    return this.#certify(tally, faults);
  }

  /** Two statements that no honest validator makes both: evidence if it signed both, a ban if it did not. */
  #judge(first: Tally, second: Tally, signer: ValidatorIndex): VoteFault[] {
    if (!this.#isVerified(first, signer) || !this.#isVerified(second, signer))
      return [this.#ban(signer)];
    const slot = first.statement.view;
    const sides = [sideOf(first, signer), sideOf(second, signer)] as const;
    const evidence = contradiction({ epoch: this.#committee.epoch, offender: signer, slot }, sides);
    return [{ peer: signer, code: "EQUIVOCATION", evidence }];
  }

  #isVerified(tally: Tally, signer: ValidatorIndex): boolean {
    if (tally.verified.has(signer)) return true;
    const signature = tally.votes.get(signer);
    const isGood =
      signature !== undefined &&
      this.#signatures.verify(signer, this.#digestOf(tally.statement), signature);
    if (isGood) tally.verified.add(signer);
    return isGood;
  }

  #ban(signer: ValidatorIndex): VoteFault {
    this.#banned.add(signer);
    for (const views of [this.#views, this.#remembered])
      for (const tallies of views.values())
        for (const tally of tallies.values())
          if (!tally.verified.has(signer)) tally.votes.delete(signer);
    return { peer: signer, code: "BAD_VOTE_SIGNATURE" };
  }
}

function sideOf({ statement, votes }: Tally, signer: ValidatorIndex): SignedPayload {
  const signature = votes.get(signer) ?? new Uint8Array(96);
  return { kind: statement.kind, payload: statement.hash, signature };
}

function sizeOf(views: ReadonlyMap<View, ReadonlyMap<string, Tally>>): number {
  let size = 0;
  for (const tallies of views.values())
    for (const { votes } of tallies.values()) size += votes.size;
  return size;
}

function emptyTally({ kind, view, hash }: VoteStatement): Tally {
  return {
    statement: { kind, view, hash },
    votes: new Map(),
    verified: new Set(),
    isCertified: false,
  };
}

/** Of one view: two blocks prepared or committed, or a COMMIT beside a SKIP. */
function isConflict(a: VoteStatement, b: VoteStatement): boolean {
  if (a.kind === b.kind) return !equalBytes(a.hash, b.hash);
  return a.kind !== "prepare" && b.kind !== "prepare";
}
