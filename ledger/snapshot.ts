// The ledger in bytes, at a final block, in two parts: what ordering needs, which is known when the block is executed,
// and what the checkpoints carry, which is known when it is opened. Canonical: nodes that hold the same chain write
// the same bytes, so a snapshot from elsewhere can be compared by its hash.

import { decode, encode, fromHex, type Reader, toHex, type Writer } from "../base/index.ts";
import { Epoch, Height, limits, Micros, Namespace, type RollupLeaf } from "../protocol/index.ts";
import type { Assembly } from "./assembly.ts";
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
  readonly assembly: Assembly;
}

const version = 7;
const idBytes = 32;
/** Of two committees. */
const speakersMax = 2 * limits.committeeMax;
const expiryIdsMax = limits.expiryHorizon * limits.blockTransactionsMax;

/** In pieces, to be put together: the ids are far more than the rest, and are not copied here. */
export function encodeOrderingSnapshot(snapshot: OrderingSnapshot): Uint8Array[] {
  const { seen } = snapshot;
  const head = encode(snapshot, (writer, { genesisHash, final, namespaces, assembly }) => {
    writer.u8(version).fixed(genesisHash, 32).u64(final.height).fixed(final.hash, 32);
    writer.u64(final.time).u64(final.l1.number).fixed(final.l1.hash, 32).u64(final.epochStart);
    writer.u64(final.baseFee);
    writer.list(namespaces, limits.namespacesMax, writeNamespace);
    writeAssembly(writer, assembly);
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
      baseFee: reader.u64(),
    };
    const namespaces = reader.list(limits.namespacesMax, readNamespace);
    const assembly = readAssembly(reader);
    const counts = reader.list(
      limits.expiryHorizon + 1,
      (r) => [Height(r.u64()), r.u32()] as const,
    );
    const seen = counts.map(([expiry, count]) => {
      reader.require(count > 0 && count <= expiryIdsMax, "BAD_COUNT");
      return [expiry, reader.fixed(count * idBytes)] as const;
    });
    return { genesisHash, final, namespaces, seen, assembly };
  });
}

/** What the checkpoints carry, without the blocks that wait to be opened: those stand in the chain. */
export function encodeTotals(totals: TotalsState): Uint8Array {
  return encode(totals, (writer, { height, time, checkpoints, voided, rollups }) =>
    writer
      .u64(height)
      .u64(time)
      .u64(checkpoints)
      .u64(voided)
      .list(rollups, limits.namespacesMax, writeTotals),
  );
}

export function decodeTotals(bytes: Uint8Array): TotalsState | undefined {
  return decode(bytes, (reader) => ({
    height: Height(reader.u64()),
    time: Micros(reader.u64()),
    checkpoints: reader.u64(),
    voided: Height(reader.u64()),
    rollups: reader.list(limits.namespacesMax, readTotals),
  }));
}

function writeNamespace(writer: Writer, state: NamespaceState): void {
  const { namespace, settlement, policy, reserve, hasLeft, balance, inboxRead } = state;
  writer.u32(namespace).fixed(settlement, 20);
  writer.flag(policy.sealingRequired).flag(policy.classOrder).flag(policy.senderMayPay);
  writer.u32(reserve).flag(hasLeft).u64(balance).u64(inboxRead);
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
    reserve: reader.u32(),
    hasLeft: reader.flag(),
    balance: reader.u64(),
    inboxRead: reader.u64(),
  };
}

function writeAssembly(writer: Writer, { prepared, span, counts }: Assembly): void {
  writer.optional(prepared, (w, { epoch, candidates }) =>
    w
      .u64(epoch)
      .list(candidates, limits.committeeMax, (v, { publicKey, networkKey }) =>
        v.fixed(publicKey, 48).fixed(networkKey, 32),
      ),
  );
  const ascending = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  writer
    .u64(span)
    .list(ascending, speakersMax, (w, [author, count]) =>
      w.fixed(fromHex(author) ?? new Uint8Array(), 32).u32(count),
    );
}

function readAssembly(reader: Reader): Assembly {
  const prepared = reader.optional((r) => ({
    epoch: Epoch(r.u64()),
    candidates: r.list(limits.committeeMax, (v) => ({
      publicKey: v.fixed(48),
      networkKey: v.fixed(32),
    })),
  }));
  const span = reader.u64();
  const counts = reader.list(speakersMax, (r) => [toHex(r.fixed(32)), r.u32()] as const);
  return { prepared, span, counts: new Map(counts) };
}

function writeTotals(writer: Writer, leaf: RollupLeaf): void {
  writer.u32(leaf.namespace).u64(leaf.batches).u64(leaf.inboxRead);
  writer.u64(leaf.spent).u64(leaf.earned);
  writer.fixed(leaf.batchesHash, 32).fixed(leaf.inboxHash, 32);
}

function readTotals(reader: Reader): RollupLeaf {
  return {
    namespace: Namespace(reader.u32()),
    batches: reader.u64(),
    inboxRead: reader.u64(),
    spent: reader.u64(),
    earned: reader.u64(),
    batchesHash: reader.fixed(32),
    inboxHash: reader.fixed(32),
  };
}
