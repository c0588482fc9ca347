import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import {
  areValidOpenings,
  areValidShares,
  type BatchOpening,
  combineShares,
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  g1Compressed,
  isValidOpening,
  isValidSeal,
  nobleSealingGroup,
  openBatch,
  openBatches,
  seal,
  type SealingGroup,
  sha256,
  type ShareRow,
  toSealingKey,
  unseal,
} from "../../crypto/index.ts";
import { Fr, fromScalar, hashToScalar } from "../../crypto/scalar.ts";
import { domain } from "../../crypto/sealing-key.ts";
import { affineG1, compressG1, decompress, torsion } from "./curve.ts";
import {
  bytes,
  groups,
  key,
  keyShares,
  mclSealingGroup,
  randomness,
  vectors,
  verificationKeys,
} from "./sealing-fixture.ts";

const points = vectors.cases.map(({ ciphertext }) => ephemeralPoint(bytes(ciphertext)));
const openings = vectors.cases.map(({ opening }) => bytes(opening));
const rows = keyShares.map((_, seat) =>
  vectors.cases.map(({ shares }) => bytes(shares[seat] ?? "")),
);
const weights = randomness(16 * points.length);
const threshold = 3;
const empty = new Uint8Array();

const inSeats = (rows: readonly (readonly Uint8Array[])[]): ShareRow[] =>
  rows.map((shares, index) => ({ seat: index + 1, shares }));

function open(group: SealingGroup, rows: readonly ShareRow[]): BatchOpening {
  return openBatch(group, { key, verificationKeys, threshold, points, rows, randomness: weights });
}

/** The rows with one share of one seat replaced. */
function spoil(seat: number, share: Uint8Array): ShareRow[] {
  return inSeats(rows).map((row) =>
    row.seat === seat ? { seat, shares: row.shares.with(1, share) } : row,
  );
}

test.each(groups)("%s computes the shares and the openings of the vectors", (_, group) => {
  for (const [index, keyShare] of keyShares.entries())
    expect(decryptionShares(group, keyShare, points).map(toHex)).toEqual(rows[index]?.map(toHex));
  const combined = combineShares(group, { seats: [4, 1, 3], rows: pick([3, 0, 2]) });
  expect(combined?.map(toHex)).toEqual(openings.map(toHex));
  const claim = { pk2: key.pk2, points, openings, randomness: weights };
  expect(isValidOpening(group, claim)).toBe(true);
});

test.each(groups)("%s opens a batch from the first rows that are enough", (_, group) => {
  expect(open(group, inSeats(rows))).toEqual({ openings, badSeats: [] });
  expect(open(group, inSeats(rows).slice(1))).toEqual({ openings, badSeats: [] });
  expect(open(group, inSeats(rows).slice(2))).toEqual({ badSeats: [] });
});

/** The first point, and all others: two batches. */
const cuts = [
  [0, 1],
  [1, points.length],
] as const;

test.each(groups)(
  "%s opens batches together, and finds the liar in the one it spoils",
  (_, group) => {
    const batches = cuts.map(([start, end]) => ({
      points: points.slice(start, end),
      rows: inSeats(rows).map(({ seat, shares }) => ({ seat, shares: shares.slice(start, end) })),
    }));
    const input = { key, verificationKeys, threshold, randomness: weights };
    const expected = cuts.map((cut) => openings.slice(...cut));
    expect(openBatches(group, { ...input, batches })).toEqual(
      expected.map((each) => ({ openings: each, badSeats: [] })),
    );
    const [first, second] = batches as [(typeof batches)[0], (typeof batches)[0]];
    const lying = second.rows.with(1, { seat: 2, shares: second.rows[0]?.shares ?? [] });
    expect(openBatches(group, { ...input, batches: [first, { ...second, rows: lying }] })).toEqual([
      { openings: expected[0], badSeats: [] },
      { openings: expected[1], badSeats: [2] },
    ]);
    const few = { ...second, rows: second.rows.slice(2) };
    expect(openBatches(group, { ...input, batches: [first, few] })).toEqual([
      { openings: expected[0], badSeats: [] },
      { badSeats: [] },
    ]);
  },
);

