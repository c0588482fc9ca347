// Whether a proposal carries what shows that it may stand where it stands. That is a question about the message
// alone: whether we may vote for it is safety.ts, whether its payload is good is the application's.

import { equalBytes } from "../base/index.ts";
import {
  blockHash,
  type Epoch,
  type Header,
  limits,
  type Propose,
  type QC,
  type View,
} from "../protocol/index.ts";
import type { FinalBlock } from "./block-tree.ts";

/** A proposal waiting to be voted on; one per view, the first that came. */
export interface Candidate {
  readonly proposal: Propose;
  readonly hash: Uint8Array;
}

export function toCandidate(proposal: Propose): Candidate {
  return { proposal, hash: blockHash(proposal.header) };
}

/**
 * The parent's certificate, and the SkipQC of every view between: all of them, or the last ones if they are more
 * than a message holds. Signatures are not looked at here.
 */
export function isJustified(proposal: Propose, epoch: Epoch, genesisHash: Uint8Array): boolean {
  const { header, parentQC, skips } = proposal;
  const gap = header.view - header.parentView - 1;
  if (header.epoch !== epoch || header.view <= header.parentView || header.height < 1) return false;
  return (
    isCertifiedParent(header, parentQC, genesisHash) &&
    skips.length === Math.min(gap, limits.skipsMax) &&
    skips.every((qc, i) => qc.kind === "skip" && qc.view === header.view - skips.length + i)
  );
}

function isCertifiedParent(header: Header, qc: QC | undefined, genesisHash: Uint8Array): boolean {
  if (qc === undefined)
    return header.parentView === 0 && header.height === 1 && equalBytes(header.parent, genesisHash);
  return qc.kind !== "skip" && qc.view === header.parentView && equalBytes(qc.hash, header.parent);
}

/** The header stands on its parent without a gap in height and with the parent's true view. */
export function isChild(header: Header, parent: FinalBlock | Header): boolean {
  return header.height === parent.height + 1 && header.parentView === parent.view;
}

/** The views strictly between, lowest first, as far as one message holds them: the last ones. */
export function gapViews(
  parentView: View,
  view: View,
): { readonly from: number; readonly to: number } {
  return { from: Math.max(parentView + 1, view - limits.skipsMax), to: view - 1 };
}
