import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, concatBytes, toHex } from "../../base/index.ts";
import {
  checkDealing,
  combineDealings,
  type Dealing,
  type DealingPlan,
  dealKeyShares,
  epochPublicKey,
  isComplete,
  isDealtShare,
  isValidEpochKey,
  makeDealing,
  openDealing,
  revealShares,
  type SealingGroup,
} from "../../crypto/index.ts";
import { dealerSeed, epochSecret, planOf } from "./ceremony.ts";
import { compressG1, compressG2, decompress, decompressG2, strayG2, torsion } from "./curve.ts";
import { groups, mclSealingGroup as mcl, randomness } from "./sealing-fixture.ts";

const old = dealKeyShares(mcl, { seats: 4, threshold: 3, entropy: randomness(32, 40) });
const previous = { ...old, threshold: 3 };
const fresh = planOf({ epoch: 0, seats: 4 });
const handOn = planOf({ epoch: 5, seats: 7, previous });
const commitmentAt = 2;

const secretsOf = (dealer: number): Parameters<typeof makeDealing>[2] => ({
  dealer,
  seed: dealerSeed(dealer),
  keyShare: undefined,
});
const handingOn = (dealer: number): Parameters<typeof makeDealing>[2] => ({
  ...secretsOf(dealer),
  keyShare: old.keyShares[dealer - 1],
});
const own = (plan: DealingPlan, seat: number): { seat: number; epochKey: Uint8Array } => ({
  seat,
  epochKey: epochSecret(plan.round.epoch, seat),
});

const freshBytes = makeDealing(mcl, fresh, secretsOf(2));
const handOnBytes = makeDealing(mcl, handOn, handingOn(3));

test.each(groups)(
  "%s: what a dealer makes is accepted, and every seat finds its share",
  (_, group) => {
    for (const [plan, dealer, bytes] of [
      [fresh, 2, freshBytes],
      [handOn, 3, handOnBytes],
    ] as const) {
      const dealing = checked(group, plan, bytes);
      expect(dealing.dealer).toBe(dealer);
      for (const seat of [1, plan.recipients.length]) {
        const share = openDealing(group, plan, dealing, own(plan, seat));
        expect(share).toBeDefined();
        const secrets = plan === fresh ? secretsOf(dealer) : handingOn(dealer);
        expect(revealShares(plan, secrets, [seat])).toEqual([{ seat, share }]);
      }
    }
  },
);

test("a dealing is as long as its layout says", () => {
  expect(freshBytes).toHaveLength(2 + 3 * 96 + 48 + 32 + 4 * 48);
  expect(handOnBytes).toHaveLength(2 + 5 * 96 + 32 + 7 * 48);
});

test("a dealer that restarts deals the same, and in another round nothing of it", () => {
  expect(makeDealing(mcl, handOn, handingOn(3))).toEqual(handOnBytes);
  const again = { ...handOn, round: { ...handOn.round, attempt: 1 } };
  const other = checked(mcl, again, makeDealing(mcl, again, handingOn(3)));
  const first = checked(mcl, handOn, handOnBytes);
  // The constant coefficient is the share that is handed on, in every round.
  const others = new Set(other.commitment.map(toHex));
  const common = new Set(first.commitment.map(toHex).filter((point) => others.has(point)));
  expect([...common]).toEqual([toHex(old.verificationKeys[2] ?? freshBytes)]);
  expect(openDealing(mcl, again, first, own(handOn, 1))).toBeUndefined();
});

test("other recipients, or another threshold, make another polynomial", () => {
  const plans = [
    fresh,
    { ...fresh, recipients: fresh.recipients.toReversed() },
    { ...fresh, recipients: fresh.recipients.with(0, undefined) },
    { ...fresh, threshold: 2 },
  ];
  const constants = plans.map((plan) =>
    toHex(checked(mcl, plan, makeDealing(mcl, plan, secretsOf(2))).commitment[0] ?? freshBytes),
  );
  expect(new Set(constants).size).toBe(plans.length);
});

