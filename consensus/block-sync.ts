// How a node gets the headers that it did not see: from a hash that a quorum certified, back to what it has.
// Only hashes are trusted, so any peer may answer. A gap of any length takes one hash per page of memory: pages
// that do not connect are dropped and asked for again from the bottom up, once it is known where they lead.

import { BoundedMap, equalBytes, toHex } from "../base/index.ts";
import {
  blockHash,
  type GetBlocks,
  type Header,
  limits,
  type Micros,
  type QC,
  type ValidatorIndex,
  type View,
} from "../protocol/index.ts";
import { Asker } from "./asker.ts";
import type { BlockTree } from "./block-tree.ts";

/** A certified block that is not connected to the final one. */
export interface Goal {
  readonly hash: Uint8Array;
  readonly view: View;
  /** Certified by a COMMIT: everything below it is final as well. */
  readonly isFinal: boolean;
  /** Who signed for it, hence has it. */
  readonly signers: readonly ValidatorIndex[];
}

/** Pages whose top is proven: the few above the last final block, and those that are asked for again on the way up. */
export const proofsMax = 64;
/** Of certificates that come while blocks wait to be final, one in so many views is kept: enough for every page. */
const proofSpacing = 16;

/** A block on the way down. */
interface Step {
  readonly hash: Uint8Array;
  readonly view: View;
}

export class BlockSync {
  readonly #tree: BlockTree;
  readonly #asker: Asker;
  #goal: Goal | undefined;
  /** Each is an ancestor of the one before; the last is the next to get. */
  #trail: Step[] = [];
  #wanted: Uint8Array | undefined;
  #asked: ValidatorIndex[] = [];
  #reached: Uint8Array | undefined;
  /** The highest view of which a certificate was kept because a later one overtook it. */
  #overtaken: View | undefined;
  /** CommitQCs by block hash, one for each page that may be on its way to being final. */
  readonly #proofs = new BoundedMap<string, QC>(proofsMax);

  constructor(tree: BlockTree, self: ValidatorIndex) {
    this.#tree = tree;
    this.#asker = new Asker(self);
  }

  /** Pages on the way down. */
  get size(): number {
    return this.#trail.length;
  }

  /** CommitQCs that are held. */
  get proofs(): number {
    return this.#proofs.size;
  }

  get isActive(): boolean {
    return this.#trail.length > 0;
  }

  /** The highest block that is known to be final and whose branch is whole, while the goal's is not yet. */
  get reached(): Uint8Array | undefined {
    return this.#reached;
  }

  /** Sets out for this goal, unless a walk to an earlier final one is under way: that comes first. */
  pursue(goal: Goal | undefined, now: Micros, delay: number): void {
    const current = this.isActive ? this.#goal : undefined;
    if (current?.isFinal === true || isSameGoal(current, goal)) return;
    this.#goal = goal;
    this.#trail = goal === undefined ? [] : [goal];
    this.#wanted = undefined;
    if (goal?.isFinal !== true) this.#reached = undefined;
    this.#asker.postpone(now + delay / 4);
  }

  /** The next request, if one is due. */
  ask(now: Micros, delay: number): { to: ValidatorIndex; message: GetBlocks } | undefined {
    const wanted = this.#next();
    if (wanted === undefined || this.#goal === undefined || !this.#tree.hasRoom) return undefined;
    if (this.#wanted === undefined || !equalBytes(wanted, this.#wanted)) this.#asked = [];
    const to = this.#asker.next(this.#goal.signers, now, delay);
    if (to === undefined) return undefined;
    this.#wanted = wanted;
    this.#asked = [...this.#asked, to].slice(-limits.askedPeersMax);
    const count = this.#trail.length === 1 ? limits.unfinalizedMax : limits.headersPerAnswerMax;
    return { to, message: { type: "get-blocks", hash: wanted, count } };
  }

  /** Whether this peer was asked for this block, and the answer is not here yet. */
  isAwaited(from: ValidatorIndex, hash: Uint8Array): boolean {
    return (
      this.#wanted !== undefined && equalBytes(this.#wanted, hash) && this.#asked.includes(from)
    );
  }

  /**
   * A valid CommitQC of a block that was asked for. What is final by a descendant's alone can be shown to nobody who does
   * not get all between the two, which may be more than a page.
   */
  prove(qc: QC): void {
    this.#proofs.set(toHex(qc.hash), qc);
  }

  /**
   * A later CommitQC has come before the block of this one is final here, for want of what it orders. By the time it has
   * that, all would be final by the last one alone.
   */
  overtake(qc: QC): void {
    if (qc.view < (this.#overtaken ?? -proofSpacing) + proofSpacing) return;
    this.#overtaken = qc.view;
    this.prove(qc);
  }

  /** The CommitQC of the block, if it came. */
  proofOf(hash: Uint8Array): QC | undefined {
    return this.#proofs.get(toHex(hash));
  }

  /** The headers of an answer that connect to the tree, oldest first; none for what was not asked. */
  take(from: ValidatorIndex, headers: readonly Header[]): Header[] {
    if (this.#wanted === undefined || !this.#asked.includes(from)) return [];
    const page = chainFrom(this.#wanted, headers);
    const lowest = page.at(-1);
    if (lowest === undefined) return [];
    this.#wanted = undefined;
    this.#asker.postpone(0);
    const connecting = page.findIndex(({ parent }) => this.#tree.missing(parent) === undefined);
    if (connecting >= 0) return page.slice(0, connecting + 1).reverse();
    this.#trail.push({ hash: lowest.parent, view: lowest.parentView });
    if (this.#trail.length > limits.trailMax) this.#trail.shift();
    return [];
  }

  /** Drops what is connected or final by now, on whatever way it came, and says what is missing below the rest. */
  #next(): Uint8Array | undefined {
    for (let top = this.#trail.at(-1); top !== undefined; top = this.#trail.at(-1)) {
      const isAbove = top.view > this.#tree.final.view;
      const missing = isAbove ? this.#tree.missing(top.hash) : undefined;
      if (missing !== undefined) return missing;
      if (isAbove && this.#goal?.isFinal === true) this.#reached = top.hash;
      this.#trail.pop();
    }
    return undefined;
  }
}

function isSameGoal(a: Goal | undefined, b: Goal | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.isFinal === b.isFinal && equalBytes(a.hash, b.hash);
}

/** The longest part of the answer that begins with the hash asked for and holds together. */
function chainFrom(hash: Uint8Array, headers: readonly Header[]): Header[] {
  const chain: Header[] = [];
  let expected = hash;
  for (const header of headers) {
    if (!equalBytes(blockHash(header), expected)) break;
    chain.push(header);
    expected = header.parent;
  }
  return chain;
}
