// What must be true of a perpetuals rollup after a smoke whose prices crash.

import type { Check } from "../checks.ts";
import type { Observations } from "../observations.ts";

export const perpetualsChecks: readonly Check[] = [
  {
    name: "the perpetuals rollup traded in every market, and the crash liquidated",
    find: findIdle,
  },
  { name: "its nodes had the same state after every batch", find: findUnequalRoots },
  { name: "its accounts hold to the last quantum what its vault was given", find: findLostMoney },
  { name: "the roots on the L1 are those that its nodes derived", find: findWrongProposals },
];

export function findIdle({ perpetuals }: Pick<Observations, "perpetuals">): string[] {
  if (perpetuals === undefined) return ["nobody looked"];
  const { markets, liquidations } = perpetuals;
  const wrong = markets.flatMap(({ name, tradedLots }) =>
    tradedLots > 0 ? [] : [`nothing was traded in ${name}`],
  );
  if (markets.length === 0) wrong.push("there is no market");
  if (liquidations === 0) wrong.push("nobody was liquidated");
  return wrong;
}

export function findUnequalRoots({
  followers,
  settlements,
}: Pick<Observations, "followers" | "settlements">): string[] {
  const nodes = followers.filter(({ roots }) => roots.size > 0);
  if (nodes.length < 2) return [`${nodes.length} nodes derived a state: nothing to compare`];
  const first = new Map<number, { readonly name: string; readonly root: string }>();
  return nodes.flatMap(({ name, namespace, roots }) => {
    const settled = settlements.find((each) => each.namespace === namespace)?.batches ?? 0;
    const wrong = roots.has(settled) ? [] : [`${name} has no root after ${settled} batches`];
    for (const [batch, root] of roots) {
      const other = first.get(batch) ?? { name, root };
      first.set(batch, other);
      if (other.root !== root)
        wrong.push(`${other.name} and ${name} differ after ${batch} batches`);
    }
    return wrong;
  });
}

export function findLostMoney({ perpetuals }: Pick<Observations, "perpetuals">): string[] {
  if (perpetuals === undefined) return ["nobody looked"];
  const { held, given } = perpetuals;
  if (given === 0n) return ["nothing was deposited"];
  return held === given ? [] : [`its accounts hold ${held} quanta, and its vault ${given}`];
}

export function findWrongProposals({
  perpetuals,
  followers,
}: Pick<Observations, "perpetuals" | "followers">): string[] {
  const proposals = perpetuals?.proposals ?? [];
  if (proposals.length === 0) return ["no root was proposed"];
  const nodes = followers.filter(({ roots }) => roots.size > 0);
  return proposals.flatMap(({ batch, root }) =>
    nodes.flatMap(({ name, roots }) => {
      const derived = roots.get(batch);
      if (derived === root) return [];
      return [`after ${batch} batches ${name} has ${derived}, and the L1 was told ${root}`];
    }),
  );
}
