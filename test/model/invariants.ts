// What must be so in every state (docs/protocol.md), each with the proof's own name for it. An answer is what is wrong.

import { isSeveral, type Poll } from "./poll.ts";
import { blocksIn } from "./universe.ts";

export interface Invariant {
  readonly name: string;
  /** Undefined while it holds. */
  readonly broken: (poll: Poll) => string | undefined;
}

export const agreement: Invariant = {
  name: "agreement",
  broken: (poll) => {
    const { universe, committed } = poll;
    if (!isSeveral(committed)) return undefined;
    for (const block of blocksIn(universe, committed)) {
      const other = blocksIn(universe, committed & universe.conflicts[block.id]!)[0];
      if (other !== undefined) return `CommitQCs of ${block.name} and ${other.name}`;
    }
    return undefined;
  },
};

/** Stronger than agreement: f + 1 honest COMMITs bind all that is certified later, before anybody holds a CommitQC. */
export const extension: Invariant = {
  name: "extension",
  broken: (poll) => {
    const { universe, irrevocable, certified } = poll;
    if (irrevocable === 0) return undefined;
    for (const block of blocksIn(universe, irrevocable))
      for (const other of blocksIn(universe, certified & universe.conflicts[block.id]!))
        if (other.view >= block.view)
          return `${block.name} has f + 1 honest COMMITs, and ${other.name} is certified`;
    return undefined;
  },
};

export const onePrepareQC: Invariant = {
  name: "one PrepareQC in a view",
  broken: ({ universe, prepared }) => {
    if (!isSeveral(prepared)) return undefined;
    const view = universe.ofView.findIndex((blocks) => isSeveral(prepared & blocks));
    if (view === -1) return undefined;
    const names = blocksIn(universe, prepared & universe.ofView[view]!).map(({ name }) => name);
    return `PrepareQCs of ${names.join(" and ")}`;
  },
};

export const noSkipOfCommitted: Invariant = {
  name: "no SkipQC beside f + 1 honest COMMITs",
  broken: (poll) => {
    for (let view = 1; view <= poll.universe.views; view++)
      if ((poll.skipped & (1 << view)) !== 0 && poll.committers(view) > 1)
        return `a SkipQC of view ${view}, and ${poll.committers(view)} honest COMMITs in it`;
    return undefined;
  },
};

/** An honest validator cannot be convicted. */
export const nothingSlashable: Invariant = {
  name: "nothing slashable",
  broken: (poll) => {
    const view = poll.slashable;
    return view === undefined
      ? undefined
      : `an honest validator contradicts itself in view ${view}`;
  },
};

/** What can be read stays in the chain for ever. */
export const privacy: Invariant = {
  name: "privacy",
  broken: ({ universe, readableEarly }) => {
    if (readableEarly === 0) return undefined;
    const names = blocksIn(universe, readableEarly).map(({ name }) => name);
    return `${names.join(" and ")} can be read, and nothing makes that irrevocable`;
  },
};

export const invariants: readonly Invariant[] = [
  agreement,
  extension,
  onePrepareQC,
  noSkipOfCommitted,
  nothingSlashable,
  privacy,
];