test("no byte of a dealing can be changed without its seats or everybody seeing it", () => {
  const honest = checked(mcl, handOn, handOnBytes);
  const opens = (dealing: Dealing | undefined, seat: number): boolean =>
    dealing !== undefined && openDealing(mcl, handOn, dealing, own(handOn, seat)) !== undefined;
  expect(opens(honest, 4)).toBe(true);
  const boxesAt = handOnBytes.length - 7 * 48;
  fc.assert(
    fc.property(fc.nat(handOnBytes.length - 1), fc.nat(7), (at, bit) => {
      const bent = checkDealing(mcl, handOn, flip(handOnBytes, at, bit));
      if (at < boxesAt - 32) return bent === undefined;
      const victims = at < boxesAt ? [1, 4, 7] : [Math.floor((at - boxesAt) / 48) + 1];
      return victims.every((seat) => !opens(bent, seat));
    }),
    { numRuns: 120, seed: 1 },
  );
});

test.each(groups)("%s refuses what is too short, too long or no dealing", (_, group) => {
  const lies = [
    new Uint8Array(),
    freshBytes.subarray(0, -1),
    concatBytes(freshBytes, new Uint8Array(1)),
    handOnBytes,
    new Uint8Array(freshBytes.length),
  ];
  for (const bytes of lies) expect(checkDealing(group, fresh, bytes)).toBeUndefined();
});

test.each(groups)("%s refuses the identity and points outside the subgroup", (_, group) => {
  const identity1 = new Uint8Array(48).fill(0xc0, 0, 1);
  const identity2 = new Uint8Array(96).fill(0xc0, 0, 1);
  const inG1At = commitmentAt + 3 * 96;
  const last = handOnBytes.slice(commitmentAt + 4 * 96, commitmentAt + 5 * 96);
  const tainted2 = compressG2(decompressG2(last).add(strayG2));
  for (const point of [identity2, tainted2, compressG2(strayG2)])
    expect(
      checkDealing(group, handOn, put(handOnBytes, commitmentAt + 4 * 96, point)),
    ).toBeUndefined();
  const inG1 = freshBytes.slice(inG1At, inG1At + 48);
  const tainted1 = compressG1(decompress(inG1).add(torsion));
  for (const point of [identity1, tainted1, compressG1(torsion)])
    expect(checkDealing(group, fresh, put(freshBytes, inG1At, point))).toBeUndefined();
  const nothing = put(put(freshBytes, commitmentAt, identity2), inG1At, identity1);
  expect(checkDealing(group, fresh, nothing)).toBeUndefined();
});

test.each(groups)("%s refuses a secret that is not the same in both groups", (_, group) => {
  const other = makeDealing(mcl, fresh, secretsOf(1));
  const inG1At = commitmentAt + 3 * 96;
  const mixed = put(freshBytes, inG1At, other.slice(inG1At, inG1At + 48));
  expect(checkDealing(group, fresh, mixed)).toBeUndefined();
});

test.each(groups)("%s refuses a dealer that hands on something else than its share", (_, group) => {
  const foreign = makeDealing(mcl, handOn, { ...handingOn(3), keyShare: old.keyShares[0] });
  expect(checkDealing(group, handOn, foreign)).toBeUndefined();
  for (const dealer of [0, 5, 0xffff])
    expect(checkDealing(group, handOn, put(handOnBytes, 0, u16(dealer)))).toBeUndefined();
});

test("who gives no epoch key gets an empty box, and nothing else is accepted there", () => {
  const plan = { ...fresh, recipients: fresh.recipients.with(1, undefined) };
  const bytes = makeDealing(mcl, plan, secretsOf(1));
  const dealing = checked(mcl, plan, bytes);
  expect(dealing.boxes[1]).toEqual(new Uint8Array(48));
  expect(openDealing(mcl, plan, dealing, own(plan, 2))).toBeUndefined();
  expect(checkDealing(mcl, plan, flip(bytes, bytes.length - 3 * 48, 0))).toBeUndefined();
});

test("points with which every secret agrees on zeros are no epoch keys", () => {
  const one = Uint8Array.of(1, ...new Uint8Array(31));
  for (const key of [new Uint8Array(32), one, new Uint8Array(31), new Uint8Array()])
    expect(isValidEpochKey(key)).toBe(false);
  expect(isValidEpochKey(epochPublicKey(randomness(32)))).toBe(true);
  const ephemeralAt = freshBytes.length - 4 * 48 - 32;
  const bent = put(freshBytes, ephemeralAt, new Uint8Array(32));
  expect(checkDealing(mcl, fresh, bent)).toBeUndefined();
});

