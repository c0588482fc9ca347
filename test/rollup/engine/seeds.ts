// One seed of the campaign with everything that looks at it: the engine's own invariants, the auditor, a second engine that
// gets each batch in another order with duplicates, and a third that is built again from a stored state every so often.

import {
  Engine,
  type EngineBatch,
  genesisState,
  InvariantBreach,
  type State,
  type Withdrawal,
} from "../../../rollup/engine/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { toHex } from "../../../sdk/index.ts";
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
const rollupId = 7;

/** An engine with the trees over its state, told of each batch. */
class Follower {
  readonly engine: InstanceType<EngineClass>;
  readonly #trees: StateTrees;

  constructor(engineClass: EngineClass, state: State, withdrawals: readonly Withdrawal[]) {
    this.engine = new engineClass(state);
    this.#trees = new StateTrees(rollupId, this.engine.state, withdrawals);
  }

  apply(batch: EngineBatch): void {
    this.#trees.apply(this.engine.apply(batch));
  }

  /** The root, and all else that the state has. */
  get digest(): string {
    return `${toHex(this.#trees.root)}/${fingerprint(this.engine.state)}`;
  }
}

/** Throws `Violation` for the first rule that does not hold. */
export function runDerivativesSeed({ seed, batches, engineClass = Engine }: SeedOptions): Tally {
  const random = new SeededRandom(seed, 3);
  const auditor = new Auditor();
  const withdrawals: Withdrawal[] = [];
  let trees: StateTrees | undefined;
  let other: Follower | undefined;
  let restarted: Follower | undefined;
  const onBatch: CampaignOptions["onBatch"] = (_, { state }) => {
    trees ??= new StateTrees(rollupId, state, []);
    other ??= new Follower(engineClass, genesisState(state.globals.parameters), []);
    if (restarted === undefined || random.chance(restartChance))
      restarted = new Follower(engineClass, copyOf(state), withdrawals);
    auditor.onBatch(state);
  };
  const onApplied: CampaignOptions["onApplied"] = ({ state, last }, batch) => {
    if (last === undefined || trees === undefined) return;
    auditor.onApplied(state, batch, last);
    trees.apply(last);
    withdrawals.push(...last.withdrawals);
    const now = `${toHex(trees.root)}/${fingerprint(state)}`;
    const lists = shuffled(batch.lists, random);
    other?.apply({ ...batch, lists, system: batch.system.toReversed() });
    if (other?.digest !== now) throw new Violation("permutation", `batch ${batch.number} differs`);
    restarted?.apply(batch);
    if (restarted?.digest !== now) throw new Violation("replay", `batch ${batch.number} differs`);
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
