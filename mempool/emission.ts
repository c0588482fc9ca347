import { limits, type SealedTransaction } from "../protocol/index.ts";
import type { DropReason, EmissionGate } from "./events.ts";
import { bytesOf } from "./keys.ts";

/** Transactions of one block that the gate is asked about, at most: what it drops costs time too. */
const consideredMax = 4 * limits.blockTransactionsMax;

export interface Emission {
  readonly accepted: { readonly id: Uint8Array; readonly transaction: SealedTransaction }[];
  readonly dropped: { readonly id: Uint8Array; readonly reason: DropReason }[];
  /** The keys of both. */
  readonly emitted: Set<string>;
}

/**
 * Takes from the front of what is due, in order, until the block is full: nothing overtakes what does not fit. What the
 * gate drops is used up. `missing` if the transactions themselves are not all here.
 */
export function emit(
  due: readonly string[],
  ports: {
    readonly gate: EmissionGate;
    readonly transaction: (key: string) => SealedTransaction | undefined;
  },
): Emission | { readonly missing: readonly string[] } {
  const emission: Emission = { accepted: [], dropped: [], emitted: new Set() };
  let bytes = 0;
  for (const [place, key] of due.slice(0, consideredMax).entries()) {
    if (emission.accepted.length >= limits.blockTransactionsMax) break;
    const transaction = ports.transaction(key);
    if (transaction === undefined) {
      const window = due.slice(place, place + limits.blockTransactionsMax);
      return { missing: window.filter((each) => ports.transaction(each) === undefined) };
    }
    if (bytes + transaction.body.length > limits.blockBytesMax) break;
    const id = bytesOf(key);
    const reason = ports.gate.admit(id, transaction);
    if (reason === undefined) {
      bytes += transaction.body.length;
      emission.accepted.push({ id, transaction });
    } else {
      emission.dropped.push({ id, reason });
    }
    emission.emitted.add(key);
  }
  return emission;
}
