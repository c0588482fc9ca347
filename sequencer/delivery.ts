// Final blocks on their way from their order to their delivery: blocks are opened in any order, and counted in one. A
// block waits here for what opens it, then for what it opens to, and then for all before it.

import { assert, type Gauge } from "../base/index.ts";
import type { Ledger } from "../ledger/index.ts";
import {
  type Batch,
  type Checkpoint,
  Height,
  limits,
  type Micros,
  type OpenedTransaction,
  type RollupLeaf,
  type SealedTransaction,
} from "../protocol/index.ts";
import { type FinalBlock, sealedOf } from "./executed-block.ts";

/** A block that is opened, with all before it, and counted. */
export interface Delivered {
  readonly height: Height;
  readonly block: FinalBlock;
  /** None where all of it is void. */
  readonly openings: readonly Uint8Array[];
  /** Height of the block that has declared all sealed in it void. */
  readonly voidedBy: Height | undefined;
  readonly batches: readonly Batch[];
  /** If one falls due here, with what its root commits to, by rollup id. */
  readonly checkpoint: Checkpoint | undefined;
  readonly leaves: readonly RollupLeaf[];
}

/** What is left to do to a transaction whose opening is known. */
export interface Unsealing {
  readonly transaction: SealedTransaction;
  readonly opening: Uint8Array;
}

interface Pending {
  readonly block: FinalBlock;
  /** When it became final here. */
  readonly since: Micros;
  openings: readonly Uint8Array[] | undefined;
  payloads: readonly (Uint8Array | undefined)[] | undefined;
  /** Height of the block that has declared all sealed in it void: no opening counts from then on. */
  voidedBy: Height | undefined;
}

export class Delivery {
  readonly #ledger: Pick<Ledger, "applyOpened">;
  /** Final and executed, not yet delivered, by height. */
  readonly #pending = new Map<number, Pending>();
  /** What was opened before a restart and needs no share to be opened again. */
  readonly #recovered: Map<number, readonly Uint8Array[]>;
  #delivered: Height;

  constructor(
    ledger: Pick<Ledger, "applyOpened">,
    state: {
      readonly delivered: Height;
      /** By height, of what is not delivered. */
      readonly openings: ReadonlyMap<number, readonly Uint8Array[]>;
    },
  ) {
    this.#ledger = ledger;
    this.#delivered = state.delivered;
    this.#recovered = new Map(state.openings);
  }

  get gauges(): Gauge[] {
    return [{ name: "pending", size: this.#pending.size, max: limits.unopenedHeightsMax }];
  }

  /** The last height that is delivered. */
  get delivered(): Height {
    return this.#delivered;
  }

  /** When the oldest of those that wait became final here; undefined when none does. */
  get waitingSince(): Micros | undefined {
    return this.#oldest?.since;
  }

  /** Measured on this node's own opening: too many final heights wait for it, or one for too long. */
  isBehind(now: Micros): boolean {
    const since = this.#oldest?.since ?? now;
    return this.#pending.size > limits.unopenedMax || now - since > limits.unopenedTimeMax;
  }

  /** The next height to be delivered, while something sealed in it has not been opened. */
  get stalled(): { readonly height: Height; readonly since: Micros } | undefined {
    const pending = this.#oldest;
    if (pending === undefined || pending.openings !== undefined) return undefined;
    const { block, since } = pending;
    return { height: block.header.height, since };
  }

  get #oldest(): Pending | undefined {
    return this.#pending.values().next().value;
  }

  /** The next final block. Its openings, if they are known already; a block that seals nothing has none. */
  add(block: FinalBlock, now: Micros): readonly Uint8Array[] | undefined {
    const { height } = block.header;
    const sealed = sealedOf(block);
    const recovered = this.#recovered.get(height);
    this.#recovered.delete(height);
    const unknown = { openings: undefined, payloads: undefined, voidedBy: undefined };
    this.#pending.set(height, { block, since: now, ...unknown });
    const isOpened = sealed.length === 0 || recovered?.length === sealed.length;
    return isOpened ? (recovered ?? []) : undefined;
  }

  /** The openings of a block, one for each sealed transaction: what to do with them, unless they were known. */
  onOpened(height: Height, openings: readonly Uint8Array[]): Unsealing[] | undefined {
    const pending = this.#pending.get(height);
    if (pending === undefined || pending.openings !== undefined) return undefined;
    pending.openings = openings;
    return sealedOf(pending.block).map((transaction, i) => {
      const opening = openings[i];
      assert(opening !== undefined, "a batch has one opening for each sealed transaction");
      return { transaction, opening };
    });
  }

  /** What the sealed transactions of a block hold; false when nobody waits for it. */
  onUnsealed(height: Height, payloads: readonly (Uint8Array | undefined)[]): boolean {
    const pending = this.#pending.get(height);
    if (pending?.openings === undefined || pending.voidedBy !== undefined) return false;
    pending.payloads = payloads;
    return true;
  }

  /** A final block has declared all sealed at this height void; false when it does not wait here any more. */
  onVoided(height: Height, voidedBy: Height): boolean {
    const pending = this.#pending.get(height);
    if (pending === undefined) return false;
    pending.openings = [];
    pending.payloads = [];
    pending.voidedBy ??= voidedBy;
    return true;
  }

  /** Counts the next height, strictly in order; undefined while it is not opened. */
  next(): Delivered | undefined {
    const height = Height(this.#delivered + 1);
    const pending = this.#pending.get(height);
    if (pending?.payloads === undefined) return undefined;
    this.#pending.delete(height);
    this.#delivered = height;
    const { block, voidedBy } = pending;
    const { batches, checkpoint, leaves } = this.#ledger.applyOpened({
      height,
      blockHash: block.hash,
      transactions: openedTransactions(pending),
      isVoid: voidedBy !== undefined,
    });
    const { openings = [] } = pending;
    return { height, block, openings, voidedBy, batches, checkpoint, leaves };
  }
}

/** The block's transactions with what opens them; a clear one opens itself. */
function openedTransactions({ block, openings, payloads }: Pending): OpenedTransaction[] {
  let at = 0;
  return block.ordered.map(({ id, transaction }) => {
    if (transaction.version !== 1)
      return { id, transaction, opening: new Uint8Array(0), payload: transaction.body };
    const opening = openings?.[at] ?? new Uint8Array(0);
    return { id, transaction, opening, payload: payloads?.[at++] };
  });
}
