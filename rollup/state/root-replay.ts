// The roots of a rollup by its batches alone, from genesis on: what anybody may hold against the roots that were posted.

import { keccak256 } from "../../sdk/index.ts";
import { Engine, type EngineBatch, genesisState, type Outcome } from "../engine/index.ts";
import type { RollupParameters, State } from "../engine/index.ts";
import type { Keccak } from "./keccak.ts";
import { StateTrees } from "./state-trees.ts";

export class RootReplay {
  readonly trees: StateTrees;
  readonly #engine: Engine;

  constructor(rollupId: number, parameters: RollupParameters, keccak: Keccak = keccak256) {
    this.#engine = new Engine(genesisState(parameters));
    this.trees = new StateTrees(rollupId, this.#engine.state, [], keccak);
  }

  /** After the last batch; to be read only. */
  get state(): State {
    return this.#engine.state;
  }

  /** Of genesis, then of the last batch; 32 bytes. */
  get root(): Uint8Array {
    return this.trees.root;
  }

  /** Throws `InvariantBreach`, as the engine does. */
  apply(batch: EngineBatch): { readonly outcome: Outcome; readonly root: Uint8Array } {
    const outcome = this.#engine.apply(batch);
    this.trees.apply(outcome);
    return { outcome, root: this.trees.root };
  }
}
