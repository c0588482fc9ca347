// Which records a batch writes, and under which keys: the letter of their kind, then the place.

import { decode, encode, utf8, type Writer } from "../../sdk/index.ts";
import type { DirtyLeaves, State, Withdrawal } from "../engine/index.ts";
import { type Head, writeHead } from "./head.ts";
import type { Write } from "./level.ts";
import { writeAccount, writeMarket, writeOrder, writeWithdrawal } from "./records.ts";

/** The first byte of their keys. */
export const kinds = { account: 0x61, market: 0x6d, order: 0x6f, withdrawal: 0x77 } as const;
export type Kind = keyof typeof kinds;

/** Of what there is one of; none begins with the letter of a kind. */
export const keys: Readonly<Record<"head" | "owner", Uint8Array>> = {
  head: utf8("head"),
  owner: utf8("belongs to"),
};

export function placeOf(key: Uint8Array): number | undefined {
  return decode(key.subarray(1), (reader) => reader.u64());
}

export function writesOf({ accounts, orders, markets }: State): Write[] {
  return [
    ...accounts.map((each, id) => put("account", id, each, writeAccount)),
    ...orders.map((each, slot) => put("order", slot, each, writeOrder)),
    ...markets.map((each, place) => put("market", place, each, writeMarket)),
  ];
}

export function writesOfChanges({ accounts, orders, markets }: State, dirty: DirtyLeaves): Write[] {
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

/** `first` is the place of the first among all that there ever were. */
export function writesOfWithdrawals(withdrawals: readonly Withdrawal[], first: number): Write[] {
  return withdrawals.map((each, at) => put("withdrawal", first + at, each, writeWithdrawal));
}

export function writeOfHead(head: Head): Write {
  return { key: keys.head, value: encode(head, writeHead) };
}
