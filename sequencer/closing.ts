// When a block may close its epoch, and what may follow it (docs/protocol.md, Epochs).

import { equalBytes } from "../base/index.ts";
import { type Micros, zeroHash } from "../protocol/index.ts";

/** What is known of the end of an epoch when a block is judged. */
export interface ClosingRule {
  /** `Parameters.epochTime`. */
  readonly epochTime: number;
  /** A committee without one can order nothing sealed: its epoch waits for nothing but to be followed. */
  readonly hasSealingKey: boolean;
  /** When the epoch began; 0 while no block of it has a time. */
  readonly epochStart: Micros;
  /** The block's own. */
  readonly time: Micros;
}

export function isClosing(nextCommittee: Uint8Array): boolean {
  return !equalBytes(nextCommittee, zeroHash);
}

/** Whether the epoch has lasted long enough. No leader has to close it: one that does not know how leaves it to the next. */
export function mayClose(rule: ClosingRule): boolean {
  const { epochTime, hasSealingKey, epochStart, time } = rule;
  if (!hasSealingKey) return true;
  return epochTime > 0 && epochStart > 0 && time >= epochStart + epochTime;
}

/**
 * What a block says of the next committee. Too early, or when there is none to be had, is wrong for everybody; which
 * committee it is a node may find out later than others.
 */
export function judgeClosing(
  nextCommittee: Uint8Array,
  {
    mayClose: isTime,
    known,
  }: { readonly mayClose: boolean; readonly known: Uint8Array | "unknown" | undefined },
): "valid" | "missing" | "invalid" {
  if (!isClosing(nextCommittee)) return "valid";
  if (!isTime || known === undefined) return "invalid";
  if (known === "unknown") return "missing";
  return equalBytes(nextCommittee, known) ? "valid" : "invalid";
}
