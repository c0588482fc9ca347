// Every block that a leader could propose within some views. All leaders lie, so for each view, each parent below it
// and each variant there is one; whether anybody may vote for it is another question (rules.ts). Sets of blocks and of
// views are bits of an integer.

import { assert } from "../../base/index.ts";
import { gapViews } from "../../consensus/proposal.ts";
import { View } from "../../protocol/index.ts";

export interface Block {
  /** Its bit in a set of blocks. */
  readonly id: number;
  /** Its chain from genesis, each block as view and variant: `1a-3b`. */
  readonly name: string;
  readonly view: View;
  /** Undefined is genesis. */
  readonly parent: Block | undefined;
  /** The views between the parent's and its own, as a set of views. */
  readonly gap: number;
  /** Itself and its ancestors, as a set of blocks. */
  readonly lineage: number;
}

export interface Universe {
  readonly blocks: readonly Block[];
  readonly views: number;
  /** Blocks of a view; view 0 has none. */
  readonly ofView: readonly number[];
  /** For each block, those that cannot be on one chain with it. */
  readonly conflicts: readonly number[];
  /** Those that stand on genesis. */
  readonly first: number;
}

/** JavaScript's sets of bits have 32, and one is the sign. */
const blocksMax = 31;

/** `variants[i]` blocks for each parent in view i + 1. */
export function universeOf(variants: readonly number[]): Universe {
  const blocks: Block[] = [];
  for (const [i, count] of variants.entries()) {
    const parents = [undefined, ...blocks];
    for (const parent of parents)
      for (let variant = 0; variant < count; variant++)
        blocks.push(toBlock(blocks.length, View(i + 1), parent, variant));
  }
  assert(blocks.length <= blocksMax, "a set of blocks fits into an integer");
  const setOf = (isIn: (block: Block) => boolean): number =>
    blocks.reduce((set, block) => (isIn(block) ? set | (1 << block.id) : set), 0);
  const isAncestor = (a: Block, b: Block): boolean => (b.lineage & (1 << a.id)) !== 0;
  return {
    blocks,
    views: variants.length,
    ofView: [0, ...variants.map((_, i) => setOf(({ view }) => view === i + 1))],
    conflicts: blocks.map((a) => setOf((b) => !isAncestor(a, b) && !isAncestor(b, a))),
    first: setOf(({ parent }) => parent === undefined),
  };
}

/** The blocks of a set. */
export function blocksIn(universe: Universe, set: number): Block[] {
  return universe.blocks.filter(({ id }) => (set & (1 << id)) !== 0);
}

/** These blocks and their ancestors. */
export function withAncestors(universe: Universe, set: number): number {
  let all = set;
  for (let rest = set; rest !== 0; rest &= rest - 1)
    all |= universe.blocks[31 - Math.clz32(rest & -rest)]?.lineage ?? 0;
  return all;
}

function toBlock(id: number, view: View, parent: Block | undefined, variant: number): Block {
  const own = `${view}${String.fromCodePoint(97 + variant)}`;
  const { from, to } = gapViews(parent?.view ?? View(0), view);
  let gap = 0;
  for (let at = from; at <= to; at++) gap |= 1 << at;
  return {
    id,
    name: parent === undefined ? own : `${parent.name}-${own}`,
    view,
    parent,
    gap,
    lineage: (parent?.lineage ?? 0) | (1 << id),
  };
}
