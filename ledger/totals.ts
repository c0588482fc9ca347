// What the checkpoints carry: each rollup's totals over its opened batches. They follow the chain at the pace of the
// openings, so what is needed of a final block is kept until that block is opened.

import { assert, equalBytes } from "../base/index.ts";
import {
  type Batch,
  batchHash,
  chainBatch,
  chainInbox,
  type Checkpoint,
  type Epoch,
  Height,
  type InboxMessage,
  type Micros,
  type Namespace,
  type OpenedTransaction,
  type Parameters,
  type RollupLeaf,
  rollupsRoot,
  zeroHash,
} from "../protocol/index.ts";
import type { Charge } from "./types.ts";

/** What is needed of a final block once it is opened. */
export interface UnopenedBlock {
  readonly hash: Uint8Array;
  readonly time: Micros;
  /** Of a closing block: what its checkpoint tells L1. Zeros in all others. */
  readonly nextCommittee: Uint8Array;
  readonly subscribed: readonly Namespace[];
  readonly inbox: readonly InboxMessage[];
  readonly charged: ReadonlyMap<Namespace, Charge>;
}

/** The openings of one final block. */
export interface OpenedBlock {
  readonly height: Height;
  readonly blockHash: Uint8Array;
  /** All of the block's transactions, in its order. */
  readonly transactions: readonly OpenedTransaction[];
  /** Declared void as a whole: nothing sealed in it was opened. */
  readonly isVoid?: boolean;
}

export interface AppliedBlock {
  /** One for each namespace that the block holds something of, ascending. */
  readonly batches: readonly Batch[];
  /** To be signed now, if one is due at this height. */
  readonly checkpoint: Checkpoint | undefined;
  /** Every rollup's totals under the checkpoint, ascending; none when none is due. */
  readonly leaves: readonly RollupLeaf[];
}

/** The totals after the last opened height: all that a snapshot needs of them. */
export interface TotalsState {
  /** The last opened height, and its block's time; 0 and 0 at genesis. */
  readonly height: Height;
  readonly time: Micros;
  /** Checkpoints so far, and so the number of the last. */
  readonly checkpoints: number;
  /** The last height that was void as a whole, 0 for none. */
  readonly voided: Height;
  /** Ascending by namespace. */
  readonly rollups: readonly RollupLeaf[];
}

export const totalsAtGenesis: TotalsState = {
  height: Height(0),
  time: 0 as Micros,
  checkpoints: 0,
  voided: Height(0),
  rollups: [],
};

/** The checkpoint rule, a function of the chain alone; a parameter of 0 means never. */
export function isCheckpointDue(
  block: { readonly height: Height; readonly time: Micros; readonly parentTime: Micros },
  parameters: Pick<Parameters, "checkpointHeights" | "checkpointTime">,
): boolean {
  const { checkpointHeights, checkpointTime } = parameters;
  if (checkpointHeights > 0 && block.height % checkpointHeights === 0) return true;
  // Genesis has no time of its own, so the first block that has one begins the first span.
  if (checkpointTime === 0 || block.parentTime === 0) return false;
  const spanOf = (time: Micros): number => Math.floor(time / checkpointTime);
  return spanOf(block.time) !== spanOf(block.parentTime);
}

export class Totals {
  readonly #parameters: Parameters;
  readonly #epoch: Epoch;
  readonly #rollups: Map<Namespace, RollupLeaf>;
  /** The final blocks above `#height`, in order; the ledger judges no more beyond `unopenedHeightsMax` of them. */
  readonly #unopened: UnopenedBlock[] = [];
  #height: Height;
  #time: Micros;
  #checkpoints: number;
  #voided: Height;

  constructor(options: { parameters: Parameters; epoch: Epoch }, state: TotalsState) {
    this.#parameters = options.parameters;
    this.#epoch = options.epoch;
    this.#rollups = new Map(state.rollups.map((leaf) => [leaf.namespace, leaf]));
    this.#height = state.height;
    this.#time = state.time;
    this.#checkpoints = state.checkpoints;
    this.#voided = state.voided;
  }

  get height(): Height {
    return this.#height;
  }

  /** The last height that was void as a whole, 0 for none. */
  get voided(): Height {
    return this.#voided;
  }

