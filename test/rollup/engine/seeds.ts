// One seed of the campaign with everything that looks at it: the engine's own invariants, the auditor, a second engine that
// gets each batch in another order with duplicates, and a third that is built again from a stored state every so often.

import { Engine, genesisState, InvariantBreach, type State } from "../../../rollup/engine/index.ts";
import { Violation } from "../../sim/observation.ts";
import { SeededRandom } from "../../sim/random.ts";
import { Auditor } from "./auditor/index.ts";
import { type CampaignOptions, runCampaign, settings, shuffled, type Tally } from "./campaign.ts";
import { copyOf, type EngineClass, fingerprint } from "./world.ts";

export interface SeedOptions {
  readonly seed: number;
  readonly batches: number;
  readonly engineClass?: EngineClass;
}

const restartChance = 0.1;

/** Throws `Violation` for the first rule that does not hold. */
export function runDerivativesSeed({ seed, batches, engineClass = Engine }: SeedOptions): Tally {
  const random = new SeededRandom(seed, 3);
  const auditor = new Auditor();
  let shuffledEngine: InstanceType<EngineClass> | undefined;
  let restarted: InstanceType<EngineClass> | undefined;
  const onBatch: CampaignOptions["onBatch"] = (_, { state }) => {
    shuffledEngine ??= new engineClass(genesisState(state.globals.parameters));
    if (restarted === undefined || random.chance(restartChance))
      restarted = new engineClass(copyOf(state));
    auditor.onBatch(state);
  };
  const onApplied: CampaignOptions["onApplied"] = (world, batch) => {
    const { state, last } = world;
    if (last === undefined) return;
    auditor.onApplied(state, batch, last);
    const lists = shuffled(batch.lists, random);
    shuffledEngine?.apply({ ...batch, lists, system: batch.system.toReversed() });
    restarted?.apply(batch);
    const now = fingerprint(state);
    isSame("permutation", now, shuffledEngine?.state);
    isSame("replay", now, restarted?.state);
  };
  try {
    return runCampaign({ ...settingOf(seed), seed, batches, engineClass, onBatch, onApplied })
      .tally;
  } catch (error) {
    // By name: a mutant's engine throws an error of its own copy of the class.
    if (!(error instanceof Error) || error instanceof Violation) throw error;
    if (error.name === InvariantBreach.name)
      throw new Violation(error.message.split(":")[0] ?? "", error.message);
    // Nothing that a batch says may be thrown at.
    throw new Violation("crash", error.stack ?? error.message);
  }
}

/** Every other seed is wild, and every fourth has the worst leaps; the others go through the settings. */
function settingOf(seed: number): Partial<CampaignOptions> {
  if (seed % 4 === 0) return { isWild: true, jumpPpm: 400_000, jumpChance: 0.08 };
  return seed % 2 === 0 ? { isWild: true } : (settings[((seed - 1) / 2) % settings.length] ?? {});
}

function isSame(checker: string, now: string, state: State | undefined): void {
  if (state !== undefined && fingerprint(state) !== now)
    throw new Violation(checker, `batch ${state.globals.batch} differs`);
}
