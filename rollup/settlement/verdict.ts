// What somebody who has executed the same batches says of a proposal.

import { equalBytes } from "../../sdk/index.ts";
import { type Chunk, chunkKinds } from "../proofs/index.ts";
import { doesTheSame } from "./chunk.ts";

export type Verdict<Own extends Chunk> =
  | { readonly type: "right" }
  /**
   * The chunk at `place` begins where `own` begins and does not end where it ends. What `own` reads shows L1 that, if both do
   * the same; and mostly also if the other does what was never asked for, as L1 refuses it before it reads more.
   */
  | { readonly type: "lie"; readonly place: number; readonly own: Own }
  /** The first chunk that leaves the path, with nothing that L1 could be shown. */
  | { readonly type: "unprovable"; readonly place: number };

/**
 * @param proposed From the root before it to its own.
 * @param own Every chunk of the same batches, in order; proposals may leave steps out.
 */
export function judge<Own extends Chunk>(
  proposed: readonly Chunk[],
  own: readonly Own[],
): Verdict<Own> {
  const right = own.at(-1)?.post;
  const claimed = proposed.at(-1)?.post;
  // A wrong root in the middle of a right path takes nothing from anyone.
  if (right !== undefined && claimed !== undefined && equalBytes(right, claimed))
    return { type: "right" };
  let next = 0;
  for (const [place, chunk] of proposed.entries()) {
    const mine = own[next];
    if (chunk.kind !== chunkKinds.other && mine !== undefined && doesTheSame(chunk, mine)) {
      if (!equalBytes(chunk.post, mine.post)) return { type: "lie", place, own: mine };
      next++;
    } else {
      const reached = own.findIndex(
        (each, i) => i >= next && each.batch === chunk.batch && equalBytes(each.post, chunk.post),
      );
      if (chunk.kind !== chunkKinds.other)
        return mine === undefined || mine.kind === chunkKinds.other
          ? { type: "unprovable", place }
          : { type: "lie", place, own: mine };
      if (reached === -1) return { type: "unprovable", place };
      next = reached + 1;
    }
  }
  // It stops on the way, at a root of another batch than it says.
  return { type: "unprovable", place: Math.max(0, proposed.length - 1) };
}
