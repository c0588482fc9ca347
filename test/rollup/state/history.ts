// Batches of a market day, with what an engine that was never stopped made of each.

import type { EngineBatch, EngineEvent, RollupParameters } from "../../../rollup/engine/index.ts";
import { type Position, StateTrees, type StoreOwner } from "../../../rollup/state/index.ts";
import { Height, keccak256, toHex, u64Bytes } from "../../../sdk/index.ts";
import { type CampaignOptions, runCampaign } from "../engine/campaign.ts";
import { rollupParameters } from "../engine/world.ts";

export const owner: StoreOwner = {
  genesisHash: new Uint8Array(32).fill(1),
  namespace: 7,
  specHash: new Uint8Array(32).fill(2),
};

export interface Step {
  readonly batch: EngineBatch;
  readonly root: string;
  readonly events: readonly EngineEvent[];
}

export interface History {
  readonly parameters: RollupParameters;
  /** The first is batch 1. */
  readonly steps: readonly Step[];
}

export function historyOf(options: CampaignOptions): History {
  const steps: Step[] = [];
  let trees: StateTrees | undefined;
  runCampaign({
    ...options,
    onBatch: (_, { state }) => {
      trees ??= new StateTrees(owner.namespace, state, []);
    },
    onApplied: ({ last }, batch) => {
      if (last === undefined || trees === undefined) throw new Error("nothing was applied");
      trees.apply(last);
      steps.push({ batch, root: toHex(trees.root), events: last.events });
    },
  });
  return { parameters: { ...rollupParameters, ...options.rollup }, steps };
}

/** A place in the sequencer's chain that tells of its batch alone. */
export function positionOf(batch: number): Position {
  const hash = (name: number): Uint8Array => keccak256(u64Bytes(name), u64Bytes(batch));
  return {
    anchor: { height: Height(2 * batch), hash: hash(1), view: 3 * batch },
    batchesHash: hash(2),
    inboxHash: hash(3),
    inboxRead: batch,
    transactions: 10 * batch,
    lists: 5 * batch,
    opened: (1n << 4_095n) | BigInt(batch),
  };
}
