// Opening what was sealed: every seat multiplies the ciphertexts' points by its share of the secret, any `threshold` of
// them combine into the openings K = sk*U, and two pairings tell for a whole batch whether they are right. Nothing is
// proven per decryption share; only when the result is wrong is each seat's row checked, and the culprits named.

import { assert } from "../base/index.ts";
import type { SealingGroup } from "./sealing-group.ts";
import type { SealingKey } from "./sealing-key.ts";
import { lagrangeAtZero } from "./sharing.ts";

/** Bytes of randomness per point: an error passes with probability 2^-128. */
export const weightBytesLength = 16;

const decryptionShareBytesLength = 96;

/** One seat's decryption shares (96 bytes each) for the points of a batch, in their order. Seats count from 1. */
export interface ShareRow {
  readonly seat: number;
  readonly shares: readonly Uint8Array[];
}

/** `keyShare * U` for each, 96 bytes. Deterministic, so nothing needs to be remembered to send them again. The points
 * are those of valid ciphertexts; another is our own mistake, and stops us, because it would leak the key share. */
export function decryptionShares(
  group: SealingGroup,
  keyShare: Uint8Array,
  points: readonly Uint8Array[],
): Uint8Array[] {
  return group.multiplyAll(keyShare, points);
}

/** The openings, 48 bytes each, if every share is right: it does not check them. Undefined when rows differ in length or
 * hold what is not on the curve. */
export function combineShares(
  group: SealingGroup,
  input: {
    readonly seats: readonly number[];
    readonly rows: readonly (readonly Uint8Array[])[];
  },
): Uint8Array[] | undefined {
  const { seats, rows } = input;
  assert(seats.length > 0 && seats.length === rows.length, "every row has its seat");
  if (rows.some((row) => row.length !== rows[0]?.length)) return undefined;
  return group.combine(lagrangeAtZero(seats), rows);
}

/** That each opening is the one and only K of its point: every one in the subgroup, and all of them by two pairings. */
export function isValidOpening(
  group: SealingGroup,
  claim: {
    readonly pk2: Uint8Array;
    readonly points: readonly Uint8Array[];
    readonly openings: readonly Uint8Array[];
    /** 16 bytes per point from a secure generator, drawn after the openings have arrived. */
    readonly randomness: Uint8Array;
  },
): boolean {
  const { pk2, points, openings, randomness } = claim;
  return areMultiples(group, { factor: pk2, points, multiples: openings, length: 48, randomness });
}

/** The same for the row of one seat, by its verification key `keyShare * g2` (96 bytes). */
export function areValidShares(
  group: SealingGroup,
  claim: {
    readonly verificationKey: Uint8Array;
    readonly points: readonly Uint8Array[];
    readonly shares: readonly Uint8Array[];
    readonly randomness: Uint8Array;
  },
): boolean {
  const { verificationKey, points, shares, randomness } = claim;
  const length = decryptionShareBytesLength;
  return areMultiples(group, {
    factor: verificationKey,
    points,
    multiples: shares,
    length,
    randomness,
  });
}

/** Openings, or not enough good rows yet; and in either case the seats whose rows are provably wrong. */
export type BatchOpening =
  | { readonly openings: readonly Uint8Array[]; readonly badSeats: readonly number[] }
  | { readonly badSeats: readonly number[] };

/** Combines the first `threshold` rows and verifies the result; if it is wrong, drops the seats that lied and tries
 * again with the rest. One seat's lie costs everybody one check per row, once. */
export function openBatch(
  group: SealingGroup,
  batch: {
    readonly key: SealingKey;
    /** By seat, from seat 1. */
    readonly verificationKeys: readonly Uint8Array[];
    readonly threshold: number;
    readonly points: readonly Uint8Array[];
    /** At most one per seat. */
    readonly rows: readonly ShareRow[];
    /** 16 bytes per point from a secure generator, drawn after the rows have arrived. */
    readonly randomness: Uint8Array;
  },
): BatchOpening {
  const { key, threshold, points, rows, randomness } = batch;
  const badSeats: number[] = [];
  let candidates = rows;
  while (candidates.length >= threshold) {
    const chosen = candidates.slice(0, threshold);
    const openings = combineFirst(group, chosen, threshold);
    if (
      openings !== undefined &&
      isValidOpening(group, { pk2: key.pk2, points, openings, randomness })
    )
      return { openings, badSeats };
    const liars = chosen.filter((row) => !isValidRow(group, batch, row)).map(({ seat }) => seat);
    assert(
      liars.length > 0,
      "rows that verify combine to what verifies, unless the keys do not belong together",
    );
    badSeats.push(...liars);
    candidates = candidates.filter(({ seat }) => !liars.includes(seat));
  }
  return { badSeats };
}

