// Who may speak through the chain, and how often: the members of the committee, and those whom L1 has named for the next
// one, so many times within so many heights. What they say is not looked at here, or blocks would depend on how far a
// node has come with checking it.

import { toHex } from "../base/index.ts";
import {
  type Candidate,
  type Committee,
  type Epoch,
  fromControlTransaction,
  limits,
  type SealedTransaction,
} from "../protocol/index.ts";
import type { RefusalCode } from "./admission.ts";

/** Whom L1 has named for the committee of an epoch; a later naming takes the place of an earlier one. */
export interface Prepared {
  readonly epoch: Epoch;
  readonly candidates: readonly Candidate[];
}

/** A value: it is replaced, never changed. */
export interface Assembly {
  readonly prepared: Prepared | undefined;
  /** Heights are counted by spans, of which this is one. */
  readonly span: number;
  /** How often each author, by its network key in hex, has spoken in this span; of at most two committees. */
  readonly counts: ReadonlyMap<string, number>;
}

export const emptyAssembly: Assembly = { prepared: undefined, span: 0, counts: new Map() };

/** As a block at this height finds it, with what it has read on L1. */
export function assemblyAt(
  before: Assembly,
  block: { readonly height: number; readonly prepared: Prepared | undefined },
  committee: Committee,
): Assembly {
  const span = Math.floor(block.height / limits.controlSpan);
  const counts = span === before.span ? before.counts : new Map<string, number>();
  const { prepared = before.prepared } = block;
  if (prepared === before.prepared) return { prepared, span, counts };
  // Whoever may not speak any more is let go, so that two committees is all there ever is.
  const speakers = speakersOf({ prepared, span, counts }, committee);
  const kept = [...counts].filter(([author]) => speakers.has(author));
  return { prepared, span, counts: new Map(kept) };
}

/** Whom L1 has named for the committee after this one. */
export function candidatesOf(
  { prepared }: Assembly,
  committee: Committee,
): readonly Candidate[] | undefined {
  return prepared?.epoch === committee.epoch + 1 ? prepared.candidates : undefined;
}

/** Why a control transaction may not be ordered; fees and expiry are not asked here. */
export function controlRefusalOf(
  transaction: SealedTransaction,
  assembly: Assembly,
  committee: Committee,
): RefusalCode | undefined {
  const control = fromControlTransaction(transaction);
  if (control === undefined) return "MALFORMED";
  const author = toHex(control.author);
  if (!speakersOf(assembly, committee).has(author)) return "NOT_A_VALIDATOR";
  const count = assembly.counts.get(author) ?? 0;
  return count < limits.controlsPerSpanMax ? undefined : "SAID_TOO_MUCH";
}

function speakersOf(assembly: Assembly, committee: Committee): ReadonlySet<string> {
  const all = [...committee.members, ...(candidatesOf(assembly, committee) ?? [])];
  return new Set(all.map(({ networkKey }) => toHex(networkKey)));
}

/** After an author that may speak has spoken. */
export function afterControl(assembly: Assembly, transaction: SealedTransaction): Assembly {
  const control = fromControlTransaction(transaction);
  if (control === undefined) return assembly;
  const author = toHex(control.author);
  const counts = new Map(assembly.counts);
  return { ...assembly, counts: counts.set(author, (counts.get(author) ?? 0) + 1) };
}
