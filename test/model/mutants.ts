// Rules with one of them broken. The checker must find each, or nobody needs to believe that it finds nothing else.

import {
  agreement,
  extension,
  type Invariant,
  noSkipOfCommitted,
  nothingSlashable,
  onePrepareQC,
  privacy,
} from "./invariants.ts";
import { type Rules, trueRules, unguarded } from "./rules.ts";

export interface Mutant {
  readonly name: string;
  readonly rules: Rules;
  /** Where it is looked for: variants of a block for each parent, view by view. */
  readonly variants: readonly number[];
  /** What it breaks, each by a way of its own. */
  readonly breaks: readonly Invariant[];
}

export const mutants: readonly Mutant[] = [
  {
    name: "S1: a view is prepared twice",
    rules: {
      ...trueRules,
      ...unguarded,
      mayPrepare: (state, view) =>
        view >= state.lastPrepare && view > state.lastCommit && view > state.lastSkip,
    },
    variants: [2, 2],
    breaks: [nothingSlashable, onePrepareQC, extension, agreement],
  },
  {
    name: "S2: COMMIT after SKIP",
    rules: { ...trueRules, ...unguarded, mayCommit: (state, view) => view > state.lastCommit },
    variants: [1, 1],
    breaks: [nothingSlashable, noSkipOfCommitted, extension, agreement],
  },
  {
    name: "S2: COMMITs do not ascend",
    rules: { ...trueRules, ...unguarded, mayCommit: (state, view) => view > state.lastSkip },
    variants: [1, 1, 1],
    breaks: [nothingSlashable, noSkipOfCommitted, extension, agreement],
  },
  {
    name: "S3: the parent need not be certified",
    rules: { ...trueRules, isParentCertified: false },
    variants: [2, 2],
    breaks: [extension, agreement],
  },
  {
    name: "S3: skipped views need no certificate",
    rules: { ...trueRules, isGapCertified: false },
    variants: [1, 1],
    breaks: [extension, agreement],
  },
  {
    name: "S4: COMMIT without a PrepareQC",
    rules: { ...trueRules, isCommitCertified: false },
    variants: [2, 1],
    breaks: [extension, agreement],
  },
  {
    name: "S5: SKIP after COMMIT",
    rules: {
      ...trueRules,
      ...unguarded,
      maySkip: (_, view, current) => view === current,
    },
    variants: [1, 1],
    breaks: [nothingSlashable, noSkipOfCommitted, extension, agreement],
  },
  {
    name: "a quorum of one less",
    rules: { ...trueRules, quorum: trueRules.quorum - 1 },
    variants: [2, 1],
    breaks: [onePrepareQC, extension, agreement, noSkipOfCommitted, privacy],
  },
  {
    name: "shares leave with the PREPARE",
    rules: { ...trueRules, shares: { alsoWith: "prepare", isBound: true } },
    variants: [1, 1],
    breaks: [privacy],
  },
  {
    name: "shares leave with the own COMMIT and are not bound to the block",
    rules: { ...trueRules, shares: { alsoWith: "commit", isBound: false } },
    variants: [1, 1],
    breaks: [privacy],
  },
  {
    name: "shares of unfinalized ancestors leave with the own COMMIT",
    rules: { ...trueRules, shares: { alsoWith: "commit of a descendant", isBound: true } },
    variants: [1, 1, 1],
    breaks: [privacy],
  },
];
