import { concatBytes, u64Bytes, type Write } from "../base/index.ts";
import {
  encodeEvidence,
  type Evidence,
  lieOf,
  limits,
  offenderOf,
  spaces,
} from "../protocol/index.ts";

/** The first ten bytes of a key: epoch and offender. */
const offenderBytes = 10;

/**
 * Which lies are on disk already. One piece of evidence for each lie, and so many lies of one validator in one epoch at
 * most: one is enough to slash it, and a liar must not fill the disks of the others.
 */
export class EvidenceBook {
  readonly #kept = new Map<string, Set<string>>();

  /** `keys` are those that stand in `spaces.evidence`. */
  constructor(keys: readonly Uint8Array[]) {
    for (const key of keys) this.#lies(key).add(key.join());
  }

  /** What keeps it, or undefined when there is enough. */
  keep(evidence: Evidence): Write | undefined {
    const key = evidenceKey(evidence);
    const lies = this.#lies(key);
    if (lies.has(key.join()) || lies.size >= limits.evidencePerOffenderMax) return undefined;
    lies.add(key.join());
    return { space: spaces.evidence, key, value: encodeEvidence(evidence) };
  }

  #lies(key: Uint8Array): Set<string> {
    const offender = key.subarray(0, offenderBytes).join();
    const lies = this.#kept.get(offender) ?? new Set<string>();
    this.#kept.set(offender, lies);
    return lies;
  }
}

/** By epoch, offender, kind and slot. */
export function evidenceKey(evidence: Evidence): Uint8Array {
  const { epoch, offender } = offenderOf(evidence);
  const { kind, slot } = lieOf(evidence);
  const middle = Uint8Array.of(offender >> 8, offender & 0xff, kind);
  return concatBytes(u64Bytes(epoch), middle, u64Bytes(slot));
}
