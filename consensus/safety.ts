// All that a validator must never forget, and the rules that make forks impossible (docs/protocol.md).
// Monotone numbers in place of sets: nothing to collect, nothing to interpret after a crash.

import { assert, decode, encode, equalBytes, u64Bytes, type Write } from "../base/index.ts";
import { Epoch, spaces, View, zeroHash } from "../protocol/index.ts";

/** The last view in which this validator signed each kind of vote; view 0 is before the first. */
export interface SafetyState {
  readonly epoch: Epoch;
  readonly lastPrepare: View;
  /** What was prepared in `lastPrepare`, so that exactly this vote can be sent again. 32 bytes. */
  readonly prepareHash: Uint8Array;
  readonly lastCommit: View;
  readonly lastSkip: View;
}

export function initialSafety(epoch: Epoch): SafetyState {
  return {
    epoch,
    lastPrepare: View(0),
    prepareHash: zeroHash,
    lastCommit: View(0),
    lastSkip: View(0),
  };
}

/** S1: one PREPARE per view, and none in a view that was voted on in another way. */
export function mayPrepare(state: SafetyState, view: View): boolean {
  return view > state.lastPrepare && view > state.lastCommit && view > state.lastSkip;
}

/** S2: strictly ascending, and never in or below a view that was skipped. */
export function mayCommit(state: SafetyState, view: View): boolean {
  return view > state.lastCommit && view > state.lastSkip;
}

/**
 * S5: only the current view, and never one with a COMMIT. It may be below the last SKIP: a crash can keep the promise of a
 * SKIP and lose the certificate by which its view was entered. No COMMIT can follow in it, since that is above every SKIP.
 */
export function maySkip(state: SafetyState, view: View, current: View): boolean {
  return view === current && view > state.lastCommit;
}

export function prepared(state: SafetyState, view: View, hash: Uint8Array): SafetyState {
  assert(mayPrepare(state, view), "S1: a view is prepared once");
  return { ...state, lastPrepare: view, prepareHash: hash };
}

export function committed(state: SafetyState, view: View): SafetyState {
  assert(mayCommit(state, view), "S2: commits ascend and follow no skip");
  return { ...state, lastCommit: view };
}

export function skipped(state: SafetyState, view: View): SafetyState {
  assert(view > state.lastCommit && view > state.lastSkip, "S5: no skip after a commit");
  return { ...state, lastSkip: view };
}

/**
 * All that two records of one key forbid. Undefined when they contradict each other: then the key has signed two blocks
 * in one view, and no record can make it honest again.
 */
export function mergeSafety(a: SafetyState, b: SafetyState): SafetyState | undefined {
  assert(a.epoch === b.epoch, "votes of one epoch do not bind in another");
  const [earlier, later] = a.lastPrepare <= b.lastPrepare ? [a, b] : [b, a];
  const isSameView = earlier.lastPrepare === later.lastPrepare;
  if (isSameView && !equalBytes(earlier.prepareHash, later.prepareHash)) return undefined;
  return {
    ...later,
    lastCommit: View(Math.max(a.lastCommit, b.lastCommit)),
    lastSkip: View(Math.max(a.lastSkip, b.lastSkip)),
  };
}

/** The one record of the safety state; overwritten, hence bounded. */
export function safetyKey(epoch: Epoch): Uint8Array {
  return u64Bytes(epoch);
}

export function writeSafety(state: SafetyState): Write {
  return { space: spaces.safety, key: safetyKey(state.epoch), value: encodeSafety(state) };
}

export function encodeSafety(state: SafetyState): Uint8Array {
  return encode(state, (writer, value) =>
    writer
      .u64(value.epoch)
      .u64(value.lastPrepare)
      .fixed(value.prepareHash, 32)
      .u64(value.lastCommit)
      .u64(value.lastSkip),
  );
}

/** Undefined when the record is damaged: such a validator must not vote. */
export function decodeSafety(bytes: Uint8Array): SafetyState | undefined {
  return decode(bytes, (reader) => ({
    epoch: Epoch(reader.u64()),
    lastPrepare: View(reader.u64()),
    prepareHash: reader.fixed(32),
    lastCommit: View(reader.u64()),
    lastSkip: View(reader.u64()),
  }));
}