test.each(groups)(
  "%s: a shown share is right for its own seat and dealing alone, and never zero",
  (_, group) => {
    const dealing = checked(mcl, fresh, freshBytes);
    const [shown] = revealShares(fresh, secretsOf(2), [3]);
    assert(shown !== undefined, "one seat is asked for");
    expect(isDealtShare(group, dealing, shown)).toBe(true);
    expect(isDealtShare(group, dealing, { ...shown, seat: 2 })).toBe(false);
    const order = new Uint8Array(32).fill(0xff);
    for (const share of [new Uint8Array(32), new Uint8Array(31), order])
      expect(isDealtShare(group, dealing, { seat: 3, share })).toBe(false);
    const point = decompressG2(dealing.commitment[0] ?? freshBytes);
    const vanishing = [compressG2(point), compressG2(point.negate())];
    expect(
      isDealtShare(group, { commitment: vanishing }, { seat: 1, share: new Uint8Array(32) }),
    ).toBe(false);
  },
);

test("a dealing is complete when exactly those who did not acknowledge were shown their shares", () => {
  const dealing = checked(mcl, handOn, handOnBytes);
  const revealed = revealShares(handOn, handingOn(3), [2, 6]);
  const isWhole = (shown: typeof revealed, silent: readonly number[]): boolean => {
    const seats = [1, 2, 3, 4, 5, 6, 7].filter((seat) => !silent.includes(seat));
    return isComplete(mcl, handOn, { dealing, revealed: shown }, new Set(seats));
  };
  expect(isWhole(revealed, [2, 6])).toBe(true);
  expect(isWhole([], [])).toBe(true);
  expect(isWhole(revealed, [2])).toBe(false);
  expect(isWhole(revealed, [2, 6, 7])).toBe(false);
  expect(isWhole(revealed.toReversed(), [2, 6])).toBe(false);
  expect(isWhole(revealed.slice(1), [2, 6])).toBe(false);
  const [first] = revealed;
  assert(first !== undefined, "two are shown");
  expect(isWhole([first, first], [2, 6])).toBe(false);
  expect(
    isWhole([{ ...first, share: first.share.toReversed() }, ...revealed.slice(1)], [2, 6]),
  ).toBe(false);
  expect(() => revealShares(handOn, handingOn(3), [1, 2, 3])).toThrow("more than f shares");
});

test("parts of a new key that cancel out make none", () => {
  const plan = planOf({ epoch: 0, seats: 2 });
  const [a, b] = [1, 2].map((dealer) =>
    checked(mcl, plan, makeDealing(mcl, plan, secretsOf(dealer))),
  );
  assert(a !== undefined && b !== undefined, "both deal");
  const negated = (point: Uint8Array): Uint8Array => compressG2(decompressG2(point).negate());
  const inG1 = compressG1(decompress(a.inG1 ?? freshBytes).negate());
  const mirror = { ...b, inG1, commitment: a.commitment.map(negated) };
  const combine = (second: Dealing): unknown =>
    combineDealings(
      mcl,
      plan,
      [a, second].map((dealing) => ({ dealing, revealed: [] })),
    );
  expect(combine(mirror)).toBeUndefined();
  expect(combine(b)).toMatchObject({ threshold: 2, exposed: [] });
});

test.each(groups)("%s: bytes from outside never throw", (_, group) => {
  const noise = fc.uint8Array({ maxLength: freshBytes.length });
  const numRuns = group === mcl ? 200 : 10;
  fc.assert(
    fc.property(noise, (bytes) => checkDealing(group, fresh, bytes) === undefined),
    { numRuns, seed: 1 },
  );
});

function checked(group: SealingGroup, plan: DealingPlan, bytes: Uint8Array): Dealing {
  const dealing = checkDealing(group, plan, bytes);
  assert(dealing !== undefined, "an honest dealing is accepted");
  return dealing;
}

function flip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));
}

function put(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const bent = bytes.slice();
  bent.set(part, at);
  return bent;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