/** What one batch holds: a block's ciphertexts, or a slice of them. */
export interface ShareBatch {
  readonly points: readonly Uint8Array[];
  /** At most one per seat. */
  readonly rows: readonly ShareRow[];
}

/**
 * `openBatch` for several batches, which share one check: two pairings for all of them instead of two for each. Only
 * when it fails is every batch looked at by itself.
 */
export function openBatches(
  group: SealingGroup,
  input: {
    readonly key: SealingKey;
    readonly verificationKeys: readonly Uint8Array[];
    readonly threshold: number;
    readonly batches: readonly ShareBatch[];
    /** 16 bytes per point of all batches, in their order, drawn after the rows have arrived. */
    readonly randomness: Uint8Array;
  },
): BatchOpening[] {
  const { key, threshold, batches, randomness } = input;
  const parts = split(batches, randomness);
  if (batches.length > 1) {
    const combined = batches.map(({ points, rows }) => {
      const openings = combineFirst(group, rows, threshold);
      // Of the right length each, or one batch's excess could make up for another's lack.
      return openings?.length === points.length ? openings : undefined;
    });
    const complete = combined.filter((openings) => openings !== undefined);
    const claim = {
      pk2: key.pk2,
      points: batches.flatMap(({ points }) => points),
      openings: complete.flat(),
      randomness,
    };
    if (complete.length === batches.length && isValidOpening(group, claim))
      return complete.map((openings) => ({ openings, badSeats: [] }));
  }
  return batches.map((batch, i) =>
    openBatch(group, { ...input, ...batch, randomness: parts[i] ?? new Uint8Array() }),
  );
}

/** Which of several claims are right, each as a whole; one check for all of them if none lies. */
export function areValidOpenings(
  group: SealingGroup,
  input: {
    readonly pk2: Uint8Array;
    readonly claims: readonly {
      readonly points: readonly Uint8Array[];
      readonly openings: readonly Uint8Array[];
    }[];
    /** 16 bytes per point of all claims, in their order, drawn after the openings have arrived. */
    readonly randomness: Uint8Array;
  },
): boolean[] {
  const { pk2, claims, randomness } = input;
  const points = claims.flatMap((claim) => claim.points);
  const openings = claims.flatMap((claim) => claim.openings);
  // As above.
  const isAligned = claims.every((claim) => claim.points.length === claim.openings.length);
  if (
    claims.length > 1 &&
    isAligned &&
    isValidOpening(group, { pk2, points, openings, randomness })
  )
    return claims.map(() => true);
  const parts = split(claims, randomness);
  return claims.map((claim, i) =>
    isValidOpening(group, { pk2, ...claim, randomness: parts[i] ?? new Uint8Array() }),
  );
}

/** To each its part of the randomness. */
function split(
  parts: readonly { readonly points: readonly unknown[] }[],
  randomness: Uint8Array,
): Uint8Array[] {
  let at = 0;
  return parts.map(({ points }) => {
    const start = at;
    at += points.length * weightBytesLength;
    return randomness.subarray(start, at);
  });
}

/** Unverified; undefined when the rows are too few, or not all of them points. */
function combineFirst(
  group: SealingGroup,
  rows: readonly ShareRow[],
  threshold: number,
): Uint8Array[] | undefined {
  if (rows.length < threshold) return undefined;
  const chosen = rows.slice(0, threshold);
  return combineShares(group, {
    seats: chosen.map(({ seat }) => seat),
    rows: chosen.map(({ shares }) => shares),
  });
}

function isValidRow(
  group: SealingGroup,
  batch: {
    readonly verificationKeys: readonly Uint8Array[];
    readonly points: readonly Uint8Array[];
    readonly randomness: Uint8Array;
  },
  { seat, shares }: ShareRow,
): boolean {
  const { verificationKeys, points, randomness } = batch;
  const verificationKey = verificationKeys[seat - 1];
  assert(verificationKey !== undefined, "every seat has a verification key");
  return areValidShares(group, { verificationKey, points, shares, randomness });
}

function areMultiples(
  group: SealingGroup,
  claim: {
    readonly factor: Uint8Array;
    readonly points: readonly Uint8Array[];
    readonly multiples: readonly Uint8Array[];
    readonly length: number;
    readonly randomness: Uint8Array;
  },
): boolean {
  const { factor, points, multiples, length, randomness } = claim;
  assert(randomness.length === points.length * weightBytesLength, "every point has its randomness");
  if (multiples.length !== points.length) return false;
  if (multiples.some((multiple) => multiple.length !== length)) return false;
  const weights = points.map((_, i) =>
    randomness.subarray(i * weightBytesLength, (i + 1) * weightBytesLength),
  );
  return group.areMultiples({ factor, points, multiples, weights });
}
