// The replicated state after one height in bytes: what a snapshot holds.

import { concatBytes, decode, encode } from "../base/index.ts";
import type { LedgerSnapshot } from "../ledger/index.ts";
import { Height, limits, type SnapshotName } from "../protocol/index.ts";

/** The state exactly after executing the block at `height` and opening all up to it. */
export interface ReplicatedState {
  readonly height: Height;
  /** Of the block there, 32 bytes. */
  readonly hash: Uint8Array;
  /** Height of the last snapshot that this block or one before it names, 0 for none. */
  readonly named: Height;
  /**
   * The newest snapshots below this height, ascending: blocks above it may still name them, and who begins here could
   * not tell otherwise whether they name the right ones.
   */
  readonly recent: readonly SnapshotName[];
  readonly ledger: LedgerSnapshot;
  readonly mempool: Uint8Array;
  /** Of the epoch of this block; what begins on a closing block begins without. */
  readonly succession: Uint8Array;
}

/** The same with its large parts in pieces that nobody has put together yet. */
export interface StatePieces {
  readonly height: Height;
  readonly hash: Uint8Array;
  readonly named: Height;
  readonly recent: readonly SnapshotName[];
  readonly ordering: readonly Uint8Array[];
  readonly mempool: readonly Uint8Array[];
  readonly succession: Uint8Array;
  readonly totals: Uint8Array;
}

/** Snapshots that a state remembers the names of. */
export const recentMax = 2;

const version = 2;

export function encodeState(state: StatePieces): Uint8Array[] {
  const { ordering, mempool, succession, totals } = state;
  const head = encode(state, (writer, { height, hash, named, recent }) => {
    writer.u8(version).u64(height).fixed(hash, 32).u64(named);
    writer.list(recent, recentMax, (w, name) => w.u64(name.height).fixed(name.root, 32));
    writer.u32(bytesOf(ordering)).u32(bytesOf(mempool));
    writer.u32(succession.length).u32(totals.length);
  });
  return [head, ...ordering, ...mempool, succession, totals];
}

/** Undefined when the bytes are no state of this version. */
export function decodeState(chunks: readonly Uint8Array[]): ReplicatedState | undefined {
  return decode(concatBytes(...chunks), (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    const height = Height(reader.u64());
    const hash = reader.fixed(32);
    const named = Height(reader.u64());
    const recent = reader.list(recentMax, (r) => ({
      height: Height(r.u64()),
      root: r.fixed(32),
    }));
    const lengths = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
    reader.require(lengths.reduce((a, b) => a + b, 0) <= limits.snapshotBytesMax, "TOO_LONG");
    const [ordering = 0, mempool = 0, succession = 0, totals = 0] = lengths;
    const ledger = reader.fixed(ordering);
    const order = reader.fixed(mempool);
    const rounds = reader.fixed(succession);
    return {
      height,
      hash,
      named,
      recent,
      ledger: { ordering: ledger, totals: reader.fixed(totals) },
      mempool: order,
      succession: rounds,
    };
  });
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
