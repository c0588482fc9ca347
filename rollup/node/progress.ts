// How far a node has followed its namespace: where it goes on after a restart, and the totals that the committee's
// checkpoints have as well.

import {
  type Anchor,
  chainBatch,
  chainInbox,
  limits,
  toAnchor,
  type VerifiedBlock,
} from "../../sdk/index.ts";
import type { Position } from "../state/index.ts";

/** A position, or none before the first block. */
export interface Progress extends Omit<Position, "anchor"> {
  readonly anchor: Anchor | undefined;
}

export const noProgress: Progress = {
  anchor: undefined,
  inboxRead: 0,
  transactions: 0,
  lists: 0,
  batchesHash: new Uint8Array(32),
  inboxHash: new Uint8Array(32),
  opened: 0n,
};

/** `lists` of the block's were executed. */
export function advance(progress: Progress, block: VerifiedBlock, lists: number): Progress {
  const { inbox, transactions, batchHash } = block;
  const inboxHash = inbox.reduce(
    (before, { messageHash }) => chainInbox(before, messageHash),
    progress.inboxHash,
  );
  const isOpened = transactions.some((transaction) => transaction.isOpened);
  return {
    anchor: toAnchor(block.header, block.hash),
    inboxRead: progress.inboxRead + inbox.length,
    transactions: progress.transactions + transactions.length,
    lists: progress.lists + lists,
    batchesHash:
      batchHash === undefined ? progress.batchesHash : chainBatch(progress.batchesHash, batchHash),
    inboxHash,
    opened: ((progress.opened << 1n) & openedMask) | (isOpened ? 1n : 0n),
  };
}

/**
 * Whether the block takes back what was executed: all that was sealed at an earlier height is void after all. The SDK says
 * so of what it has delivered itself; this is for what it delivered before a restart.
 */
export function takesBack({ anchor, opened }: Progress, { voided }: VerifiedBlock): boolean {
  if (voided === undefined || anchor === undefined || voided > anchor.height) return false;
  return ((opened >> BigInt(anchor.height - voided)) & 1n) === 1n;
}

/** As many heights as can wait to be declared void. */
const openedMask = (1n << BigInt(limits.unopenedHeightsMax)) - 1n;
