// The state on disk: one LevelDB, in which a batch of the rollup is one atomic write. Whenever the process ends, it is found
// as it was before a batch or after it.

import {
  assert,
  CodedError,
  decode,
  encode,
  equalBytes,
  keccak256,
  type Reader,
  toHex,
  utf8,
  type Writer,
} from "../../sdk/index.ts";
import type { Outcome, State, Withdrawal } from "../engine/index.ts";
import { assembleState } from "./assemble.ts";
import {
  encodeOwner,
  type Head,
  type Position,
  readHead,
  type StoreOwner,
  writeHead,
} from "./head.ts";
import type { Keccak } from "./keccak.ts";
import { Level, type Write } from "./level.ts";
import {
  readAccount,
  readMarket,
  readOrder,
  readWithdrawal,
  writeAccount,
  writeMarket,
  writeOrder,
  writeWithdrawal,
} from "./records.ts";
import { StateTrees } from "./state-trees.ts";

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

/** The first byte of a record's key; the rest is its place among its kind. */
const kinds = { account: 0x61, market: 0x6d, order: 0x6f, withdrawal: 0x77 } as const;
type Kind = keyof typeof kinds;

const headKey = utf8("head");
const ownerKey = utf8("belongs to");

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
    const { globals, counts, root, position } = this.#head;
    const orders = await this.#read("order", counts.orders, readOrder);
    const accounts = whole(await this.#read("account", counts.accounts, readAccount));
    const markets = whole(await this.#read("market", counts.markets, readMarket));
    const withdrawals = whole(await this.#read("withdrawal", counts.withdrawals, readWithdrawal));
    const areWhole = accounts !== undefined && markets !== undefined && withdrawals !== undefined;
    if (!areWhole) throw this.#damaged("records are missing");
    // An engine will change them in place.
    const state = assembleState({ accounts, orders, markets, globals: { ...globals } });
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
    const changes = before === undefined ? wholeOf(state) : changesOf(state, outcome.dirty);
    const added = outcome.withdrawals.map((each, at) =>
      put("withdrawal", first + at, each, writeWithdrawal),
    );
    await this.#level.write([...changes, ...added, toWrite(head)]);
    this.#head = head;
  }

  /** Where to go on, after blocks in which there was no batch. Before the first batch there is nothing to go on from. */
  async move(position: Position): Promise<void> {
    if (this.#head === undefined) return;
    const head = { ...this.#head, position };
    await this.#level.write([toWrite(head)]);
    this.#head = head;
  }

  /** After the write under way, if there is one, has ended. */
  async close(): Promise<void> {
    await this.#level.close();
  }

  /** Marks a new store as this rollup's, and refuses one that is another's. */
  async #claim(): Promise<void> {
    const expected = encodeOwner(this.#owner);
    const found = await this.#level.get(ownerKey);
    if (found === undefined) {
      await this.#level.write([{ key: ownerKey, value: expected }]);
      return;
    }
    if (!equalBytes(found, expected))
      throw new CodedError(
        "WRONG_STORE",
        `the store at ${this.#path} is another rollup's or version's: check genesis and spec, or use a new folder`,
        { details: { path: this.#path, found: toHex(found), expected: toHex(expected) } },
      );
    const bytes = await this.#level.get(headKey);
    this.#head = bytes && decode(bytes, readHead);
    if (bytes !== undefined && this.#head === undefined)
      throw this.#damaged("its head cannot be read");
  }

  /** By place; undefined where there is no record. */
  async #read<T>(
    kind: Kind,
    count: number,
    read: (reader: Reader, place: number) => T,
  ): Promise<(T | undefined)[]> {
    const items: (T | undefined)[] = Array.from({ length: count });
    for await (const [key, value] of this.#level.withPrefix(kinds[kind])) {
      const place = decode(key.subarray(1), (reader) => reader.u64());
      if (place === undefined || place >= count) throw this.#damaged(`no ${kind} has such a key`);
      const item = decode(value, (reader) => read(reader, place));
      if (item === undefined) throw this.#damaged(`${kind} ${place} cannot be read`);
      items[place] = item;
    }
    return items;
  }

  #damaged(what: string): CodedError {
    return new CodedError(
      "BAD_STORE",
      `the store at ${this.#path} is damaged: ${what}; use a new folder, and the rollup is replayed`,
      { details: { path: this.#path } },
    );
  }
}

function wholeOf({ accounts, orders, markets }: State): Write[] {
  return [
    ...accounts.map((each, id) => put("account", id, each, writeAccount)),
    ...orders.map((each, slot) => put("order", slot, each, writeOrder)),
    ...markets.map((each, place) => put("market", place, each, writeMarket)),
  ];
}

function changesOf({ accounts, orders, markets }: State, dirty: Outcome["dirty"]): Write[] {
  const changed: ReadonlySet<number> = new Set(dirty.markets);
  return [
    ...dirty.accounts.map((id) => put("account", id, accounts[id], writeAccount)),
    ...dirty.orders.map((slot) => put("order", slot, orders[slot], writeOrder)),
    ...markets.flatMap((each, place) =>
      changed.has(each.id) ? [put("market", place, each, writeMarket)] : [],
    ),
  ];
}

/** What is no more is deleted. */
function put<T>(
  kind: Kind,
  place: number,
  item: T | undefined,
  write: (writer: Writer, item: T) => void,
): Write {
  const key = encode(place, (writer) => writer.u8(kinds[kind]).u64(place));
  return { key, value: item === undefined ? undefined : encode(item, write) };
}

function toWrite(head: Head): Write {
  return { key: headKey, value: encode(head, writeHead) };
}

function whole<T>(items: readonly (T | undefined)[]): T[] | undefined {
  return items.includes(undefined) ? undefined : (items as T[]);
}
