// Looks for the seed that shows a planted bug.

import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { type EpochCampaignOptions, runEpochSeed } from "./epochs/campaign.ts";
import { epochMutants } from "./epochs/mutants.ts";
import { loadMutant, type Mutant } from "./mutant.ts";
import { Violation } from "./observation.ts";
import { type CampaignOptions, runSeed } from "./replicas/campaign.ts";
import { mutants } from "./replicas/mutants.ts";
import { type CoreCampaignOptions, runCoreSeed } from "./whole/campaign.ts";
import { coreMutants } from "./whole/mutants.ts";

/** What a hunt came to. */
export interface Hunt {
  readonly checker: string | undefined;
  /** The seed that showed it, and how many were tried up to there. */
  readonly seed: number;
  readonly tried: number;
}

export interface Quarry {
  readonly harness: "replicas" | "whole" | "epochs";
  readonly mutant: Mutant<unknown>;
  /** Runs seeds from this one on, as many as the mutant may take, until a checker that is expected to notices. */
  readonly hunt: (first: number) => Promise<Hunt>;
}

const n = 4;
const replicaViews = 80;
const coreViews = 40;

/** All planted bugs of both harnesses. */
export const quarries: readonly Quarry[] = [
  ...mutants.map((mutant) => ({
    harness: "replicas" as const,
    mutant,
    hunt: (first: number) => huntReplicas(mutant, first),
  })),
  ...coreMutants.map((mutant) => ({
    harness: "whole" as const,
    mutant,
    hunt: (first: number) => huntCores(mutant, first),
  })),
  ...epochMutants.map((mutant) => ({
    harness: "epochs" as const,
    mutant,
    hunt: (first: number) => huntEpochs(mutant, first),
  })),
];

async function huntReplicas(mutant: Mutant<CampaignOptions>, first: number): Promise<Hunt> {
  const { replicaClass, dispose } = await loadMutant(mutant);
  const run = (seed: number): Promise<unknown> =>
    runSeed({ n, views: replicaViews, ...mutant.options, seed, replicaClass });
  return search(mutant, first, run).finally(dispose);
}

async function huntCores(mutant: Mutant<CoreCampaignOptions>, first: number): Promise<Hunt> {
  const { coreParts, dispose } = await loadMutant(mutant);
  const changed = mutant.edits.length > 0 ? { coreParts } : {};
  const run = (seed: number): Promise<unknown> =>
    runCoreSeed({ n, views: coreViews, ...mutant.options, ...changed, seed });
  return search(mutant, first, run).finally(dispose);
}

async function huntEpochs(mutant: Mutant<EpochCampaignOptions>, first: number): Promise<Hunt> {
  const { coreParts, dispose } = await loadMutant(mutant);
  // Rounds with their true cryptography are slow, so only where keys are the matter.
  const rounds =
    mutant.options?.keyOverlap === undefined ? {} : { group: await createMclSealingGroup() };
  const run = (seed: number): Promise<unknown> =>
    runEpochSeed({ ...mutant.options, ...rounds, seed, coreParts });
  return search(mutant, first, run).finally(dispose);
}

async function search(
  { checkers, budget }: Mutant<unknown>,
  first: number,
  run: (seed: number) => Promise<unknown>,
): Promise<Hunt> {
  for (let seed = first; seed < first + budget; seed++)
    try {
      await run(seed);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const { checker } = error;
      // Another checker that notices first is right as well; this one is to be proven.
      if (checkers.includes(checker)) return { checker, seed, tried: seed - first + 1 };
    }
  return { checker: undefined, seed: first, tried: budget };
}
