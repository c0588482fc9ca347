// A checkpoint and all that follows from it in one transaction: it settles the rollups, and collects what has become due
// of what they have prepaid. L1 is asked first what would come of it, for whoever posts pays for what is refused.

import type { CertifiedCheckpoint, RollupLeaf } from "../../protocol/index.ts";
import { type Hex, readBytes } from "./answers.ts";
import {
  accountCall,
  type Collection,
  type HandOver,
  postCall,
  type Seats,
  type SettleItem,
  settleItem,
  toCollection,
} from "./calls.ts";
import { forEachOf, isRefusal, type Rpc } from "./rpc.ts";
import type { Call } from "./sender.ts";
import type { Look } from "./state-reader.ts";
import { toCount, wordAt } from "./words.ts";

export interface PostsOptions {
  readonly rpc: Rpc;
  readonly hub: Hex;
  readonly rollups: Hex;
  readonly bundle: Hex;
  /** Who posts, and is paid for it. */
  readonly poster: Hex;
}

export interface Post extends Call {
  readonly settles: number;
  readonly collects: number;
}

/** Together with the checkpoint they stay well below what one transaction may use, at 250,000 each. */
const itemsMax = 48;
const collectionsMax = 16;
/** In fee units: what one is collected for should be more than the gas it costs, about that of a transfer. */
const collectMin = 1_000_000;

export class Posts {
  readonly #options: PostsOptions;
  /** Rollups that refused to be settled when they were asked alone; of subscribed ones, so there are not many. */
  readonly #doubtful = new Set<number>();
  /** What has been collected for validators, by rollup, on that fork of L1. */
  #collected: { readonly fork: number; readonly by: Map<number, number> };

  constructor(options: PostsOptions) {
    this.#options = options;
    this.#collected = { fork: 0, by: new Map() };
  }

  /** Whether the rollup would be settled, as L1 said when it was asked alone. */
  note(id: number, isSettling: boolean): void {
    if (isSettling) this.#doubtful.delete(id);
    else this.#doubtful.add(id);
  }

  /** Undefined when there is nothing to add to the checkpoint, or L1 would not do all of it: then it goes alone. */
  async callFor(
    anchor: readonly [CertifiedCheckpoint, Seats, HandOver | undefined],
    leaves: readonly RollupLeaf[],
    look: Look,
  ): Promise<Post | undefined> {
    const { rpc, bundle, poster } = this.#options;
    const items = this.#items(leaves, look);
    const collections = await this.#collections(leaves, look);
    if (items.length === 0 && collections.length === 0) return undefined;
    const data = postCall(this.#options, { anchor, items, collections });
    try {
      const request = { from: poster, to: bundle, data };
      const answer = await rpc.call("eth_call", [request, "latest"], readBytes);
      if (toCount(wordAt(answer, 0)) !== items.length) return undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return undefined;
    }
    return { to: bundle, data, settles: items.length, collects: collections.length };
  }

  /** Of rollups that have been settled before: whoever has yet to show that it can be is asked alone first. */
  #items(leaves: readonly RollupLeaf[], { state, addresses }: Look): SettleItem[] {
    return leaves
      .flatMap((leaf) => {
        const settlement = addresses.get(leaf.namespace);
        const batches = state.settled.get(leaf.namespace)?.batches ?? 0;
        const isReady = batches > 0 && batches < leaf.batches;
        if (settlement === undefined || !isReady || this.#doubtful.has(leaf.namespace)) return [];
        return [settleItem(leaf, leaves, settlement)];
      })
      .slice(0, itemsMax);
  }

  async #collections(leaves: readonly RollupLeaf[], { fork }: Look): Promise<Collection[]> {
    if (this.#collected.fork !== fork) this.#collected = { fork, by: new Map() };
    const { by } = this.#collected;
    const due = leaves
      .filter((leaf) => isDue(leaf, by.get(leaf.namespace) ?? 0))
      .slice(0, collectionsMax);
    const accounts = await forEachOf(due, ({ namespace }) => this.#account(namespace));
    return due
      .filter((leaf, i) => {
        const account = accounts[i];
        if (account === undefined) return false;
        const { funded, spent, earned } = account;
        by.set(leaf.namespace, spent - earned);
        // No more than is prepaid is ever collected.
        return leaf.spent <= funded && isDue(leaf, spent - earned);
      })
      .map((leaf) => toCollection(leaf, leaves));
  }

  /** Undefined where the registry does not answer like one; then nothing is collected. */
  async #account(
    id: number,
  ): Promise<
    { readonly funded: number; readonly spent: number; readonly earned: number } | undefined
  > {
    const { rpc, rollups } = this.#options;
    try {
      const request = { to: rollups, data: accountCall(id) };
      const answer = await rpc.call("eth_call", [request, "latest"], readBytes);
      const [funded, spent, earned] = [0, 1, 2].map((index) => toCount(wordAt(answer, index)));
      if (funded === undefined || spent === undefined || earned === undefined) return undefined;
      return { funded, spent, earned };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return undefined;
    }
  }
}

function isDue({ spent, earned }: RollupLeaf, collected: number): boolean {
  return spent - earned - collected >= collectMin;
}
