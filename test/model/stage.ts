// The model's blocks, votes and certificates as the messages of production. The liar leads every fourth view, and
// these are the model's; the views between belong to honest leaders who have nothing to propose, and are skipped.

import { toHex } from "../../base/index.ts";
import {
  blockHash,
  type Header,
  Height,
  type Propose,
  type QC,
  type ValidatorIndex,
  View,
  type Vote,
  type VoteKind,
} from "../../protocol/index.ts";
import {
  certify,
  epoch,
  genesis,
  leaderOf,
  proposalOf,
  seats as indices,
  voteOf,
} from "../consensus/support.ts";
import { seats } from "./rules.ts";
import type { Block, Universe } from "./universe.ts";

export const liar: ValidatorIndex = leaderOf(View(1));
export const honest: readonly ValidatorIndex[] = indices(0, 1, 2, 3).filter((at) => at !== liar);

/** The view in which the liar proposes for a view of the model. */
export function toReal(view: number): View {
  return View(1 + (view - 1) * seats);
}

/** Undefined for the views between. */
export function toModel(view: View): number | undefined {
  return (view - 1) % seats === 0 ? (view - 1) / seats + 1 : undefined;
}

export class Stage {
  readonly #headers: readonly Header[];
  readonly #byHash: ReadonlyMap<string, Block>;

  constructor({ blocks }: Universe) {
    const headers: Header[] = [];
    for (const block of blocks)
      headers.push(toHeader(block, block.parent && headers[block.parent.id]));
    this.#headers = headers;
    this.#byHash = new Map(blocks.map((block) => [toHex(blockHash(this.header(block))), block]));
  }

  header(block: Block): Header {
    const header = this.#headers[block.id];
    if (header === undefined) throw new Error("a block of this universe");
    return header;
  }

  block(hash: Uint8Array | string): Block | undefined {
    return this.#byHash.get(typeof hash === "string" ? hash : toHex(hash));
  }

  /** A certificate of a view of the model, signed by these. */
  certificate(kind: VoteKind, of: Block | number, signers: readonly number[]): QC {
    return certify(kind, typeof of === "number" ? toReal(of) : this.header(of), signers);
  }

  /** What closes the views that no liar leads, after this one of the model. */
  between(view: number, signers: readonly number[]): QC[] {
    return [1, 2, 3].map((step) => certify("skip", toReal(view) + step, signers));
  }

  vote(signer: number, kind: VoteKind, of: Block | number): Vote {
    return voteOf(signer, kind, typeof of === "number" ? toReal(of) : this.header(of));
  }

  /** With certificates by `signersOf` for whatever the block stands on and jumps over. */
  proposal(block: Block, signersOf: (what: Block | number) => readonly number[]): Propose {
    const { parent, view } = block;
    const skips: QC[] = [];
    for (let at = parent?.view ?? 0; at < view; at++) {
      if (at > (parent?.view ?? 0)) skips.push(this.certificate("skip", at, signersOf(at)));
      if (at > 0) skips.push(...this.between(at, indices(0, 1, 2)));
    }
    const parentQC = parent && this.certificate("prepare", parent, signersOf(parent));
    return proposalOf(this.header(block), parentQC, skips);
  }
}

function toHeader(block: Block, parent: Header | undefined): Header {
  return {
    version: 1,
    epoch,
    view: toReal(block.view),
    height: Height((parent?.height ?? 0) + 1),
    parent: parent === undefined ? genesis : blockHash(parent),
    parentView: parent?.view ?? View(0),
    // Its place among its siblings, so that each has a hash of its own.
    payload: new Uint8Array([block.id]),
  };
}