  /** Final blocks that are not opened yet. */
  get unopened(): number {
    return this.#unopened.length;
  }

  state(): TotalsState {
    return {
      height: this.#height,
      time: this.#time,
      checkpoints: this.#checkpoints,
      voided: this.#voided,
      rollups: this.#leaves(),
    };
  }

  /** The next height is final, by this block. */
  expect(block: UnopenedBlock): void {
    this.#unopened.push(block);
  }

  /** The next height is opened. */
  apply(opened: OpenedBlock): AppliedBlock {
    const block = this.#unopened.shift();
    assert(
      block !== undefined &&
        opened.height === this.#height + 1 &&
        equalBytes(opened.blockHash, block.hash),
      "final blocks are opened in the order of the chain",
    );
    for (const namespace of block.subscribed) this.#rollups.set(namespace, emptyLeaf(namespace));
    const batches = batchesOf(opened, block.inbox);
    for (const batch of batches) this.#add(batch, block.charged.get(batch.namespace));
    const { height, time } = { height: opened.height, time: block.time };
    const { nextCommittee } = block;
    // The last checkpoint of an epoch is how it is handed over, whatever the rule says of its height.
    const isDue =
      !equalBytes(nextCommittee, zeroHash) ||
      isCheckpointDue({ height, time, parentTime: this.#time }, this.#parameters);
    this.#height = height;
    if (opened.isVoid === true) this.#voided = height;
    this.#time = time;
    const leaves = isDue ? this.#leaves() : [];
    return {
      batches,
      checkpoint: isDue ? this.#checkpoint(block, leaves) : undefined,
      leaves,
    };
  }

  /** Whoever is charged has a transaction in the block, and so a batch, be the transaction void. */
  #add(batch: Batch, { spent, earned }: Charge = { spent: 0, earned: 0 }): void {
    const before = this.#rollups.get(batch.namespace);
    assert(before !== undefined, "only subscribed namespaces are served");
    this.#rollups.set(batch.namespace, {
      namespace: batch.namespace,
      batches: before.batches + 1,
      inboxRead: before.inboxRead + batch.inbox.length,
      spent: toSafe(before.spent + spent),
      earned: toSafe(before.earned + earned),
      batchesHash: chainBatch(before.batchesHash, batchHash(batch)),
      inboxHash: batch.inbox.reduce(
        (chain, { messageHash }) => chainInbox(chain, messageHash),
        before.inboxHash,
      ),
    });
  }

  #checkpoint(block: UnopenedBlock, leaves: readonly RollupLeaf[]): Checkpoint {
    this.#checkpoints++;
    return {
      number: this.#checkpoints,
      epoch: this.#epoch,
      height: this.#height,
      blockHash: block.hash,
      rollupsRoot: rollupsRoot(leaves),
      next: block.nextCommittee,
    };
  }

  #leaves(): RollupLeaf[] {
    return [...this.#rollups.values()].sort((a, b) => a.namespace - b.namespace);
  }
}

function emptyLeaf(namespace: Namespace): RollupLeaf {
  const counts = { batches: 0, inboxRead: 0, spent: 0, earned: 0 };
  return { namespace, ...counts, batchesHash: zeroHash, inboxHash: zeroHash };
}

/** The registry takes no more from a rollup than nodes can count; a registry that did would not be paid beyond it. */
function toSafe(units: number): number {
  return Math.min(units, Number.MAX_SAFE_INTEGER);
}

/** The messages of a namespace stand before its transactions: L1 is final, and waits for nobody. */
function batchesOf(opened: OpenedBlock, messages: readonly InboxMessage[]): Batch[] {
  const inboxOf = Map.groupBy(messages, ({ namespace }) => namespace);
  // What validators say to each other is nobody's batch.
  const ofRollups = opened.transactions.filter(({ transaction }) => transaction.version !== 2);
  const transactionsOf = Map.groupBy(
    ofRollups,
    ({ transaction }) => transaction.envelope.namespace,
  );
  return [...new Set([...inboxOf.keys(), ...transactionsOf.keys()])]
    .sort((a, b) => a - b)
    .map((namespace) => ({
      namespace,
      height: opened.height,
      inbox: inboxOf.get(namespace) ?? [],
      transactions: transactionsOf.get(namespace) ?? [],
    }));
}