test.each(groups)("%s checks claims together, and tells which of them lies", (_, group) => {
  const honest = cuts.map((cut) => ({
    points: points.slice(...cut),
    openings: openings.slice(...cut),
  }));
  const [first, second] = honest as [(typeof honest)[0], (typeof honest)[0]];
  const check = (claims: typeof honest): boolean[] =>
    areValidOpenings(group, { pk2: key.pk2, claims, randomness: weights });
  expect(check(honest)).toEqual([true, true]);
  const swapped = { ...second, openings: second.openings.toReversed() };
  expect(check([first, swapped])).toEqual([true, false]);
  // Right over both, and wrong in each: an opening too few here, and one too many there.
  const shifted = [
    { ...first, openings: [] },
    { ...second, openings },
  ];
  expect(check(shifted)).toEqual([false, false]);
});

test.each(groups)("%s opens an empty batch to nothing", (_, group) => {
  const claim = { pk2: key.pk2, points: [], openings: [], randomness: new Uint8Array() };
  expect(isValidOpening(group, claim)).toBe(true);
});

test.each(groups)(
  "%s names the seat whose share is another point, and opens without it",
  (_, group) => {
    const foreign = rows[0]?.[0] ?? new Uint8Array();
    expect(open(group, spoil(2, foreign))).toEqual({ openings, badSeats: [2] });
    expect(open(group, spoil(2, foreign).slice(0, 3))).toEqual({ badSeats: [2] });
  },
);

test.each(groups)(
  "%s names the seat whose share is no point of the subgroup, or no point",
  (_, group) => {
    const honest = decompress(
      nobleSealingGroup.multiply(keyShares[1] ?? weights, points[1] ?? weights),
    );
    const tainted = affineG1(honest.add(torsion));
    const beyondField = new Uint8Array(96).fill(0xff);
    const identity = new Uint8Array(96).fill(0x40, 0, 1);
    for (const bad of [
      tainted,
      affineG1(torsion),
      beyondField,
      identity,
      new Uint8Array(96),
      new Uint8Array(48),
    ])
      expect(open(group, spoil(2, bad)), toHex(bad.subarray(0, 4))).toEqual({
        openings,
        badSeats: [2],
      });
  },
);

test.each(groups)(
  "%s names a seat with too many or too few shares, or someone else's row",
  (_, group) => {
    const [first, second] = inSeats(rows);
    const honest = inSeats(rows).slice(2);
    const shares = first?.shares ?? [];
    const lies = [
      shares.slice(1),
      [...shares, ...shares],
      [],
      second?.shares ?? [],
      shares.toReversed(),
    ];
    for (const shares of lies) {
      const lying = [{ seat: 1, shares }, ...inSeats(rows).slice(1, 2), ...honest];
      expect(open(group, lying)).toEqual({ openings, badSeats: [1] });
    }
  },
);

test("more liars than there are seats to spare leave the batch closed, all of them named", () => {
  const foreign = rows[0]?.[0] ?? new Uint8Array();
  const lying = spoil(1, foreign).map((row) =>
    row.seat === 4 ? { seat: 4, shares: rows[1] ?? [] } : row,
  );
  const first = open(mclSealingGroup, lying);
  expect(first).toEqual({ badSeats: [1, 4] });
});

test.each([
  ["noble", nobleSealingGroup, 6],
  ["mcl", mclSealingGroup, 80],
] as const)(
  "%s: no row of bytes from outside throws or opens to something else",
  (_, group, numRuns) => {
    const honest = rows[0] ?? [];
    const flipped = fc.record({ at: fc.nat(95), bit: fc.nat(7), share: fc.nat(honest.length - 1) });
    const nearlyHonest = flipped.map(({ at, bit, share }) => {
      const bytes = honest[share]?.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));
      return honest.with(share, bytes ?? weights);
    });
    const noise = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: points.length + 1 });
    fc.assert(
      fc.property(fc.oneof(nearlyHonest, noise), (shares) => {
        const lying = [{ seat: 1, shares }, ...inSeats(rows).slice(1)];
        expect(open(group, lying)).toEqual({ openings, badSeats: [1] });
      }),
      { numRuns, seed: 1 },
    );
  },
);

