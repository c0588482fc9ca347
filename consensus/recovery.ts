// What a replica finds on its disk when it starts. The node does the reading; here is what to read.

import { concatBytes, toHex, u64Bytes } from "../base/index.ts";
import {
  blockHash,
  type Epoch,
  type Header,
  type Height,
  kinds,
  type QC,
  type View,
  type VoteKind,
} from "../protocol/index.ts";
import type { SafetyState } from "./safety.ts";
import type { CastVote } from "./vote-collector.ts";

/** In any order and possibly with holes: the tail that was not synced may be lost in part. */
export interface Recovered {
  /** Undefined only before the first vote of the epoch. */
  readonly safety?: SafetyState;
  /** Those of the epoch with a view from `final.view` on. */
  readonly certificates: readonly QC[];
  /** Headers above the final height, as far as `hashesToLoad` finds them. */
  readonly headers: readonly Header[];
  /** What the log has of the views around the present: a lie whose other half comes now shows by it. */
  readonly votes?: readonly CastVote[];
  /** The last block that the node has applied; the genesis hash at height 0 and view 0. */
  readonly final: {
    readonly height: Height;
    readonly hash: Uint8Array;
    readonly view: View;
    readonly certificate?: QC;
  };
}

/** Key in `spaces.certificate`, ordered by epoch, view and kind; without a kind, where the view begins. */
export function certificateKey(epoch: Epoch, view: View, kind?: VoteKind): Uint8Array {
  const place = concatBytes(u64Bytes(epoch), u64Bytes(view));
  return kind === undefined ? place : concatBytes(place, new Uint8Array([kinds[kind]]));
}

/**
 * Hashes of the headers that belong into `recovered.headers` and are not in it: what certificates and the last
 * PREPARE name, and the way down to the final block. Called again with what was found, until it finds nothing.
 */
export function hashesToLoad(recovered: Recovered): Uint8Array[] {
  const { final } = recovered;
  const held = new Set(recovered.headers.map((header) => toHex(blockHash(header))));
  held.add(toHex(final.hash));
  const named = [
    ...recovered.certificates.filter(isAboveFinal).map((qc) => qc.hash),
    ...(recovered.safety === undefined || recovered.safety.lastPrepare <= final.view
      ? []
      : [recovered.safety.prepareHash]),
    ...recovered.headers.filter((header) => header.height > final.height + 1).map((h) => h.parent),
  ];
  const wanted = new Map(named.map((hash) => [toHex(hash), hash]));
  return [...wanted].filter(([key]) => !held.has(key)).map(([, hash]) => hash);

  function isAboveFinal(qc: QC): boolean {
    return qc.kind !== "skip" && qc.view > final.view;
  }
}
