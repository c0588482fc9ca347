import { expect, test } from "vitest";
import { assert, toHex } from "../../base/index.ts";
import {
  checkDealing,
  combineDealings,
  combineKeyShare,
  type DealingPlan,
  epochPublicKey,
  isComplete,
  makeDealing,
  openDealing,
  type SharedKey,
} from "../../crypto/index.ts";
import vectors from "../vectors/dkg.json" with { type: "json" };
import { bytes, groups } from "./sealing-fixture.ts";

type RoundVector = (typeof vectors.rounds)[number];

test.each(groups)("%s deals, opens and combines the vectors byte for byte", (_, group) => {
  let before: RoundVector | undefined;
  for (const each of vectors.rounds) {
    expect(each.epochSecrets.map((secret) => toHex(epochPublicKey(bytes(secret))))).toEqual(
      each.recipients,
    );
    const plan = planOf(each, before);
    const complete = each.dealings.map((part, i) => {
      const keyShare = before && bytes(before.keyShares[i] ?? "");
      const secrets = { dealer: part.dealer, seed: bytes(part.seed), keyShare };
      expect(toHex(makeDealing(group, plan, secrets))).toBe(part.bytes);
      const dealing = checkDealing(group, plan, bytes(part.bytes));
      assert(dealing !== undefined, "the dealings of the vectors are accepted");
      const shares = each.epochSecrets.map((secret, index) =>
        openDealing(group, plan, dealing, { seat: index + 1, epochKey: bytes(secret) }),
      );
      expect(shares.map((share) => share && toHex(share))).toEqual(part.shares);
      const revealed = part.revealed.map(({ seat, share }) => ({ seat, share: bytes(share) }));
      const seats = part.shares.map((_, index) => index + 1);
      const silent = new Set(revealed.map(({ seat }) => seat));
      const acknowledged = new Set(seats.filter((seat) => !silent.has(seat)));
      expect(isComplete(group, plan, { dealing, revealed }, acknowledged)).toBe(true);
      return { dealing, revealed };
    });
    const combined = combineDealings(group, plan, complete);
    assert(combined !== undefined, "the dealings of the vectors combine");
    expect(toHex(combined.pk1)).toBe(each.pk1);
    expect(toHex(combined.pk2)).toBe(each.pk2);
    expect(combined.verificationKeys.map(toHex)).toEqual(each.verificationKeys);
    expect(combined.exposed).toEqual(each.exposed);
    for (const [seat, expected] of each.keyShares.entries()) {
      const dealings = complete.map(({ dealing }) => dealing);
      const shares = each.dealings.map((part) => bytes(part.shares[seat] ?? ""));
      const keyShare = combineKeyShare(plan, dealings, shares);
      assert(keyShare !== undefined, "these shares do not cancel out");
      expect(toHex(keyShare)).toBe(expected);
      expect(toHex(group.multiplyG2(keyShare))).toBe(each.verificationKeys[seat]);
    }
    before = each;
  }
});

function planOf(vector: RoundVector, before: RoundVector | undefined): DealingPlan {
  const { round, threshold, recipients } = vector;
  return {
    round,
    threshold,
    recipients: recipients.map(bytes),
    previous: before && keyOf(before),
  };
}

function keyOf({ pk1, pk2, threshold, verificationKeys }: RoundVector): SharedKey {
  return {
    pk1: bytes(pk1),
    pk2: bytes(pk2),
    threshold,
    verificationKeys: verificationKeys.map(bytes),
  };
}
