// What an honest validator holds itself to. The true rules are production's own functions; a mutant is the same with
// one of them changed, to prove that the checker would see it.

import {
  committed,
  mayCommit,
  mayPrepare,
  maySkip,
  prepared,
  type SafetyState,
  skipped,
} from "../../consensus/safety.ts";
import { faultyMax, quorum, type View } from "../../protocol/index.ts";

export const seats = 4;
export const faulty: number = faultyMax(seats);

/** When a share of the threshold key leaves a validator, and with what it can be combined. */
export interface SharePolicy {
  /** Besides when a CommitQC of the block or of a descendant is held, which is always a reason. */
  readonly alsoWith: "nothing" | "prepare" | "commit" | "commit of a descendant";
  /** Shares of one transaction in two blocks cannot be put together. Ours can: they depend on the ciphertext alone. */
  readonly isBound: boolean;
}

export interface Rules {
  /** S1. */
  readonly mayPrepare: typeof mayPrepare;
  /** S2. */
  readonly mayCommit: typeof mayCommit;
  /** S5. */
  readonly maySkip: typeof maySkip;
  readonly prepared: typeof prepared;
  readonly committed: typeof committed;
  readonly skipped: typeof skipped;
  /** S3, first half: the parent of what is prepared is certified. */
  readonly isParentCertified: boolean;
  /** S3, second half: the views since the parent's have SkipQCs. */
  readonly isGapCertified: boolean;
  /** S4, as far as it is about votes: what is committed has a PrepareQC. */
  readonly isCommitCertified: boolean;
  /** Votes that make a certificate, those of liars among them. */
  readonly quorum: number;
  readonly shares: SharePolicy;
}

export const trueRules: Rules = {
  mayPrepare,
  mayCommit,
  maySkip,
  prepared,
  committed,
  skipped,
  isParentCertified: true,
  isGapCertified: true,
  isCommitCertified: true,
  quorum: quorum(seats),
  shares: { alsoWith: "nothing", isBound: false },
};

/** As safe, and a delay faster, by a theorem of its own; but it takes a sealing whose shares name the block. */
export const boundShares: Rules = { ...trueRules, shares: { alsoWith: "commit", isBound: true } };

/** Writing a vote down without the assertion that it was allowed, which a mutant would run into. */
export const unguarded: Pick<Rules, "prepared" | "committed" | "skipped"> = {
  prepared: (state: SafetyState, view: View, prepareHash: Uint8Array) => ({
    ...state,
    lastPrepare: view,
    prepareHash,
  }),
  committed: (state: SafetyState, lastCommit: View) => ({ ...state, lastCommit }),
  skipped: (state: SafetyState, lastSkip: View) => ({ ...state, lastSkip }),
};
