// The state on disk: one LevelDB, in which a batch of the rollup is one atomic write. Whenever the process ends, it is found
// as it was before a batch or after it.

import {
  assert,
  CodedError,
  decode,
  equalBytes,
  keccak256,
  type Reader,
  toHex,
} from "../../sdk/index.ts";
import type { Outcome, State, Withdrawal } from "../engine/index.ts";
import { assembleState } from "./assemble.ts";
import { encodeOwner, type Head, type Position, readHead, type StoreOwner } from "./head.ts";
import type { Keccak } from "./keccak.ts";
import { Level, type Records } from "./level.ts";
import { readAccount, readMarket, readOrder, readWithdrawal } from "./records.ts";
import { joinSnapshot } from "./snapshot-codec.ts";
import { writeSnapshotFile } from "./snapshot-file.ts";
import { StateTrees } from "./state-trees.ts";
import {
  keys,
  type Kind,
  kinds,
  placeOf,
  writeOfHead,
  writesOf,
  writesOfChanges,
  writesOfWithdrawals,
} from "./writes.ts";

export interface Stored {
  readonly state: State;
  /** Every one there ever was. */
  readonly withdrawals: readonly Withdrawal[];
  /** Over this state, with the root that it was stored with. */
  readonly trees: StateTrees;
  readonly position: Position;
}

export interface Commit {
  /** After the batch. */
  readonly state: State;
  readonly outcome: Pick<Outcome, "dirty" | "withdrawals">;
  /** Of the state after the batch, 32 bytes. */
  readonly root: Uint8Array;
  readonly position: Position;
}

type Encoded = readonly (Uint8Array | undefined)[];

export class RollupStore {
  readonly #level: Level;
  readonly #path: string;
  readonly #owner: StoreOwner;
  readonly #keccak: Keccak;
  /** As it was written last. */
  #head: Head | undefined;

  private constructor(level: Level, path: string, owner: StoreOwner, keccak: Keccak) {
    this.#level = level;
    this.#path = path;
    this.#owner = owner;
    this.#keccak = keccak;
  }

  /**
   * Opens the store in the folder `path`, which is made if need be. Fails with a `CodedError`: LOCKED when another process
   * has it open, WRONG_STORE when it is another network's, rollup's or version's, BAD_STORE when it is damaged, and
   * OPEN_FAILED. Later, READ_FAILED and WRITE_FAILED mean that the disk is not to be trusted: stop the node.
   */
  static async open(
    path: string,
    owner: StoreOwner,
    keccak: Keccak = keccak256,
  ): Promise<RollupStore> {
    const level = await Level.open(path);
    const store = new RollupStore(level, path, owner, keccak);
    try {
      await store.#claim();
    } catch (error) {
      await level.close();
      throw error;
    }
    return store;
  }

