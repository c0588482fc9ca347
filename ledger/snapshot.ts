// The ledger in bytes, at a final block, in two parts: what ordering needs, which is known when the block is executed,
// and what the checkpoints carry, which is known when it is opened. Canonical: nodes that hold the same chain write
// the same bytes, so a snapshot from elsewhere can be compared by its hash.

import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import { Height, limits, Micros, Namespace, type RollupLeaf } from "../protocol/index.ts";
import type { TotalsState } from "./totals.ts";
import type { BlockState, NamespaceState } from "./types.ts";

/** What ordering needs. */
export interface OrderingSnapshot {
  readonly genesisHash: Uint8Array;
  readonly final: BlockState;
  /** Ascending. */
  readonly namespaces: readonly NamespaceState[];
  /** The replay window, ascending by expiry: the ids of each one after another, in the order of the chain. */
  readonly seen: readonly (readonly [Height, Uint8Array])[];
}

const version = 3;
const idBytes = 32;
const expiryIdsMax = limits.expiryHorizon * limits.blockTransactionsMax;

/** In pieces, to be put together: the ids are far more than the rest, and are not copied here. */
export function encodeOrderingSnapshot(snapshot: OrderingSnapshot): Uint8Array[] {
  const { seen } = snapshot;
  const head = encode(snapshot, (writer, { genesisHash, final, namespaces }) => {
    writer.u8(version).fixed(genesisHash, 32).u64(final.height).fixed(final.hash, 32);
    writer.u64(final.time).u64(final.l1.number).fixed(final.l1.hash, 32).u64(final.epochStart);
    writer.list(namespaces, limits.namespacesMax, writeNamespace);
    writer.list(seen, limits.expiryHorizon + 1, (w, [expiry, ids]) =>
      w.u64(expiry).u32(ids.length / idBytes),
    );
  });
  return [head, ...seen.map(([, ids]) => ids)];
}

/** Undefined when the bytes are no snapshot of this version. */
export function decodeOrderingSnapshot(bytes: Uint8Array): OrderingSnapshot | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    const genesisHash = reader.fixed(32);
    const final = {
      height: Height(reader.u64()),
      hash: reader.fixed(32),
      time: Micros(reader.u64()),
      l1: { number: reader.u64(), hash: reader.fixed(32) },
      epochStart: Micros(reader.u64()),
    };
    const namespaces = reader.list(limits.namespacesMax, readNamespace);
    const counts = reader.list(
      limits.expiryHorizon + 1,
      (r) => [Height(r.u64()), r.u32()] as const,
    );
    const seen = counts.map(([expiry, count]) => {
      reader.require(count > 0 && count <= expiryIdsMax, "BAD_COUNT");
      return [expiry, reader.fixed(count * idBytes)] as const;
    });
    return { genesisHash, final, namespaces, seen };
  });
}

/** What the checkpoints carry, without the blocks that wait to be opened: those stand in the chain. */
export function encodeTotals(totals: TotalsState): Uint8Array {
  return encode(totals, (writer, { height, time, checkpoints, rollups }) =>
    writer.u64(height).u64(time).u64(checkpoints).list(rollups, limits.namespacesMax, writeTotals),
  );
}

export function decodeTotals(bytes: Uint8Array): TotalsState | undefined {
  return decode(bytes, (reader) => ({
    height: Height(reader.u64()),
    time: Micros(reader.u64()),
    checkpoints: reader.u64(),
    rollups: reader.list(limits.namespacesMax, readTotals),
  }));
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