test("openings whose errors cancel out over the batch are refused", () => {
  // One is off by +P and another by -P: without weights of our own choice their sum would be right.
  const base = decompress(nobleSealingGroup.multiplyG1(new Uint8Array(32).fill(7)));
  const wrong = openings.map((opening, index) => {
    const point = decompress(opening);
    if (index === 0) return compressG1(point.add(base));
    return index === 1 ? compressG1(point.subtract(base)) : opening;
  });
  for (const [, group] of groups) {
    const claim = { pk2: key.pk2, points, openings: wrong, randomness: weights };
    expect(isValidOpening(group, claim)).toBe(false);
  }
});

test.each(groups)("%s refuses an opening that only pairings would accept", (_, group) => {
  const tainted = openings.map((opening, index) =>
    index === 1 ? compressG1(decompress(opening).add(torsion)) : opening,
  );
  // The weight of the second point is a multiple of 3, so that the foreign part is gone from the sum.
  const kind = weights.map((byte, index) => (index >= 16 && index < 32 ? 0 : byte));
  kind[31] = 3;
  const claim = { pk2: key.pk2, points, randomness: kind };
  expect(isValidOpening(group, { ...claim, openings })).toBe(true);
  expect(isValidOpening(group, { ...claim, openings: tainted })).toBe(false);
});

test.each(groups)("%s refuses openings in other numbers, orders and forms", (_, group) => {
  const identity = new Uint8Array(48).fill(0xc0, 0, 1);
  const affine = openings.map((opening) => affineG1(decompress(opening)));
  const lies = [
    openings.slice(1),
    [...openings, ...openings],
    openings.toReversed(),
    openings.with(0, identity),
    openings.with(0, points[0] ?? identity),
    openings.with(2, new Uint8Array()),
    affine,
  ];
  for (const openings of lies)
    expect(isValidOpening(group, { pk2: key.pk2, points, openings, randomness: weights })).toBe(
      false,
    );
});

test.each(groups)("%s: a row is valid under its own seat's key alone", (_, group) => {
  const claim = { points, shares: rows[2] ?? [], randomness: weights };
  const answers = verificationKeys.map((verificationKey) =>
    areValidShares(group, { ...claim, verificationKey }),
  );
  expect(answers).toEqual([false, false, true, false]);
});

/** Why a share accuses nobody, whatever it is a share of: docs/contracts.md. */
test("whoever has one share of a seat for its own seal makes that seat's share of any other it seals", () => {
  const [ordered, unordered] = [8, 9].map((number) => {
    const message = randomness(128, number);
    const aad = randomness(40, number);
    const seed = randomness(32, number);
    const ciphertext = seal(mclSealingGroup, key, { message, aad, seed });
    // r, as its sender knows it.
    const secret = hashToScalar(domain("r"), seed, key.context, sha256(aad), sha256(message));
    return { ciphertext, aad, secret };
  });
  if (ordered === undefined || unordered === undefined) throw new Error("there are two");
  const point = ephemeralPoint(unordered.ciphertext);
  expect(isValidSeal(mclSealingGroup, key, unordered.ciphertext, unordered.aad)).toBe(true);
  for (const [seat, keyShare] of keyShares.entries()) {
    // What any combiner was sent when the first was final.
    const [given = empty] = decryptionShares(mclSealingGroup, keyShare, [
      ephemeralPoint(ordered.ciphertext),
    ]);
    const ratio = fromScalar(Fr.div(unordered.secret, ordered.secret));
    const shares = decryptionShares(mclSealingGroup, ratio, [g1Compressed(given) ?? empty]);
    expect(shares).toEqual(decryptionShares(mclSealingGroup, keyShare, [point]));
    const verificationKey = verificationKeys[seat] ?? empty;
    const claim = { verificationKey, points: [point], shares, randomness: randomness(16) };
    expect(areValidShares(mclSealingGroup, claim)).toBe(true);
  }
});

