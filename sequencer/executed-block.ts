// A block with its order worked out, and what others want of it.

import type { Ordering } from "../mempool/index.ts";
import type {
  Header,
  Height,
  Namespace,
  Payload,
  QC,
  SealedTransaction,
} from "../protocol/index.ts";
import type { FinalRecord } from "./records.ts";

/** A block with its order worked out. */
export interface ExecutedBlock {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly payload: Payload;
  /** Grouped by namespace, in the order in which they are delivered. */
  readonly ordered: readonly OrderedTransaction[];
  readonly dropped: Ordering["dropped"];
  /** Height of the last snapshot that it or a block before it names, 0 for none. */
  readonly named: Height;
  /** It closes the epoch, or stands on a block that does. */
  readonly isClosed: boolean;
}

export interface OrderedTransaction {
  readonly id: Uint8Array;
  readonly transaction: SealedTransaction;
}

/** A final block, executed. */
export interface FinalBlock extends ExecutedBlock {
  /** Its own COMMIT certificate; without one it is final by a descendant's. */
  readonly certificate: QC | undefined;
}

/** What of a block has to be opened, in its order. */
export function sealedOf(block: ExecutedBlock): SealedTransaction[] {
  return block.ordered.flatMap(({ transaction }) =>
    transaction.version === 1 ? [transaction] : [],
  );
}

/** The block's order as it is kept: it stands by namespace already. */
export function groupsOf(block: ExecutedBlock): FinalRecord["groups"] {
  const groups: { namespace: Namespace; ids: Uint8Array[] }[] = [];
  for (const { id, transaction } of block.ordered) {
    const { namespace } = transaction.envelope;
    const last = groups.at(-1);
    if (last?.namespace === namespace) last.ids.push(id);
    else groups.push({ namespace, ids: [id] });
  }
  return groups;
}
