// Whether a proposal carries what shows that it may stand where it stands. That is a question about the message
// alone: whether we may vote for it is safety.ts, whether its payload is good is the application's.

import { equalBytes } from "../base/index.ts";
import {
  blockHash,
  type Epoch,
  type Header,
  type Height,
  limits,
  type Propose,
  type QC,
  type View,
} from "../protocol/index.ts";
import type { FinalBlock } from "./block-tree.ts";

/** What an epoch's first block stands on, in view 0: genesis, or the block that closed the epoch before. */
export interface Origin {
  readonly height: Height;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

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
export function isJustified(proposal: Propose, epoch: Epoch, origin: Origin): boolean {
  const { header, parentQC, skips } = proposal;
  const gap = header.view - header.parentView - 1;
  if (header.epoch !== epoch || header.view <= header.parentView) return false;
  if (header.height <= origin.height) return false;
  return (
    isCertifiedParent(header, parentQC, origin) &&
    skips.length === Math.min(gap, limits.skipsMax) &&
    skips.every((qc, i) => qc.kind === "skip" && qc.view === header.view - skips.length + i)
  );
}

function isCertifiedParent(header: Header, qc: QC | undefined, origin: Origin): boolean {
  if (qc === undefined)
    return (
      header.parentView === 0 &&
      header.height === origin.height + 1 &&
      equalBytes(header.parent, origin.hash)
    );
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
