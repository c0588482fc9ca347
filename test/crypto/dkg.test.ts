import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, toHex } from "../../base/index.ts";
import {
  combineShares,
  decryptionShares,
  ephemeralPoint,
  isValidOpening,
  nobleSealingGroup,
  openBatch,
  seal,
  type SealingKey,
  toSealingKey,
  unseal,
} from "../../crypto/index.ts";
import { holdCeremony, type Holders, type Outcome } from "./ceremony.ts";
import { mclSealingGroup as group, randomness } from "./sealing-fixture.ts";

const aad = randomness(40, 1);
const message = randomness(256, 2);

test("a key made by four outlives committees of seven, five and four, whatever some of them do", () => {
  const first = holdCeremony(
    group,
    { epoch: 0, seats: 4 },
    { spoiledBoxes: [[2, 3]], silentDealers: [4] },
  );
  expect(first.qualified).toEqual([1, 2, 3]);
  const key = keyOf(first);
  const sealed = seal(group, key, { message, aad, seed: randomness(32, 3) });
  expect(opened(first, key, sealed)).toEqual(message);

  const second = holdCeremony(
    group,
    { epoch: 1, seats: 7, from: holdersOf(first) },
    { silentSeats: [1, 5], falseDealers: [1] },
  );
  expect(second.dealers).toEqual([2, 3, 4]);
  expect(second.exposed).toEqual([1, 5]);

  const third = holdCeremony(
    group,
    { epoch: 2, seats: 5, from: holdersOf(second) },
    { spoiledBoxes: [[3, 2]], lyingDealers: [3], silentDealers: [6] },
  );
  expect(third.dealers).toEqual([1, 2, 3, 4, 5, 7]);
  expect(third.qualified).toEqual([1, 2, 4, 5, 7]);

  const fourth = holdCeremony(
    group,
    { epoch: 3, seats: 4, from: holdersOf(third) },
    { keylessSeats: [2] },
  );
  expect(fourth.exposed).toEqual([2]);

  for (const outcome of [second, third, fourth]) {
    expect(toHex(keyOf(outcome).pk1)).toBe(toHex(key.pk1));
    expect(toHex(keyOf(outcome).context)).toBe(toHex(key.context));
    expect(opened(outcome, key, sealed)).toEqual(message);
  }
});

test("shares of two epochs do not combine, and those that do not fit are named", () => {
  const old = holdersOf(holdCeremony(group, { epoch: 0, seats: 4 }));
  const outcome = holdCeremony(group, { epoch: 1, seats: 4, from: old });
  const key = keyOf(outcome);
  const sealed = seal(group, key, { message, aad, seed: randomness(32, 3) });
  const points = [ephemeralPoint(sealed)];
  const { keyShares } = holdersOf(outcome);
  const mixed = [old.keyShares[0], ...keyShares.slice(1)].map((share, i) => ({
    seat: i + 1,
    shares: decryptionShares(group, share ?? message, points),
  }));
  const claim = { key, verificationKeys: holdersOf(outcome).key.verificationKeys, threshold: 3 };
  const batch = { ...claim, points, randomness: randomness(16) };
  expect(openBatch(group, { ...batch, rows: mixed.slice(0, 3) })).toEqual({ badSeats: [1] });
  const opening = openBatch(group, { ...batch, rows: mixed });
  expect(opening).toMatchObject({ badSeats: [1] });
  assert("openings" in opening, "three seats of the new epoch open");
  expect(unseal(key, sealed, aad, opening.openings[0] ?? aad)).toEqual(message);
});

test("two committees that are handed one key by the same dealers share nothing but the key", () => {
  const old = holdersOf(holdCeremony(group, { epoch: 0, seats: 4 }));
  const [a, b] = [5, 5].map((seats, i) =>
    holdersOf(holdCeremony(group, { epoch: 1 + i, seats, from: old })),
  );
  expect(toHex(a?.key.pk2 ?? aad)).toBe(toHex(b?.key.pk2 ?? message));
  const shares = [...(a?.keyShares ?? []), ...(b?.keyShares ?? [])].map(toHex);
  expect(new Set(shares).size).toBe(10);
});

test("too few complete dealings make no key", () => {
  const faults = { silentDealers: [1], spoiledBoxes: [[2, 1] as const], lyingDealers: [2] };
  const outcome = holdCeremony(group, { epoch: 0, seats: 4 }, faults);
  expect(outcome.dealers).toEqual([2, 3, 4]);
  expect(outcome.holders).toBeUndefined();
});

