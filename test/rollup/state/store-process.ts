// Goes on with a market day from the store in a folder, and says each batch that it has written.

import { setTimeout } from "node:timers/promises";
import { Engine, genesisState } from "../../../rollup/engine/index.ts";
import { RollupStore, StateTrees } from "../../../rollup/state/index.ts";
import { historyOf, owner, positionOf } from "./history.ts";

const [folder = "", seed, batches] = process.argv.slice(2);
const { parameters, steps } = historyOf({ seed: Number(seed), batches: Number(batches) });
const store = await RollupStore.open(folder, owner);
const stored = await store.load();
const engine = new Engine(stored?.state ?? genesisState(parameters));
const { state } = engine;
const trees = stored?.trees ?? new StateTrees(owner.namespace, state, []);
for (const { batch } of steps.slice(state.globals.batch)) {
  const outcome = engine.apply(batch);
  trees.apply(outcome);
  await store.commit({ state, outcome, root: trees.root, position: positionOf(batch.number) });
  process.stdout.write(`${batch.number}\n`);
  // So that it is still under way when it is killed.
  await setTimeout(1);
}
