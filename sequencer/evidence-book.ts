import { assert, concatBytes, toHex, u64Bytes, type Write } from "../base/index.ts";
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
 * most: one is enough to slash it, and a liar must not fill the disks of the others. Nobody here knows how long a stake
 * stays bonded, so earlier epochs' evidence stays until there is too much of all.
 */
export class EvidenceBook {
  readonly #kept = new Map<string, Set<string>>();
  /** All of them, of the earliest epoch first. */
  readonly #keys: Uint8Array[];

  /** `keys` are those that stand in `spaces.evidence`, ascending. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = [...keys];
    for (const key of keys) this.#lies(key).add(toHex(key));
  }

  /** What keeps it and makes room for it; nothing when there is enough of this validator. */
  keep(evidence: Evidence): Write[] {
    const key = evidenceKey(evidence);
    const lies = this.#lies(key);
    if (lies.has(toHex(key)) || lies.size >= limits.evidencePerOffenderMax) return [];
    lies.add(toHex(key));
    this.#keys.push(key);
    const writes: Write[] = [{ space: spaces.evidence, key, value: encodeEvidence(evidence) }];
    while (this.#keys.length > limits.evidenceMax) writes.push(this.#forgetFirst());
    return writes;
  }

  #forgetFirst(): Write {
    const key = this.#keys.shift();
    assert(key !== undefined, "what is over its bound is not empty");
    this.#lies(key).delete(toHex(key));
    return { space: spaces.evidence, key, value: undefined };
  }

  #lies(key: Uint8Array): Set<string> {
    const offender = toHex(key.subarray(0, offenderBytes));
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