  /** As of the last batch that was written; undefined before the first. Fails with BAD_STORE when its root is another. */
  async load(): Promise<Stored | undefined> {
    if (this.#head === undefined) return undefined;
    const { head, account, order, market, withdrawal } = await this.#records();
    const { globals, root, position } = head;
    const orders = this.#decoded("order", order, readOrder);
    const accounts = this.#whole("account", this.#decoded("account", account, readAccount));
    const markets = this.#whole("market", this.#decoded("market", market, readMarket));
    const withdrawals = this.#whole(
      "withdrawal",
      this.#decoded("withdrawal", withdrawal, readWithdrawal),
    );
    const state = assembleState({ accounts, orders, markets, globals });
    if (state === undefined) throw this.#damaged("its parts do not fit together");
    const trees = new StateTrees(this.#owner.namespace, state, withdrawals, this.#keccak);
    if (!equalBytes(trees.root, root)) throw this.#damaged("its root is another");
    return { state, withdrawals, trees, position };
  }

  /**
   * Writes one batch, whole or not at all. All that is written has been read from the state when this returns, so that the
   * engine may go on meanwhile; the next commit comes after this one has ended. The first one takes all of the state, and
   * then `outcome` holds all withdrawals.
   */
  async commit({ state, outcome, root, position }: Commit): Promise<void> {
    const before = this.#head;
    const { globals, accounts, orders, markets } = state;
    const isNext = before === undefined || globals.batch === before.globals.batch + 1;
    assert(isNext, "batches are written in turn");
    const first = before?.counts.withdrawals ?? 0;
    const counts = {
      accounts: accounts.length,
      orders: orders.length,
      markets: markets.length,
      withdrawals: first + outcome.withdrawals.length,
    };
    const head = { globals: { ...globals }, counts, root, position };
    const changes = before === undefined ? writesOf(state) : writesOfChanges(state, outcome.dirty);
    const added = writesOfWithdrawals(outcome.withdrawals, first);
    await this.#level.write([...changes, ...added, writeOfHead(head)]);
    this.#head = head;
  }

  /** Where to go on, after blocks in which there was no batch. Before the first batch there is nothing to go on from. */
  async move(position: Position): Promise<void> {
    if (this.#head === undefined) return;
    const head = { ...this.#head, position };
    await this.#level.write([writeOfHead(head)]);
    this.#head = head;
  }

  /**
   * Writes a file from which others begin, as of the last batch that was written when this was called: `<batch>.snapshot` in the
   * folder, of which the newest two stay. Batches may be written meanwhile. Returns its path; undefined before the first.
   */
  async exportSnapshot(folder: string): Promise<string | undefined> {
    if (this.#head === undefined) return undefined;
    const { head, account, order, market, withdrawal } = await this.#records();
    const body = joinSnapshot({
      globals: head.globals,
      markets: this.#whole("market", market),
      accounts: this.#whole("account", account),
      orders: order,
      withdrawals: this.#whole("withdrawal", withdrawal),
    });
    return writeSnapshotFile(folder, this.#owner, head, body);
  }

  /** After the write under way, if there is one, has ended. */
  async close(): Promise<void> {
    await this.#level.close();
  }

  /** Marks a new store as this rollup's, and refuses one that is another's. */
  async #claim(): Promise<void> {
    const expected = encodeOwner(this.#owner);
    const found = await this.#level.frozen((records) => records.get(keys.owner));
    if (found === undefined) {
      await this.#level.write([{ key: keys.owner, value: expected }]);
      return;
    }
    if (!equalBytes(found, expected))
      throw new CodedError(
        "WRONG_STORE",
        `the store at ${this.#path} is another rollup's or version's: check genesis and spec, or use a new folder`,
        { details: { path: this.#path, found: toHex(found), expected: toHex(expected) } },
      );
    this.#head = await this.#level.frozen((records) => this.#headOf(records));
  }

  /** All of them as of one moment, whatever is written meanwhile. */
  #records(): Promise<{ readonly head: Head } & Readonly<Record<Kind, Encoded>>> {
    return this.#level.frozen(async (records) => {
      const head = await this.#headOf(records);
      if (head === undefined) throw this.#damaged("it has no head");
      const { accounts, orders, markets, withdrawals } = head.counts;
      return {
        head,
        account: await this.#read(records, "account", accounts),
        order: await this.#read(records, "order", orders),
        market: await this.#read(records, "market", markets),
        withdrawal: await this.#read(records, "withdrawal", withdrawals),
      };
    });
  }

  async #headOf(records: Records): Promise<Head | undefined> {
    const bytes = await records.get(keys.head);
    const head = bytes && decode(bytes, readHead);
    if (bytes !== undefined && head === undefined) throw this.#damaged("its head cannot be read");
    return head;
  }

  /** By place; undefined where there is no record. */
  async #read(records: Records, kind: Kind, count: number): Promise<Encoded> {
    const items: (Uint8Array | undefined)[] = Array.from({ length: count });
    for await (const [key, value] of records.withPrefix(kinds[kind])) {
      const place = placeOf(key);
      if (place === undefined || place >= count) throw this.#damaged(`no ${kind} has such a key`);
      items[place] = value;
    }
    return items;
  }

  #decoded<T>(
    kind: Kind,
    items: Encoded,
    read: (reader: Reader, place: number) => T,
  ): (T | undefined)[] {
    return items.map((bytes, place) => {
      const item = bytes && decode(bytes, (reader) => read(reader, place));
      if (bytes !== undefined && item === undefined)
        throw this.#damaged(`${kind} ${place} cannot be read`);
      return item;
    });
  }

  #whole<T>(kind: Kind, items: readonly (T | undefined)[]): T[] {
    const missing = items.indexOf(undefined);
    if (missing >= 0) throw this.#damaged(`${kind} ${missing} is missing`);
    return items as T[];
  }

  #damaged(what: string): CodedError {
    return new CodedError(
      "BAD_STORE",
      `the store at ${this.#path} is damaged: ${what}; use a new folder, and the rollup is replayed`,
      { details: { path: this.#path } },
    );
  }
}
