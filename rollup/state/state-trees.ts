// The trees over one state, kept beside an engine: after each batch they take what it changed and hash nothing else.

import { assert, keccak256 } from "../../sdk/index.ts";
import type { Outcome, State, Withdrawal } from "../engine/index.ts";
import { DenseTree } from "./dense-tree.ts";
import type { Keccak } from "./keccak.ts";
import { accountLeaf, globalsLeaf, marketLeaf, orderLeaf, withdrawalLeaf } from "./leaves.ts";
import { Words } from "./words.ts";

/** What the state's root is the hash of; all but the numbers are 32 bytes. */
export interface RootParts {
  readonly version: number;
  readonly rollupId: number;
  readonly batch: number;
  readonly accounts: Uint8Array;
  readonly orders: Uint8Array;
  readonly markets: Uint8Array;
  /** Of options, of which there are none yet: the empty tree. */
  readonly series: Uint8Array;
  readonly outbox: Uint8Array;
  readonly globals: Uint8Array;
}

const version = 1;

export class StateTrees {
  /** By account. */
  readonly accounts: DenseTree;
  /** By slot. */
  readonly orders: DenseTree;
  /** By place in `state.markets`. */
  readonly markets: DenseTree;
  /** Every withdrawal there ever was. */
  readonly outbox: DenseTree;
  readonly #rollupId: number;
  readonly #state: State;
  readonly #keccak: Keccak;
  readonly #series: Uint8Array;
  #batch = 0;
  #globals: Uint8Array;
  #root: Uint8Array | undefined;

  /** Over a state that is changed in place from now on, with all that was withdrawn before. */
  constructor(
    rollupId: number,
    state: State,
    withdrawals: readonly Withdrawal[],
    keccak: Keccak = keccak256,
  ) {
    this.#rollupId = rollupId;
    this.#state = state;
    this.#keccak = keccak;
    this.accounts = new DenseTree(keccak);
    this.orders = new DenseTree(keccak);
    this.markets = new DenseTree(keccak);
    this.outbox = new DenseTree(keccak);
    this.#series = new DenseTree(keccak).root;
    for (const account of state.accounts) this.#setAccount(account.id);
    for (let slot = 0; slot < state.orders.length; slot++) this.#setOrder(slot);
    for (let place = 0; place < state.markets.length; place++) this.#setMarket(place);
    for (const withdrawal of withdrawals) this.#addWithdrawal(withdrawal);
    this.#batch = state.globals.batch;
    this.#globals = globalsLeaf(state.globals, keccak);
  }

  /** After the engine applied a batch, and before it applies another. */
  apply({ dirty, withdrawals }: Pick<Outcome, "dirty" | "withdrawals">): void {
    for (const id of dirty.accounts) this.#setAccount(id);
    for (const slot of dirty.orders) this.#setOrder(slot);
    const changed: ReadonlySet<number> = new Set(dirty.markets);
    for (const [place, { id }] of this.#state.markets.entries())
      if (changed.has(id)) this.#setMarket(place);
    for (const withdrawal of withdrawals) this.#addWithdrawal(withdrawal);
    this.#batch = this.#state.globals.batch;
    this.#globals = globalsLeaf(this.#state.globals, this.#keccak);
    this.#root = undefined;
  }

  /** As of the last batch that was taken in. */
  get root(): Uint8Array {
    this.#root ??= stateRoot(this.parts(), this.#keccak);
    return this.#root;
  }

  parts(): RootParts {
    return {
      version,
      rollupId: this.#rollupId,
      batch: this.#batch,
      accounts: this.accounts.root,
      orders: this.orders.root,
      markets: this.markets.root,
      series: this.#series,
      outbox: this.outbox.root,
      globals: this.#globals,
    };
  }

  #setAccount(id: number): void {
    const account = this.#state.accounts[id];
    assert(account !== undefined, "accounts that change are there");
    this.accounts.set(id, accountLeaf(account, this.#keccak));
  }

  #setOrder(slot: number): void {
    this.orders.set(slot, orderLeaf(this.#state.orders[slot], this.#keccak));
  }

  #setMarket(place: number): void {
    const market = this.#state.markets[place];
    assert(market !== undefined, "markets that change are there");
    this.markets.set(place, marketLeaf(market, this.#keccak));
  }

  #addWithdrawal(withdrawal: Withdrawal): void {
    const index = this.outbox.count;
    this.outbox.set(index, withdrawalLeaf(index, withdrawal, this.#keccak));
  }
}

export function stateRoot(parts: RootParts, keccak: Keccak = keccak256): Uint8Array {
  const words = new Words(9)
    .uint(64, parts.version)
    .uint(64, parts.rollupId)
    .uint(64, parts.batch)
    .bytes32(parts.accounts)
    .bytes32(parts.orders)
    .bytes32(parts.markets)
    .bytes32(parts.series)
    .bytes32(parts.outbox)
    .bytes32(parts.globals);
  return keccak(words.finish());
}