test("more silent seats than may be corrupt leave every dealing incomplete", () => {
  const outcome = holdCeremony(group, { epoch: 0, seats: 4 }, { silentSeats: [1, 2] });
  expect(outcome.qualified).toEqual([]);
});

test("any seats of the threshold open to the same, and one less to nothing", () => {
  const from = holdersOf(holdCeremony(group, { epoch: 0, seats: 4 }));
  const outcome = holdCeremony(group, { epoch: 1, seats: 7, from });
  const key = keyOf(outcome);
  const sealed = seal(group, key, { message, aad, seed: randomness(32, 3) });
  const points = [ephemeralPoint(sealed)];
  const rows = holdersOf(outcome).keyShares.map((share) => decryptionShares(group, share, points));
  const open = (seats: readonly number[]): Uint8Array[] | undefined =>
    combineShares(group, { seats, rows: seats.map((seat) => rows[seat - 1] ?? []) });
  const isRight = (seats: readonly number[]): boolean => {
    const openings = open(seats);
    const claim = { pk2: key.pk2, points, openings: openings ?? [], randomness: randomness(16) };
    return isValidOpening(group, claim);
  };
  const seats = [1, 2, 3, 4, 5, 6, 7];
  const enough = fc.shuffledSubarray(seats, { minLength: 5 });
  const tooFew = fc.shuffledSubarray(seats, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(enough, (chosen) => isRight(chosen)),
    { numRuns: 40, seed: 1 },
  );
  fc.assert(
    fc.property(tooFew, (chosen) => !isRight(chosen)),
    { numRuns: 20, seed: 1 },
  );
});

test("whatever one seat of four does in all its roles, the key is handed on", () => {
  const seat = fc.integer({ min: 1, max: 4 });
  const deeds = fc.record({
    culprit: seat,
    isSilentDealer: fc.boolean(),
    spoiled: fc.uniqueArray(seat, { maxLength: 4 }),
    isLying: fc.boolean(),
    isFalse: fc.boolean(),
    isSilentSeat: fc.boolean(),
    isKeyless: fc.boolean(),
  });
  const from = holdersOf(holdCeremony(group, { epoch: 0, seats: 4 }));
  const key = keyOf({ holders: from });
  const sealed = seal(group, key, { message, aad, seed: randomness(32, 3) });
  fc.assert(
    fc.property(deeds, ({ culprit, spoiled, ...deed }) => {
      const when = (does: boolean): number[] => (does ? [culprit] : []);
      const faults = {
        silentDealers: when(deed.isSilentDealer),
        spoiledBoxes: spoiled.map((victim) => [culprit, victim] as const),
        lyingDealers: when(deed.isLying),
        falseDealers: when(deed.isFalse),
        silentSeats: when(deed.isSilentSeat),
        keylessSeats: when(deed.isKeyless),
      };
      const outcome = holdCeremony(group, { epoch: 1, seats: 4, from }, faults);
      expect(opened(outcome, key, sealed)).toEqual(message);
    }),
    { numRuns: 25, seed: 1 },
  );
});

test("both back-ends make the same key of the same seeds", () => {
  const [native, portable] = [group, nobleSealingGroup].map((each) => {
    const from = holdersOf(holdCeremony(each, { epoch: 0, seats: 2 }));
    return holdersOf(holdCeremony(each, { epoch: 1, seats: 3, from }, { silentDealers: [] }));
  });
  expect(portable).toEqual(native);
});

function holdersOf({ holders }: Pick<Outcome, "holders">): Holders {
  assert(holders !== undefined, "the ceremony made a key");
  return holders;
}

function keyOf(outcome: Pick<Outcome, "holders">): SealingKey {
  const { pk1, pk2 } = holdersOf(outcome).key;
  const key = toSealingKey(group, { chainId: 7_001, keyId: 3, pk1, pk2 });
  assert(key !== undefined, "what a ceremony makes is a key");
  return key;
}

/** What the committee reads of it, by the decryption shares of its last seats, each checked by its verification key. */
function opened(outcome: Outcome, key: SealingKey, sealed: Uint8Array): Uint8Array | undefined {
  const { keyShares } = holdersOf(outcome);
  const { verificationKeys, threshold } = holdersOf(outcome).key;
  const points = [ephemeralPoint(sealed)];
  const rows = keyShares
    .map((share, i) => ({ seat: i + 1, shares: decryptionShares(group, share, points) }))
    .toReversed();
  const batch = { key, verificationKeys, threshold, points, randomness: randomness(16) };
  const result = openBatch(group, { ...batch, rows });
  expect(result.badSeats).toEqual([]);
  return "openings" in result
    ? unseal(key, sealed, aad, result.openings[0] ?? new Uint8Array())
    : undefined;
}
