// A second engine beside a node's, that follows its batches step by step: it knows the root after each, the chunks that lead
// there, and can show what a chunk reads. What is proposed and right is forgotten, and so are batches beyond a bound.

import { assert } from "../../sdk/index.ts";
import { Engine, type EngineBatch, type State, type Withdrawal } from "../engine/index.ts";
import { proveChunks, type Replica, traceBatch, type TracedChunk } from "../proofs/index.ts";
import { type DenseTree, type Keccak, type RootParts, StateTrees } from "../state/index.ts";

export interface ShadowStart {
  /** Copied. */
  readonly state: State;
  /** Of all that was withdrawn before; copied. */
  readonly outbox: DenseTree;
}

export interface ShadowOptions {
  readonly rollupId: number;
  readonly keccak: Keccak;
  /** 65 bytes of a list; where it is not known, nothing that the list does can be shown. */
  readonly signatureOf: Replica["signatureOf"];
  /** How many batches are kept for which nothing right is proposed. */
  readonly batchesMax: number;
}

interface Followed {
  readonly batch: EngineBatch;
  readonly root: Uint8Array;
  readonly chunks: readonly TracedChunk[];
}

export class Shadow {
  readonly #options: ShadowOptions;
  /** Behind everything that is forgotten. */
  #base: Replica;
  #baseRoot: Uint8Array;
  readonly #live: Replica;
  /** From the base on, without gaps. */
  #followed: Followed[] = [];
  /** Those that were seen, by their place in the outbox. They stay owed until they are paid. */
  readonly #withdrawals = new Map<number, Withdrawal>();

  constructor(start: ShadowStart, options: ShadowOptions) {
    this.#options = options;
    this.#base = this.#copy(start);
    this.#live = this.#copy(start);
    this.#baseRoot = this.#base.trees.root;
  }

  /** The last batch that is forgotten; of it the root alone is known. */
  get first(): number {
    return this.#base.engine.state.globals.batch;
  }

  /** The last batch. */
  get last(): number {
    return this.#live.engine.state.globals.batch;
  }

  follow(batch: EngineBatch): void {
    const { root, chunks } = traceBatch(this.#live, batch);
    this.#followed.push({ batch, root, chunks });
    if (this.#followed.length > this.#options.batchesMax) this.forget(this.first + 1);
  }

  /** Undefined before `first` and after `last`. */
  rootAt(batch: number): Uint8Array | undefined {
    return batch === this.first ? this.#baseRoot : this.#at(batch)?.root;
  }

  /** Of the batches after `from`, up to and with `to`. */
  chunksBetween(from: number, to: number): readonly TracedChunk[] {
    assert(from >= this.first && to <= this.last, "what is asked for is known");
    return this.#followed.slice(from - this.first, to - this.first).flatMap(({ chunks }) => chunks);
  }

  /** What `ISteps.execute` is given beside the chunk. */
  prove(chunk: TracedChunk): Uint8Array | undefined {
    const followed = this.#at(chunk.batch);
    if (followed === undefined) return undefined;
    const { engine, trees } = this.#base;
    const replica = this.#copy({ state: engine.state, outbox: trees.outbox });
    for (const { batch } of this.#followed.slice(0, chunk.batch - this.first - 1))
      apply(replica, batch);
    return proveChunks(replica, followed.batch, [chunk]).get(chunk);
  }

  /** Everything up to and with this batch but for its root. */
  forget(batch: number): void {
    const gone = this.#followed.splice(0, Math.max(0, batch - this.first));
    for (const each of gone) {
      const place = this.#base.trees.outbox.count;
      const withdrawals = apply(this.#base, each.batch);
      withdrawals.forEach((withdrawal, i) => this.#withdrawals.set(place + i, withdrawal));
    }
    this.#baseRoot = gone.at(-1)?.root ?? this.#baseRoot;
  }

  /** The preimage of the root at `first`. */
  parts(): RootParts {
    return this.#base.trees.parts();
  }

  /** How many withdrawals there are at `first`. */
  get withdrawals(): number {
    return this.#base.trees.outbox.count;
  }

  withdrawal(place: number): Withdrawal | undefined {
    return this.#withdrawals.get(place);
  }

  /** That a withdrawal is one of the first `count`. */
  proveWithdrawal(place: number, count: number): readonly Uint8Array[] {
    return this.#base.trees.outbox.prove(place, count);
  }

  #at(batch: number): Followed | undefined {
    return this.#followed[batch - this.first - 1];
  }

  #copy({ state, outbox }: ShadowStart): Replica {
    const { rollupId, keccak, signatureOf } = this.#options;
    const copy = structuredClone(state);
    const trees = new StateTrees(rollupId, copy, [], keccak);
    for (let i = 0; i < outbox.count; i++) trees.outbox.set(i, outbox.leaf(i));
    return { engine: new Engine(copy), trees, signatureOf, keccak };
  }
}

function apply({ engine, trees }: Replica, batch: EngineBatch): readonly Withdrawal[] {
  const outcome = engine.apply(batch);
  trees.apply(outcome);
  return outcome.withdrawals;
}
