// The keys of a committee at work. While a key is being replaced a block may hold ciphertexts of both: each point comes
// under the id of its key, is worked on with its like, and the answers go back to where they belong.

import {
  areValidOpenings,
  type BatchOpening,
  decryptionShares,
  fromKeyedPoint,
  openBatches,
  type SealingGroup,
  type SealingKey,
  type ShareBatch,
  toSealingKey,
  weightBytesLength,
} from "../../crypto/index.ts";
import { assert, CodedError, type Random } from "../../base/index.ts";
import { type Committee, keysOf, quorum } from "../../protocol/index.ts";
import type { OpeningClaim } from "./jobs.ts";

/** A node's parts of its committee's keys: 32 bytes each, secret. */
export type KeyShares = readonly { readonly keyId: number; readonly share: Uint8Array }[];

interface Opener {
  readonly key: SealingKey;
  /** By seat, from seat 1. */
  readonly verificationKeys: readonly Uint8Array[];
}

/** Points of one of several lists, under one key: where they stand in it, and what they are without the key's id. */
interface Part {
  readonly of: number;
  readonly places: readonly number[];
  readonly points: readonly Uint8Array[];
}

export function shareOf(keyShares: KeyShares, keyId: number): Uint8Array | undefined {
  return keyShares.find((each) => each.keyId === keyId)?.share;
}

export class Openers {
  readonly #tools: { readonly group: SealingGroup; readonly random: Random };
  readonly #threshold: number;
  readonly #keyShares: KeyShares;
  readonly #openers: readonly Opener[];

  /** Throws `CodedError` BAD_SEALING_KEY when a key of the committee is none. */
  constructor(tools: {
    readonly group: SealingGroup;
    readonly random: Random;
    readonly chainId: number;
    readonly committee: Committee;
    readonly keyShares: KeyShares;
  }) {
    const { group, chainId, committee, keyShares } = tools;
    this.#tools = tools;
    this.#threshold = quorum(committee.members.length);
    this.#keyShares = keyShares;
    this.#openers = keysOf(committee).map(({ verificationKeys, ...source }) => {
      const key = toSealingKey(group, { chainId, ...source });
      if (key !== undefined) return { key, verificationKeys };
      throw new CodedError("BAD_SEALING_KEY", "the sealing key of the committee is no key");
    });
  }

  keyOf(keyId: number): SealingKey | undefined {
    return this.#openers.find(({ key }) => key.keyId === keyId)?.key;
  }

  shares(points: readonly Uint8Array[]): readonly Uint8Array[] {
    const { group } = this.#tools;
    const shares = points.map((): Uint8Array => new Uint8Array(0));
    for (const [{ keyId }, [part]] of this.#parts([points])) {
      const keyShare = shareOf(this.#keyShares, keyId);
      assert(keyShare !== undefined, "only a seat has decryption shares to give");
      if (part === undefined) continue;
      for (const [i, share] of decryptionShares(group, keyShare, part.points).entries())
        shares[part.places[i] ?? 0] = share;
    }
    return shares;
  }

  open(batches: readonly ShareBatch[]): readonly BatchOpening[] {
    const { group } = this.#tools;
    const openings = batches.map(({ points }) => points.map((): Uint8Array => new Uint8Array(0)));
    const badSeats = batches.map(() => new Set<number>());
    const isShort = batches.map(() => false);
    for (const [{ key, verificationKeys }, parts] of this.#parts(batches.map((b) => b.points))) {
      const results = openBatches(group, {
        key,
        verificationKeys,
        threshold: this.#threshold,
        batches: parts.map((part) => ({ points: part.points, rows: rowsOf(batches, part) })),
        randomness: this.#randomness(parts),
      });
      for (const [i, { of, places }] of parts.entries()) {
        const result = results[i] ?? { badSeats: [] };
        for (const seat of result.badSeats) badSeats[of]?.add(seat);
        if (!("openings" in result)) isShort[of] = true;
        else for (const [j, at] of places.entries()) put(openings[of], at, result.openings[j]);
      }
    }
    return batches.map((_, i) => {
      const bad = { badSeats: [...(badSeats[i] ?? [])] };
      return isShort[i] === true ? bad : { openings: openings[i] ?? [], ...bad };
    });
  }

  check(claims: readonly OpeningClaim[]): readonly boolean[] {
    const { group } = this.#tools;
    const areValid = claims.map(({ points, openings }) => points.length === openings.length);
    for (const [{ key }, parts] of this.#parts(claims.map(({ points }) => points))) {
      const answers = areValidOpenings(group, {
        pk2: key.pk2,
        claims: parts.map(({ of, places, points }) => ({
          points,
          openings: places.map((at) => claims[of]?.openings[at] ?? new Uint8Array(0)),
        })),
        randomness: this.#randomness(parts),
      });
      for (const [i, { of }] of parts.entries())
        areValid[of] = areValid[of] === true && answers[i] === true;
    }
    return areValid;
  }

  /** For each key that occurs its points, list by list. */
  #parts(
    lists: readonly (readonly Uint8Array[])[],
  ): readonly (readonly [Opener & { keyId: number }, readonly Part[]])[] {
    const keyed = lists.map((points) => points.map(fromKeyedPoint));
    const known = new Set(this.#openers.map(({ key }) => key.keyId));
    assert(
      keyed.flat().every(({ keyId }) => known.has(keyId)),
      "nothing is ordered that is sealed to none of the keys",
    );
    return this.#openers.flatMap((opener) => {
      const { keyId } = opener.key;
      const parts = keyed.flatMap((points, of) => {
        const places = points.flatMap((each, at) => (each.keyId === keyId ? [at] : []));
        if (places.length === 0) return [];
        const own = points.flatMap((each) => (each.keyId === keyId ? [each.point] : []));
        return [{ of, places, points: own }];
      });
      return parts.length === 0 ? [] : [[{ ...opener, keyId }, parts] as const];
    });
  }

  #randomness(parts: readonly Part[]): Uint8Array {
    const count = parts.reduce((sum, { points }) => sum + points.length, 0);
    return this.#tools.random.bytes(count * weightBytesLength);
  }
}

function rowsOf(batches: readonly ShareBatch[], { of, places }: Part): ShareBatch["rows"] {
  const { rows = [], points = [] } = batches[of] ?? {};
  return rows.map(({ seat, shares }) => ({
    seat,
    shares: shares.length === points.length ? places.flatMap((at) => shares[at] ?? []) : [],
  }));
}

function put<T>(list: T[] | undefined, at: number, item: T | undefined): void {
  if (list !== undefined && item !== undefined) list[at] = item;
}
