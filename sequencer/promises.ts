// All that binds this validator's keys, read off a store and written onto another: the votes of consensus by epoch, the
// checkpoints attested, the count of starts. Promises are only ever added; two records of one key are merged by maximum.

import {
  CodedError,
  decode,
  equalBytes,
  type Store,
  u64Bytes,
  utf8,
  type Write,
} from "../base/index.ts";
import {
  decodeSafety,
  encodeSafety,
  mergeSafety,
  safetyKey,
  type SafetyState,
} from "../consensus/index.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, spaces } from "../protocol/index.ts";

export interface Promises {
  readonly incarnation: number;
  /** Ascending by epoch, one for each in which this validator voted. */
  readonly safety: readonly SafetyState[];
  /** Ascending by height: the last ones signed. */
  readonly attested: readonly Checkpoint[];
}

/** The spaces that hold them. All others can be had again from the rest of the committee. */
export const promiseSpaces: readonly string[] = [spaces.safety, spaces.attested, spaces.signer];

export const incarnationKey: Uint8Array = utf8("incarnation");

/** Fails with `SAFETY_DAMAGED` when a record cannot be read: such a key must not sign. */
export async function readPromises(store: Store): Promise<Promises> {
  const incarnation = await store.get(spaces.signer, incarnationKey);
  const safety = await store.range(spaces.safety);
  const attested = await store.range(spaces.attested);
  return {
    incarnation: incarnation === undefined ? 0 : decodeIncarnation(incarnation),
    safety: safety.map(({ value }) => decodeSafety(value) ?? damaged("votes")),
    attested: attested.map(({ value }) => decodeCheckpoint(value) ?? damaged("checkpoints")),
  };
}

/** Fails with `SAFETY_CONTRADICTION` when the two say that the key has signed what must not be signed together. */
export function mergePromises(a: Promises, b: Promises): Promises {
  const safety = new Map(a.safety.map((state) => [state.epoch, state]));
  for (const state of b.safety) {
    const other = safety.get(state.epoch);
    const merged = other === undefined ? state : mergeSafety(other, state);
    safety.set(state.epoch, merged ?? contradicted(`epoch ${state.epoch}`));
  }
  const attested = new Map(a.attested.map((checkpoint) => [checkpoint.height, checkpoint]));
  for (const checkpoint of b.attested) {
    const other = attested.get(checkpoint.height);
    if (other !== undefined && !equalBytes(encodeCheckpoint(other), encodeCheckpoint(checkpoint)))
      contradicted(`height ${checkpoint.height}`);
    attested.set(checkpoint.height, checkpoint);
  }
  return {
    incarnation: Math.max(a.incarnation, b.incarnation),
    safety: [...safety.values()].sort((x, y) => x.epoch - y.epoch),
    attested: [...attested.values()].sort((x, y) => x.height - y.height),
  };
}

/** Records that say all of it, over whatever stood there. */
export function writePromises({ incarnation, safety, attested }: Promises): Write[] {
  return [
    { space: spaces.signer, key: incarnationKey, value: u64Bytes(incarnation) },
    ...safety.map((state) => ({
      space: spaces.safety,
      key: safetyKey(state.epoch),
      value: encodeSafety(state),
    })),
    ...attested.map((checkpoint) => ({
      space: spaces.attested,
      key: u64Bytes(checkpoint.height),
      value: encodeCheckpoint(checkpoint),
    })),
  ];
}

export const nothingPromised: Promises = { incarnation: 0, safety: [], attested: [] };

export function decodeIncarnation(bytes: Uint8Array): number {
  return decode(bytes, (reader) => reader.u64()) ?? damaged("starts");
}

function damaged(what: string): never {
  throw new CodedError(
    "SAFETY_DAMAGED",
    `the record of the ${what} of this validator is damaged; import a file exported from it, and do not sign without`,
  );
}

function contradicted(where: string): never {
  throw new CodedError(
    "SAFETY_CONTRADICTION",
    `this key has signed two things in ${where} that exclude each other: retire it, its stake can be slashed`,
  );
}
