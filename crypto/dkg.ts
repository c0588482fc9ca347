// From dealings to the key of the next committee. A dealing counts when every seat has its share of it: acknowledged, or
// shown by the dealer. The first ones that count, in the order of the log, make the key, so that all come to the same.

import { assert, equalBytes } from "../base/index.ts";
import {
  type Dealing,
  type DealingPlan,
  type DealtShare,
  isDealtShare,
  revealsMax,
  type SharedKey,
} from "./dealing.ts";
import { Fr, fromScalar, isSecretScalar, toScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";
import { lagrangeAtZero } from "./sharing.ts";

/** A dealing with the shares that its dealer has shown, each checked. */
export interface CompleteDealing {
  readonly dealing: Dealing;
  readonly revealed: readonly DealtShare[];
}

/** Complete if the shares that the dealer showed are right, and of exactly the seats that have not acknowledged; of f
 * seats at most. */
export function isComplete(
  group: SealingGroup,
  plan: DealingPlan,
  { dealing, revealed }: CompleteDealing,
  acknowledged: ReadonlySet<number>,
): boolean {
  const missing = plan.recipients.flatMap((_, i) => (acknowledged.has(i + 1) ? [] : [i + 1]));
  return (
    missing.length <= revealsMax(plan) &&
    missing.length === revealed.length &&
    missing.every((seat, i) => revealed[i]?.seat === seat) &&
    revealed.every((shown) => isDealtShare(group, dealing, shown))
  );
}

/** How many complete dealings make a key: as many as it took shares to open under the old one; n - f for a new one. */
export function dealingsNeeded({ previous, threshold }: DealingPlan): number {
  return previous?.threshold ?? threshold;
}

/** The public side of the key that these dealings make, with the seats whose shares all dealers have shown: they have
 * nothing to keep secret. Handing on keeps pk1 and pk2. Undefined when a new key's parts cancel out. */
export function combineDealings(
  group: SealingGroup,
  plan: DealingPlan,
  complete: readonly CompleteDealing[],
): (SharedKey & { readonly exposed: readonly number[] }) | undefined {
  const { previous, threshold, recipients } = plan;
  const dealings = complete.map(({ dealing }) => dealing);
  const weights = weightsOf(plan, dealings);
  const rows = dealings.map(({ commitment }) => commitment);
  const commitment = group.combineG2(weights, rows);
  const [pk2] = commitment;
  const pk1 = previous?.pk1 ?? group.sumG1(dealings.map(({ inG1 }) => inG1 ?? new Uint8Array()));
  assert(pk2 !== undefined, "a commitment has a constant coefficient");
  if (!group.isValidG2(pk2)) return undefined;
  assert(
    previous === undefined || equalBytes(pk2, previous.pk2),
    "shares of a key combine to it, whoever hands them on",
  );
  const seats = recipients.map((_, i) => i + 1);
  const isExposed = (seat: number): boolean =>
    complete.every(({ revealed }) => revealed.some((shown) => shown.seat === seat));
  return {
    pk1,
    pk2,
    threshold,
    verificationKeys: group.evaluateG2(commitment, seats),
    exposed: seats.filter(isExposed),
  };
}

/** A seat's share of the key that these dealings make, from what each dealt to it, in their order. Undefined when the
 * parts cancel out, which nobody can bring about for a seat but those who know its shares. */
export function combineKeyShare(
  plan: DealingPlan,
  dealings: readonly Dealing[],
  shares: readonly Uint8Array[],
): Uint8Array | undefined {
  assert(shares.length === dealings.length, "every dealing has its share");
  const sum = weightsOf(plan, dealings).reduce((total, weight, i) => {
    const [factor, share] = [toScalar(weight), toScalar(shares[i] ?? new Uint8Array())];
    assert(factor !== undefined && share !== undefined, "shares are checked when they are opened");
    return Fr.add(total, Fr.mul(factor, share));
  }, 0n);
  const keyShare = fromScalar(sum);
  return isSecretScalar(keyShare) ? keyShare : undefined;
}

function weightsOf(plan: DealingPlan, dealings: readonly Dealing[]): readonly Uint8Array[] {
  const dealers = dealings.map(({ dealer }) => dealer);
  assert(
    dealers.length === dealingsNeeded(plan) && new Set(dealers).size === dealers.length,
    "so many dealings make a key, each of another dealer",
  );
  return plan.previous === undefined ? dealings.map(() => fromScalar(1n)) : lagrangeAtZero(dealers);
}
