// A whole state in one piece, with all that was ever withdrawn: from it trees have the root that the rollup's have.

import { decode, encode } from "../../sdk/index.ts";
import type { Globals, State, Withdrawal } from "../engine/index.ts";
import { assembleState } from "./assemble.ts";
import {
  readAccount,
  readGlobals,
  readMarket,
  readOrder,
  readWithdrawal,
  writeAccount,
  writeGlobals,
  writeMarket,
  writeOrder,
  writeWithdrawal,
} from "./records.ts";

export interface Snapshot {
  readonly state: State;
  /** Every one, in order. */
  readonly withdrawals: readonly Withdrawal[];
}

const version = 1;
const countMax = 0xffff_ffff;
const marketsMax = 1_024;

export function encodeSnapshot({ state, withdrawals }: Snapshot): Uint8Array {
  return encode(state, (writer, { globals, markets, accounts, orders }) => {
    writeGlobals(writer.u8(version), globals);
    writer
      .list(markets, marketsMax, writeMarket)
      .list(accounts, countMax, writeAccount)
      .list(orders, countMax, (w, order) => w.optional(order, writeOrder))
      .list(withdrawals, countMax, writeWithdrawal);
  });
}

/** A snapshot's parts as they are stored: each record is the same bytes here and there. */
export interface EncodedParts {
  readonly globals: Globals;
  readonly markets: readonly Uint8Array[];
  readonly accounts: readonly Uint8Array[];
  /** Undefined where no order is. */
  readonly orders: readonly (Uint8Array | undefined)[];
  readonly withdrawals: readonly Uint8Array[];
}

/** What `encodeSnapshot` makes of the same parts, in pieces. */
export function joinSnapshot(parts: EncodedParts): Uint8Array[] {
  const { globals, markets, accounts, orders, withdrawals } = parts;
  const pieces = [encode(globals, (writer, each) => writeGlobals(writer.u8(version), each))];
  const add = (count: number, items: readonly Uint8Array[]): void => {
    pieces.push(encode(count, (writer) => writer.u32(count)));
    for (const item of items) pieces.push(item);
  };
  add(markets.length, markets);
  add(accounts.length, accounts);
  add(
    orders.length,
    orders.flatMap((each) => (each === undefined ? [Uint8Array.of(0)] : [Uint8Array.of(1), each])),
  );
  add(withdrawals.length, withdrawals);
  return pieces;
}

/** Undefined for whatever is not the one encoding of a state on which an engine can go on. Its root is the caller's to compare. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    const globals = readGlobals(reader);
    const markets = reader.list(marketsMax, readMarket);
    let id = 0;
    const accounts = reader.list(countMax, (r) => readAccount(r, id++));
    let slot = -1;
    const orders = reader.list(countMax, (r) => {
      slot++;
      return r.optional((rest) => readOrder(rest, slot));
    });
    const state = assembleState({ accounts, orders, markets, globals });
    reader.require(state !== undefined, "NOT_A_STATE");
    const withdrawals = reader.list(countMax, readWithdrawal);
    return { state: state as State, withdrawals };
  });
}
