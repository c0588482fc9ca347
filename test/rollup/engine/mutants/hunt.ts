// Looks for the seed that shows a planted bug of the engine.

import { plant } from "../../../sim/mutant.ts";
import { Violation } from "../../../sim/observation.ts";
import { runDerivativesSeed } from "../seeds.ts";
import type { EngineClass } from "../world.ts";
import type { mutants } from "./mutants.ts";

export interface Find {
  /** Undefined when no seed of the budget showed it. */
  readonly checker: string | undefined;
  readonly seed: number;
  readonly tried: number;
}

export async function huntEngine(
  mutant: (typeof mutants)[number],
  { first, batches }: { readonly first: number; readonly batches: number },
): Promise<Find> {
  const { load, dispose } = plant(mutant, {
    linked: ["base", "crypto", "protocol", "sdk"],
    copied: ["rollup/engine"],
  });
  try {
    const { Engine } = (await load("rollup/engine/index.ts")) as { Engine: EngineClass };
    for (let seed = first; seed < first + mutant.budget; seed++)
      try {
        runDerivativesSeed({ seed, batches, engineClass: Engine });
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return { checker: error.checker, seed, tried: seed - first + 1 };
      }
    return { checker: undefined, seed: first, tried: mutant.budget };
  } finally {
    dispose();
  }
}
