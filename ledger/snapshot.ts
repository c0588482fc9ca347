// The ledger in bytes, at a final block. Canonical: nodes that hold the same chain and have opened it equally far write
// the same bytes, so a snapshot from elsewhere can be compared by its hash.

import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import {
  Height,
  limits,
  Micros,
  Namespace,
  readInboxMessage,
  type RollupLeaf,
  writeInboxMessage,
} from "../protocol/index.ts";
import { fromIdKey, type IdKey, toIdKey } from "./replay-window.ts";
import type { TotalsState, UnopenedBlock } from "./totals.ts";
import type { BlockState, NamespaceState } from "./types.ts";

export interface Snapshot {
  readonly genesisHash: Uint8Array;
  readonly final: BlockState;
  /** Ascending. */
  readonly namespaces: readonly NamespaceState[];
  /** The replay window: ids in the order of the chain, ascending by expiry. */
  readonly seen: readonly (readonly [Height, Iterable<IdKey>])[];
  readonly totals: TotalsState;
}

const version = 2;
const windowIdsMax = limits.expiryHorizon * limits.blockTransactionsMax;
/** Messages of one block, over all namespaces: what 16 L1 blocks of small events can hold, and more. */
const inboxMax = 1_048_576;

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return encode(snapshot, (writer, { genesisHash, final, namespaces, seen, totals }) => {
    writer.u8(version).fixed(genesisHash, 32).u64(final.height).fixed(final.hash, 32);
    writer.u64(final.time).u64(final.l1.number).fixed(final.l1.hash, 32).u64(final.epochStart);
    writer.list(namespaces, limits.namespacesMax, writeNamespace);
    writer.list(seen, limits.expiryHorizon, (w, [expiry, ids]) =>
      w.u64(expiry).list([...ids], windowIdsMax, (v, id) => v.fixed(fromIdKey(id), 32)),
    );
    writer.u64(totals.height).u64(totals.time).u64(totals.checkpoints);
    writer.list(totals.rollups, limits.namespacesMax, writeTotals);
    writer.list(totals.unopened, limits.unopenedHeightsMax, writeUnopened);
  });
}

/** Undefined when the bytes are no snapshot of this version. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    const snapshot: Snapshot = {
      genesisHash: reader.fixed(32),
      final: {
        height: Height(reader.u64()),
        hash: reader.fixed(32),
        time: Micros(reader.u64()),
        l1: { number: reader.u64(), hash: reader.fixed(32) },
        epochStart: Micros(reader.u64()),
      },
      namespaces: reader.list(limits.namespacesMax, readNamespace),
      seen: reader.list(
        limits.expiryHorizon,
        (r) => [Height(r.u64()), r.list(windowIdsMax, (v) => toIdKey(v.fixed(32)))] as const,
      ),
      totals: {
        height: Height(reader.u64()),
        time: Micros(reader.u64()),
        checkpoints: reader.u64(),
        rollups: reader.list(limits.namespacesMax, readTotals),
        unopened: reader.list(limits.unopenedHeightsMax, readUnopened),
      },
    };
    const { final, totals } = snapshot;
    reader.require(totals.height + totals.unopened.length === final.height, "NOT_CONSISTENT");
    return snapshot;
  });
}

function writeNamespace(writer: Writer, state: NamespaceState): void {
  const { namespace, settlement, policy, balance, inboxRead } = state;
  writer.u32(namespace).fixed(settlement, 20);
  writer.flag(policy.sealingRequired).flag(policy.classOrder).flag(policy.senderMayPay);
  writer.u64(balance).u64(inboxRead);
}

function readNamespace(reader: Reader): NamespaceState {
  return {
    namespace: Namespace(reader.u32()),
    settlement: reader.fixed(20),
    policy: {
      sealingRequired: reader.flag(),
      classOrder: reader.flag(),
      senderMayPay: reader.flag(),
    },
    balance: reader.u64(),
    inboxRead: reader.u64(),
  };
}

function writeTotals(writer: Writer, leaf: RollupLeaf): void {
  writer.u32(leaf.namespace).u64(leaf.batches).u64(leaf.inboxRead);
  writer.fixed(leaf.batchesHash, 32).fixed(leaf.inboxHash, 32);
}

function readTotals(reader: Reader): RollupLeaf {
  return {
    namespace: Namespace(reader.u32()),
    batches: reader.u64(),
    inboxRead: reader.u64(),
    batchesHash: reader.fixed(32),
    inboxHash: reader.fixed(32),
  };
}

function writeUnopened(writer: Writer, block: UnopenedBlock): void {
  writer.fixed(block.hash, 32).u64(block.time).fixed(block.nextCommittee, 32);
  writer.list(block.subscribed, limits.namespacesMax, (w, namespace) => w.u32(namespace));
  writer.list(block.inbox, inboxMax, writeInboxMessage);
}

function readUnopened(reader: Reader): UnopenedBlock {
  return {
    hash: reader.fixed(32),
    time: Micros(reader.u64()),
    nextCommittee: reader.fixed(32),
    subscribed: reader.list(limits.namespacesMax, (r) => Namespace(r.u32())),
    inbox: reader.list(inboxMax, readInboxMessage),
  };
}
