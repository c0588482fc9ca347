// A world of the engine as a node tells of it: what stands around a batch is made up, and everything in it is real.

import type { ExecutedBatch, RollupSource } from "../../../rollup/node/index.ts";
import { Listeners } from "../../../rollup/node/index.ts";
import { keccak256, u64Bytes } from "../../../sdk/index.ts";
import type { EngineBatch, Outcome } from "../../../rollup/engine/index.ts";
import type { World } from "../engine/world.ts";

export class WorldSource implements RollupSource {
  readonly #world: World;
  readonly #listeners = new Listeners();
  last: ExecutedBatch | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get state(): RollupSource["state"] {
    return this.#world.state;
  }

  get listeners(): Listeners {
    return this.#listeners;
  }

  subscribe(listener: (executed: ExecutedBatch) => void): () => void {
    return this.#listeners.subscribe(listener);
  }

  /** After the world has applied it. */
  tell(batch: EngineBatch, outcome: Outcome): ExecutedBatch {
    this.last = executedOf(batch, outcome);
    this.#listeners.tell(this.last);
    return this.last;
  }
}

export function executedOf(batch: EngineBatch, outcome: Outcome): ExecutedBatch {
  return {
    batch,
    outcome,
    root: keccak256(u64Bytes(batch.number)),
    height: 2 * batch.number,
    blockHash: keccak256(u64Bytes(batch.number), new Uint8Array(1)),
    l1Block: batch.number,
    transactions: batch.lists.map((list) => ({ id: transactionOf(list.digest), list })),
  };
}

export function transactionOf(digest: Uint8Array): Uint8Array {
  return keccak256(digest, Uint8Array.of(1));
}
