// What the proposer and whoever disputes it ask for: a batch cut into chunks, and the witness of one of them.

import { assert, equalBytes } from "../../sdk/index.ts";
import type { Engine, EngineBatch, Outcome, SignedList } from "../engine/index.ts";
import type { Keccak, StateTrees } from "../state/index.ts";
import { type ForeignChunk, Refuter } from "./refuter.ts";
import { type Scene, type TracedChunk, Tracer } from "./tracer.ts";
import { Prover } from "./witness.ts";

/** An engine before a batch, with the trees over its state: both are after it when a function here returns. */
export interface Replica {
  readonly engine: Pick<Engine, "apply" | "state">;
  readonly trees: StateTrees;
  /** Of a list, 65 bytes; without it nothing that the list does can be shown. */
  readonly signatureOf: (list: SignedList) => Uint8Array | undefined;
  /** What the trees hash with, if not `keccak256`. */
  readonly keccak?: Keccak;
}

export interface TracedBatch {
  readonly outcome: Outcome;
  /** After the batch, 32 bytes: also the last chunk's. */
  readonly root: Uint8Array;
  readonly chunks: readonly TracedChunk[];
}

/** Applies the batch, and says in chunks what it did. */
export function traceBatch(replica: Replica, batch: EngineBatch): TracedBatch {
  const { engine, trees } = replica;
  const tracer = new Tracer(sceneOf(replica));
  const outcome = engine.apply(batch, tracer);
  settle(trees);
  assert(equalBytes(trees.root, tracer.root), "the last chunk leads to the batch's root");
  return { outcome, root: trees.root, chunks: tracer.chunks };
}

/** Applies the batch, and says what each chunk's steps touch: bytes for `ISteps.execute`. Those of kind 0 have none. */
export function proveChunks(
  replica: Replica,
  batch: EngineBatch,
  chunks: readonly TracedChunk[],
): ReadonlyMap<TracedChunk, Uint8Array> {
  const { engine, trees } = replica;
  const prover = new Prover(sceneOf(replica), chunks);
  engine.apply(batch, prover);
  settle(trees);
  return prover.witnesses;
}

function sceneOf({ engine, trees, signatureOf, keccak }: Replica): Scene {
  return { state: engine.state, trees, signatureOf, keccak };
}

/** The leaves are set already; what is left are the globals. */
function settle(trees: StateTrees): void {
  trees.apply({ dirty: { accounts: [], orders: [], markets: [] }, withdrawals: [] });
}

/**
 * What shows whether somebody else's chunk of the batch is a lie: bytes for `ISteps.execute`, undefined when it begins where the
 * own path, of which `own` are the chunks, never passes. It shows a wrong root behind the batch's own steps, and the first step
 * that is not one of them if it is not allowed. Afterwards neither engine nor trees are of any use.
 */
export function refuteChunk(
  replica: Replica,
  batch: EngineBatch,
  own: readonly TracedChunk[],
  foreign: ForeignChunk,
): Uint8Array | undefined {
  const refuter = new Refuter(sceneOf(replica), foreign, own);
  replica.engine.apply(batch, refuter);
  return refuter.witness;
}
