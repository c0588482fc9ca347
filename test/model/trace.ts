// A way through the states, told for people. States forget which voter is which; here the three keep their names.

import type { ToKey } from "./keys.ts";
import { Poll } from "./poll.ts";
import type { Rules } from "./rules.ts";
import { blocksIn, type Universe } from "./universe.ts";
import type { Move, Voters } from "./voters.ts";

const names = ["A", "B", "C"] as const;

/** `path` are the keys of all states but the first. */
export function replay(
  parts: { readonly universe: Universe; readonly rules: Rules; readonly voters: Voters },
  path: readonly number[],
  toKey: ToKey,
): string[] {
  const { universe, rules, voters } = parts;
  const trio: [number, number, number] = [0, 0, 0];
  const before = new Poll(universe, rules, voters);
  const after = new Poll(universe, rules, voters);
  return path.map((key) => {
    before.count(...trio);
    const step = findStep(voters, before, trio, (next) => toKey(...next) === key);
    trio[step.voter] = step.move.next;
    after.count(...trio);
    const { kind, block, view } = step.move;
    const news = [
      ...blocksIn(universe, after.prepared & ~before.prepared).map(
        (each) => `PrepareQC of ${each.name}`,
      ),
      ...blocksIn(universe, after.committed & ~before.committed).map(
        (each) => `CommitQC of ${each.name}`,
      ),
      ...((after.skipped & ~before.skipped) === 0 ? [] : [`SkipQC of view ${view}`]),
    ];
    const vote = `${names[step.voter]}: ${kind.toUpperCase()} ${block?.name ?? `view ${view}`}`;
    return news.length === 0 ? vote : `${vote}, which makes the ${news.join(" and ")}`;
  });
}

function findStep(
  voters: Voters,
  poll: Poll,
  trio: readonly [number, number, number],
  isWanted: (next: [number, number, number]) => boolean,
): { readonly voter: 0 | 1 | 2; readonly move: Move } {
  for (const voter of [0, 1, 2] as const)
    for (const move of voters.moves(trio[voter])) {
      const next: [number, number, number] = [...trio];
      next[voter] = move.next;
      if (poll.allows(move) && isWanted(next)) return { voter, move };
    }
  throw new Error("a state comes from its parent by one vote");
}
