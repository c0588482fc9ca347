// Executes one block after the other: signers on their threads, the engine, the trees, the disk, and then whoever listens.
// Nobody hears of a batch that a crash could take back.

import { assert, CodedError, type VerifiedBlock } from "../../sdk/index.ts";
import {
  Engine,
  InvariantBreach,
  type Outcome,
  type SignedList,
  type State,
} from "../engine/index.ts";
import type { Signers } from "../signatures/index.ts";
import type { StateTrees } from "../state/index.ts";
import { buildBatch, payloadsOf } from "./batch-builder.ts";
import type { ExecutedBatch, RollupSource } from "./executed.ts";
import { Listeners } from "./listeners.ts";
import { advance, type Progress, takesBack } from "./progress.ts";
import type { RollupSpec } from "./spec.ts";

/** Where an executor starts. */
export interface Start {
  /** Its own from now on; the trees are over it. */
  readonly state: State;
  readonly trees: StateTrees;
  readonly progress: Progress;
}

/** What is kept of each batch; one that lies before the last is never asked for again. */
export interface BatchStore {
  /** One batch, whole or not at all. Rejects with a `CodedError` when the disk fails: then the node stops. */
  commit(batch: {
    readonly state: State;
    readonly outcome: Outcome;
    /** 32 bytes. */
    readonly root: Uint8Array;
    readonly progress: Progress;
  }): Promise<void>;
  /** Blocks without a batch. */
  move(progress: Progress): Promise<void>;
}

type Signatures = Awaited<ReturnType<Signers["recover"]>>;

/** Blocks without a batch after which their place is written: what came after it is delivered again. */
const moveEvery = 256;

export class Executor implements RollupSource {
  readonly #spec: RollupSpec;
  readonly #signers: Signers;
  readonly #store: BatchStore;
  readonly #engine: Engine;
  readonly #trees: StateTrees;
  readonly #listeners = new Listeners();
  readonly #signatures = new WeakMap<SignedList, Uint8Array>();
  #progress: Progress;
  #unwritten = 0;
  #last: ExecutedBatch | undefined;

  constructor(
    { state, trees, progress }: Start,
    world: { readonly spec: RollupSpec; readonly signers: Signers; readonly store: BatchStore },
  ) {
    this.#spec = world.spec;
    this.#signers = world.signers;
    this.#store = world.store;
    this.#engine = new Engine(state);
    this.#trees = trees;
    this.#progress = progress;
  }

  get state(): State {
    return this.#engine.state;
  }

  get last(): ExecutedBatch | undefined {
    return this.#last;
  }

  /** After the last block. */
  get root(): Uint8Array {
    return this.#trees.root;
  }

  get trees(): StateTrees {
    return this.#trees;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** The 65 bytes by which a list of one of its batches was signed: what L1 has to be shown in a dispute. */
  signatureOf(list: SignedList): Uint8Array | undefined {
    return this.#signatures.get(list);
  }

  subscribe(listener: (executed: ExecutedBatch) => void): () => void {
    return this.#listeners.subscribe(listener);
  }

  /** What `apply` needs first of a block; it may be asked for while the block before is still being executed. */
  recover(block: VerifiedBlock): Promise<Signatures> {
    return this.#signers.recover(payloadsOf(block, this.#spec));
  }

  /**
   * The block after the last, one at a time. Resolves when its batch is written and everybody heard of it; with undefined when
   * it holds none. Rejects with a `CodedError`, after which this executor is of no further use: INVARIANT_BREACH, VOIDED_LATER
   * when an earlier block was not to be executed, and what the store and the threads fail with.
   */
  async apply(
    block: VerifiedBlock,
    signatures: Promise<Signatures> = this.recover(block),
  ): Promise<ExecutedBatch | undefined> {
    assert(block.height === (this.#progress.anchor?.height ?? 0) + 1, "blocks come in turn");
    if (takesBack(this.#progress, block))
      throw new CodedError(
        "VOIDED_LATER",
        `block ${block.voided} was declared void after it was executed: go back to the state before it`,
        { details: { height: block.voided } },
      );
    if (block.batchHash === undefined) {
      await this.#pass(block);
      return undefined;
    }
    const {
      batch,
      transactions,
      signatures: signed,
    } = buildBatch(block, await signatures, {
      spec: this.#spec,
      globals: this.state.globals,
    });
    for (const [list, signature] of signed) this.#signatures.set(list, signature);
    const outcome = this.#run(batch, block);
    this.#trees.apply(outcome);
    const { root } = this.#trees;
    const progress = advance(this.#progress, block, countExecuted(batch, outcome));
    await this.#store.commit({ state: this.state, outcome, root, progress });
    this.#progress = progress;
    this.#unwritten = 0;
    const { height, hash: blockHash, l1 } = block;
    const executed = { batch, outcome, root, height, blockHash, l1Block: l1.number, transactions };
    this.#last = executed;
    this.#listeners.tell(executed);
    return executed;
  }

  /** Where it stands, for a restart that does not want to read the empty blocks again. */
  async flush(): Promise<void> {
    if (this.#unwritten === 0) return;
    this.#unwritten = 0;
    await this.#store.move(this.#progress);
  }

  async #pass(block: VerifiedBlock): Promise<void> {
    this.#progress = advance(this.#progress, block, 0);
    if (++this.#unwritten >= moveEvery) await this.flush();
  }

  #run(batch: ExecutedBatch["batch"], block: VerifiedBlock): Outcome {
    try {
      return this.#engine.apply(batch);
    } catch (cause) {
      if (!(cause instanceof InvariantBreach)) throw cause;
      const { invariant, detail } = cause;
      throw new CodedError(
        "INVARIANT_BREACH",
        `batch ${batch.number} would break the rollup's books (${invariant}); nothing of it was kept: this is a bug`,
        { cause, details: { invariant, detail, batch: batch.number, height: block.height } },
      );
    }
  }
}

/** A list is executed when its nonce was used up, whatever became of its actions. */
function countExecuted({ lists }: ExecutedBatch["batch"], { events }: Outcome): number {
  const refused = new Set(
    events.flatMap((event) => (event.type === "refused" && event.place === -1 ? [event.list] : [])),
  );
  return lists.length - refused.size;
}