test.each(groups)("%s lets a key share multiply nothing but points of the subgroup", (_, group) => {
  const keyShare = keyShares[0] ?? new Uint8Array();
  const tainted = compressG1(decompress(points[0] ?? keyShare).add(torsion));
  for (const point of [tainted, compressG1(torsion), new Uint8Array(48).fill(0xc0, 0, 1)])
    expect(() => decryptionShares(group, keyShare, [point])).toThrow("valid points only");
});

test("keys that do not belong together stop us instead of blaming the honest", () => {
  const shifted = [...verificationKeys.slice(1), ...verificationKeys.slice(0, 1)];
  const batch = { key, threshold, points, rows: inSeats(rows), randomness: weights };
  const entropy = new Uint8Array(32).fill(9);
  const foreign = dealKeyShares(mclSealingGroup, { seats: 1, threshold: 1, entropy });
  const mixed = { ...batch, key: { ...key, pk2: foreign.pk2 }, verificationKeys };
  expect(() => openBatch(mclSealingGroup, mixed)).toThrow("unless the keys do not belong together");
  expect(openBatch(mclSealingGroup, { ...batch, verificationKeys: shifted })).toEqual({
    openings,
    badSeats: [],
  });
});

test("any threshold of seats, in any order, opens to the same", () => {
  const seats = 7;
  const threshold = 5;
  const dealt = dealKeyShares(mclSealingGroup, { seats, threshold, entropy: randomness(32, 5) });
  const source = { chainId: 1, keyId: 0, pk1: dealt.pk1, pk2: dealt.pk2 };
  const key = toSealingKey(mclSealingGroup, source);
  expect(key).toBeDefined();
  if (key === undefined) return;
  const message = randomness(256, 6);
  const sealed = seal(mclSealingGroup, key, { message, aad: message, seed: randomness(32, 7) });
  const points = [ephemeralPoint(sealed)];
  const rows = dealt.keyShares.map((keyShare) =>
    decryptionShares(mclSealingGroup, keyShare, points),
  );
  const allSeats = rows.map((_, index) => index + 1);
  const rowsOf = (seats: readonly number[]): Uint8Array[][] =>
    seats.map((seat) => rows[seat - 1] ?? []);
  const expected = combineShares(mclSealingGroup, { seats: allSeats, rows })?.map(toHex);
  const subset = fc.shuffledSubarray(allSeats, { minLength: threshold });
  fc.assert(
    fc.property(subset, (seats) => {
      const opened = combineShares(mclSealingGroup, { seats, rows: rowsOf(seats) });
      expect(opened?.map(toHex)).toEqual(expected);
      expect(unseal(key, sealed, message, opened?.[0] ?? message)).toEqual(message);
    }),
    { numRuns: 60, seed: 1 },
  );
  const tooFew = fc.shuffledSubarray(allSeats, { minLength: 1, maxLength: threshold - 1 });
  fc.assert(
    fc.property(tooFew, (seats) => {
      const opened = combineShares(mclSealingGroup, { seats, rows: rowsOf(seats) });
      expect(opened?.map(toHex)).not.toEqual(expected);
      expect(unseal(key, sealed, message, opened?.[0] ?? message)).toBeUndefined();
    }),
    { numRuns: 30, seed: 1 },
  );
});

test("a batch larger than one call into WebAssembly opens like a small one", () => {
  const count = 1_030;
  const many = Array.from({ length: count }, (_, i) => points[i % points.length] ?? weights);
  const expected = many.map((_, i) => openings[i % openings.length] ?? weights);
  const rows = [1, 2, 3].map((seat) => ({
    seat,
    shares: many.map((_, i) => bytes(vectors.cases[i % points.length]?.shares[seat - 1] ?? "")),
  }));
  const batch = { key, verificationKeys, threshold, points: many, rows };
  const opened = openBatch(mclSealingGroup, { ...batch, randomness: randomness(16 * count) });
  expect(opened).toEqual({ openings: expected, badSeats: [] });
});

function pick(indices: readonly number[]): (readonly Uint8Array[])[] {
  return indices.map((index) => rows[index] ?? []);
}
