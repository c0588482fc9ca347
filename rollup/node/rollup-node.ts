// A node of the rollup, put together: it follows its namespace through the SDK, which verifies what it is delivered, and
// executes it. What it keeps is one folder.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  assert,
  CodedError,
  ConclaveClient,
  type EndpointFault,
  type Genesis,
  genesisHash,
  Height,
  Namespace,
  type VerifiedBlock,
} from "../../sdk/index.ts";
import { genesisState } from "../engine/index.ts";
import { type Signers, startSigners } from "../signatures/index.ts";
import {
  fastKeccak,
  type Keccak,
  type Position,
  RollupStore,
  StateTrees,
  type StoreOwner,
} from "../state/index.ts";
import type { ExecutedBatch } from "./executed.ts";
import { type BatchStore, Executor, type Start } from "./executor.ts";
import { noProgress, type Progress } from "./progress.ts";
import { snapshotFolder, startFrom } from "./snapshots.ts";
import { domainOf, type RollupSpec, specHash } from "./spec.ts";

export interface RollupNodeOptions {
  readonly genesis: Genesis;
  readonly spec: RollupSpec;
  /** URLs of nodes of the sequencer, of which any may lie. */
  readonly endpoints: readonly string[];
  /** Where the state is kept, made if need be; undefined to keep nothing and begin at genesis. */
  readonly folder: string | undefined;
  /** A file to begin with where there is no state yet, instead of genesis. Whoever made it is trusted with its state. */
  readonly snapshot?: string | undefined;
  /** In the folder, a snapshot after every so many batches. */
  readonly snapshotEvery?: number | undefined;
  /** That recover signatures, beside this one. */
  readonly threads: number;
}

export class RollupNode {
  readonly client: ConclaveClient;
  readonly executor: Executor;
  readonly signers: Signers;
  readonly #namespace: Namespace;
  readonly #store: RollupStore | undefined;

  /** Throws `CodedError`: WRONG_CHAIN when genesis and spec do not belong together, and what the store says on opening. */
  static async open(options: RollupNodeOptions): Promise<RollupNode> {
    const { genesis, spec, folder, snapshot, threads } = options;
    if (genesis.chainId !== spec.chainId)
      throw new CodedError(
        "WRONG_CHAIN",
        `the spec is of chain ${spec.chainId}, and the genesis of chain ${genesis.chainId}`,
      );
    const keccak = await fastKeccak();
    const store = folder === undefined ? undefined : await openStore(folder, options, keccak);
    try {
      const owner = ownerOf(options);
      const start =
        (await load(store)) ??
        (snapshot === undefined
          ? genesisOf(spec, keccak)
          : await startFrom(snapshot, { owner, keccak, store }));
      return new RollupNode(options, {
        store,
        start,
        signers: startSigners(domainOf(spec), threads),
      });
    } catch (error) {
      await store?.close();
      throw error;
    }
  }

  private constructor(
    options: RollupNodeOptions,
    parts: {
      readonly start: Start;
      readonly signers: Signers;
      readonly store: RollupStore | undefined;
    },
  ) {
    const { spec, endpoints, genesis } = options;
    const { start, signers, store } = parts;
    this.client = new ConclaveClient({ endpoints, genesis });
    this.executor = new Executor(start, { spec, signers, store: toBatchStore(store, options) });
    this.#namespace = Namespace(spec.rollupId);
    this.signers = signers;
    this.#store = store;
  }

  /** What `Executor.apply` makes of every block from where the node is, until the signal; then closed for good. */
  async *run(options: {
    readonly signal: AbortSignal;
    readonly onFault: (fault: EndpointFault) => void;
  }): AsyncGenerator<
    { readonly block: VerifiedBlock; readonly executed: ExecutedBatch | undefined },
    void,
    undefined
  > {
    const { executor } = this;
    const { anchor } = executor.progress;
    const start = anchor === undefined ? { from: Height(1) } : { parent: anchor };
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal, stop.signal]);
    const blocks = this.client.follow(this.#namespace, { ...start, ...options, signal });
    try {
      let next = this.#fetch(blocks);
      for (;;) {
        const fetched = await next;
        if (fetched === undefined) break;
        // The threads are at the next block's signatures while the engine is at this one.
        next = this.#fetch(blocks);
        next.catch(ignore);
        const { block, signatures } = fetched;
        yield { block, executed: await executor.apply(block, signatures) };
      }
      await executor.flush();
    } finally {
      stop.abort();
      await blocks.return();
      await this.close();
    }
  }

  async #fetch(blocks: AsyncGenerator<VerifiedBlock>): Promise<Fetched | undefined> {
    const { value: block, done } = await blocks.next();
    if (done === true) return undefined;
    const signatures = this.executor.recover(block);
    signatures.catch(ignore);
    return { block, signatures };
  }

  async close(): Promise<void> {
    await this.signers.close();
    await this.#store?.close();
  }
}

/** Of what a node keeps, the part that can be made again of the batches. */
export function stateFolder(folder: string): string {
  return join(folder, "state");
}

/** What its store and its snapshots belong to. */
export function ownerOf({
  genesis,
  spec,
}: Pick<RollupNodeOptions, "genesis" | "spec">): StoreOwner {
  return {
    genesisHash: genesisHash(genesis),
    namespace: spec.rollupId,
    specHash: specHash(spec),
  };
}

async function openStore(
  folder: string,
  options: RollupNodeOptions,
  keccak: Keccak,
): Promise<RollupStore> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new CodedError("OPEN_FAILED", `cannot make the folder ${folder}`, { cause });
  }
  return RollupStore.open(stateFolder(folder), ownerOf(options), keccak);
}

async function load(store: RollupStore | undefined): Promise<Start | undefined> {
  const stored = await store?.load();
  return stored && { ...stored, progress: stored.position };
}

function genesisOf({ rollupId, parameters }: RollupSpec, keccak: Keccak): Start {
  const state = genesisState(parameters);
  return { state, trees: new StateTrees(rollupId, state, [], keccak), progress: noProgress };
}

/** Without a store nothing is kept. */
function toBatchStore(
  store: RollupStore | undefined,
  { folder, snapshotEvery }: RollupNodeOptions,
): BatchStore {
  return {
    async commit({ progress, ...batch }) {
      await store?.commit({ ...batch, position: toPosition(progress) });
      const isDue = snapshotEvery !== undefined && batch.state.globals.batch % snapshotEvery === 0;
      if (isDue && folder !== undefined) await store?.exportSnapshot(snapshotFolder(folder));
    },
    async move(progress) {
      await store?.move(toPosition(progress));
    },
  };
}

function toPosition({ anchor, ...rest }: Progress): Position {
  assert(anchor !== undefined, "only blocks move a node on");
  return { ...rest, anchor };
}

interface Fetched {
  readonly block: VerifiedBlock;
  readonly signatures: ReturnType<Executor["recover"]>;
}

/** It is awaited later, where its failure counts. */
function ignore(): void {}
