// The certificates of the views above the last CommitQC, each verified once.

import { assert, equalBytes } from "../base/index.ts";
import {
  type Committee,
  isMember,
  type QC,
  quorum,
  type ValidatorIndex,
  type View,
  zeroHash,
} from "../protocol/index.ts";
import type { VoteSignatures } from "./ports.ts";
import type { DigestOf } from "./statement.ts";

/**
 * Everything below the highest CommitQC is dropped: no SkipQC of its view can exist, so no later block that anyone
 * may vote for stands on something older. Between it and the current view there is one entry per view.
 */
export class Certificates {
  readonly #committee: Committee;
  readonly #signatures: VoteSignatures;
  readonly #digestOf: DigestOf;
  /** PREPARE, or COMMIT where no PrepareQC was seen: either shows that the view has one certified block. */
  readonly #blocks = new Map<View, QC>();
  readonly #skips = new Map<View, QC>();
  #commit: QC | undefined;
  #highest: QC | undefined;

  constructor(committee: Committee, signatures: VoteSignatures, digestOf: DigestOf) {
    this.#committee = committee;
    this.#signatures = signatures;
    this.#digestOf = digestOf;
  }

  /** The highest CommitQC. */
  get commit(): QC | undefined {
    return this.#commit;
  }

  /** One of the highest view; by it the current view was entered. */
  get highest(): QC | undefined {
    return this.#highest;
  }

  /** What certifies the block of the view. */
  block(view: View): QC | undefined {
    return this.#blocks.get(view);
  }

  skip(view: View): QC | undefined {
    return this.#skips.get(view);
  }

  /** Certificates of blocks in views above, lowest first. */
  blocksAbove(view: View): QC[] {
    return [...this.#blocks.values()]
      .filter((qc) => qc.view > view)
      .sort((a, b) => a.view - b.view);
  }

  /** The certified block of the highest view below `view`. */
  highestBlockBelow(view: View): QC | undefined {
    let highest: QC | undefined;
    for (const qc of this.#blocks.values())
      if (qc.view < view && qc.view > (highest?.view ?? -1)) highest = qc;
    return highest;
  }

  /** Nothing new can be learned from it: the same statement is held, or a CommitQC made it useless. */
  isKnown(qc: QC): boolean {
    if (qc.view < (this.#commit?.view ?? 0)) return true;
    if (qc.kind === "skip") return this.#skips.has(qc.view);
    const held = qc.kind === "commit" ? this.#commit : this.#blocks.get(qc.view);
    return held !== undefined && held.view === qc.view && equalBytes(held.hash, qc.hash);
  }

  /** A quorum of this committee, each once, signed exactly this. */
  isValid(qc: QC): boolean {
    return isCertificateOf(this.#committee, qc, {
      digestOf: this.#digestOf,
      verifyAggregate: (...signed) => this.#signatures.verifyAggregate(...signed),
    });
  }

  /** Takes in a certificate that is new and valid, and returns those that it makes useless. */
  add(qc: QC): QC[] {
    assert(!this.isKnown(qc), "a certificate is added once");
    if (qc.view > (this.#highest?.view ?? 0)) this.#highest = qc;
    if (qc.kind === "skip") this.#skips.set(qc.view, qc);
    else if (!this.#blocks.has(qc.view)) this.#blocks.set(qc.view, qc);
    if (qc.kind !== "commit") return [];
    this.#commit = qc;
    return this.#dropBelow(qc.view);
  }

  #dropBelow(view: View): QC[] {
    const dropped: QC[] = [];
    for (const held of [this.#blocks, this.#skips])
      for (const [at, qc] of held) {
        if (at >= view) continue;
        held.delete(at);
        dropped.push(qc);
      }
    return dropped;
  }
}

/** A quorum of `committee`, whose keys `verifyAggregate` knows, each once, signed exactly this. */
export function isCertificateOf(
  committee: Committee,
  qc: QC,
  rule: Pick<VoteSignatures, "verifyAggregate"> & { readonly digestOf: DigestOf },
): boolean {
  return (
    qc.epoch === committee.epoch &&
    qc.view > 0 &&
    qc.signers.length >= quorum(committee.members.length) &&
    areDistinctMembers(qc.signers, committee) &&
    (qc.kind !== "skip" || equalBytes(qc.hash, zeroHash)) &&
    rule.verifyAggregate(qc.signers, rule.digestOf(qc), qc.signature)
  );
}

function areDistinctMembers(signers: readonly ValidatorIndex[], committee: Committee): boolean {
  return signers.every(
    (signer, i) => isMember(committee, signer) && (i === 0 || signer > (signers[i - 1] ?? -1)),
  );
}
