// What a store knows of all its records together, in one of them; and whose they are.

import {
  type Anchor,
  encode,
  fromHex,
  Height,
  limits,
  type Reader,
  toHex,
  type Writer,
} from "../../sdk/index.ts";
import type { Globals } from "../engine/index.ts";
import { readGlobals, writeGlobals } from "./records.ts";

/** Another network's, rollup's or version's state is refused. */
export interface StoreOwner {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  /** Also the rollup's id on L1. */
  readonly namespace: number;
  /** Of the rollup's spec, 32 bytes. */
  readonly specHash: Uint8Array;
}

/** How far the rollup has followed the sequencer; the batches are counted in the state. */
export interface Position {
  /** The last block that was taken in: where following resumes. */
  readonly anchor: Anchor;
  /** 32 bytes. */
  readonly batchesHash: Uint8Array;
  /** 32 bytes. */
  readonly inboxHash: Uint8Array;
  readonly inboxRead: number;
  /** All that were delivered, and the lists of actions among them. */
  readonly transactions: number;
  readonly lists: number;
  /** Bit i: something sealed was opened at the anchor's height less i, which a later block may declare void. */
  readonly opened: bigint;
}

const openedBytes = limits.unopenedHeightsMax / 8;

export interface Head {
  readonly globals: Globals;
  readonly counts: {
    readonly accounts: number;
    readonly orders: number;
    readonly markets: number;
    readonly withdrawals: number;
  };
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly position: Position;
}

/** Raised whenever records change their meaning; there is no migration between versions before 1.0. */
const schemaVersion = 1;

/** Of what `encodeOwner` returns. */
export const ownerBytes: number = 1 + 32 + 4 + 32;

export function encodeOwner(owner: StoreOwner): Uint8Array {
  return encode(owner, (writer, { genesisHash, namespace, specHash }) =>
    writer.u8(schemaVersion).fixed(genesisHash, 32).u32(namespace).fixed(specHash, 32),
  );
}

export function writeHead(writer: Writer, { globals, counts, root, position }: Head): void {
  writeGlobals(writer, globals);
  writer.u32(counts.accounts).u32(counts.orders).u32(counts.markets).u64(counts.withdrawals);
  writePosition(writer.fixed(root, 32), position);
}

export function readHead(reader: Reader): Head {
  return {
    globals: readGlobals(reader),
    counts: {
      accounts: reader.u32(),
      orders: reader.u32(),
      markets: reader.u32(),
      withdrawals: reader.u64(),
    },
    root: reader.fixed(32),
    position: readPosition(reader),
  };
}

export function writePosition(writer: Writer, position: Position): void {
  const { anchor, batchesHash, inboxHash, inboxRead, transactions, lists } = position;
  writer.u64(anchor.height).fixed(anchor.hash, 32).u64(anchor.view);
  writer.flag(anchor.isClosing === true);
  writer.fixed(batchesHash, 32).fixed(inboxHash, 32);
  writer.u64(inboxRead).u64(transactions).u64(lists);
  const opened = position.opened.toString(16).padStart(2 * openedBytes, "0");
  writer.fixed(fromHex(opened) ?? new Uint8Array(), openedBytes);
}

export function readPosition(reader: Reader): Position {
  const anchor = {
    height: Height(reader.u64()),
    hash: reader.fixed(32),
    view: reader.u64(),
    ...(reader.flag() ? { isClosing: true } : {}),
  };
  return {
    anchor,
    batchesHash: reader.fixed(32),
    inboxHash: reader.fixed(32),
    inboxRead: reader.u64(),
    transactions: reader.u64(),
    lists: reader.u64(),
    opened: BigInt(`0x${toHex(reader.fixed(openedBytes))}`),
  };
}
