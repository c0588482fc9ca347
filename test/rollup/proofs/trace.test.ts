// A batch cut into chunks: what they hold, and where they lead.

import { expect, test } from "vitest";
import { Engine, type EngineBatch, genesisState } from "../../../rollup/engine/index.ts";
import { chunkKinds, type Replica, traceBatch } from "../../../rollup/proofs/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { runCampaign } from "../engine/campaign.ts";
import { rollupParameters } from "../engine/world.ts";

const rollupId = 5;

function batchesOf(seed: number): EngineBatch[] {
  const batches: EngineBatch[] = [];
  runCampaign({ seed, batches: 40, onBatch: (batch) => batches.push(batch) });
  return batches;
}

function genesis(signature: Uint8Array | undefined): Replica {
  const { state } = new Engine(genesisState(rollupParameters));
  const trees = new StateTrees(rollupId, state, []);
  return { engine: new Engine(state), trees, signatureOf: () => signature };
}

test("chunks of one kind and at most 16 steps lead from batch to batch, to the root of the state", () => {
  const replica = genesis(new Uint8Array(65));
  const plain = genesis(undefined);
  for (const batch of batchesOf(1)) {
    const { chunks, root } = traceBatch(replica, batch);
    plain.trees.apply(plain.engine.apply(batch));
    expect(root).toEqual(plain.trees.root);
    expect(chunks.at(-1)?.post).toEqual(root);
    expect(chunks[0]?.kind).toBe(chunkKinds.other);
    for (const { kind, traced, batch: number } of chunks) {
      expect(number).toBe(batch.number);
      expect(new Set(traced.map(({ type }) => chunkKinds[type]))).toEqual(
        new Set(kind === chunkKinds.other ? [] : [kind]),
      );
      expect(traced.length).toBeLessThanOrEqual(16);
    }
  }
});

test("without signatures nothing is claimed that needs one, and the roots are the same", () => {
  const signed = genesis(new Uint8Array(65));
  const unsigned = genesis(undefined);
  let fills = 0;
  for (const batch of batchesOf(2)) {
    const { root } = traceBatch(signed, batch);
    const { chunks, root: same } = traceBatch(unsigned, batch);
    expect(same).toEqual(root);
    const kinds = chunks.map(({ kind }) => kind);
    expect(kinds).not.toContain(chunkKinds.admit);
    expect(kinds).not.toContain(chunkKinds.withdraw);
    fills += kinds.filter((kind) => kind === chunkKinds.fill).length;
  }
  expect(fills).toBeGreaterThan(0);
});
