// Messages that are executed without the sequencer. L1 alone says where they stand, so whoever follows a rollup reads
// Settlement's events `Forced` of finalized L1 blocks beside its batches.

import type { InboxMessage } from "../protocol/index.ts";

/** An event `Forced` of the rollup's Settlement. */
export interface Forced {
  /** Batches that were settled by then: the messages stand behind them and before all others. */
  readonly batches: number;
  /** The first message that it executes, and the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** What of the inbox one batch brings to execution. */
export interface InboxToExecute {
  /** Executed first, in this order: the indices of messages that no batch before this one has brought. */
  readonly forced: readonly number[];
  /** Then those that the batch has read, but for what was executed before. */
  readonly read: readonly InboxMessage[];
}

/**
 * A message is executed at its first appearance: forced before the batch with this number (from 1), or read by it. All
 * that the batch holds counts as read in the rollup's totals whatever this says. `forced` are the events so far, in L1's
 * order. One that comes late stands behind batches that were settled, so what was executed of later ones is done again.
 */
export function inboxToExecute(
  batch: { readonly number: number; readonly inbox: readonly InboxMessage[] },
  forced: readonly Forced[],
): InboxToExecute {
  const before = forced.filter(({ batches }) => batches < batch.number);
  const executed = Math.max(0, ...before.map(({ to }) => to));
  return {
    forced: before.filter(({ batches }) => batches === batch.number - 1).flatMap(indicesOf),
    read: batch.inbox.filter(({ index }) => index >= executed),
  };
}

function indicesOf({ from, to }: Forced): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
