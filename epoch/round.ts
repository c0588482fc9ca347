// What the things said in an attempt amount to. Each of these is a pure function of the attempt, made for a worker: at 64
// seats the verdict takes more than a second.

import { assert } from "../base/index.ts";
import {
  checkDealing,
  combineDealings,
  combineKeyShare,
  type CompleteDealing,
  type Dealing,
  type DealingPlan,
  dealingsNeeded,
  isComplete,
  isValidEpochKey,
  openDealing,
  revealsMax,
  type SealingGroup,
  type SharedKey,
} from "../crypto/index.ts";
import { type Committee, keysOf, quorum } from "../protocol/index.ts";
import type { Attempt } from "./attempt.ts";

/** The key that an attempt has made. */
export interface Verdict {
  readonly keyId: number;
  readonly key: SharedKey;
  /** Dealers whose dealings it is made of, in the order of the chain. */
  readonly qualified: readonly number[];
  /** Seats whose share everybody has seen. */
  readonly exposed: readonly number[];
}

/** What a dealer needs to know, once the epoch keys are in. A key that the outgoing committee does not have is new. */
export function planOf(
  attempt: Attempt,
  outgoing: { readonly chainId: number; readonly committee: Committee },
): DealingPlan {
  const { chainId, committee } = outgoing;
  const { epoch, number, keyId, members, keys } = attempt;
  const previous = sharedKeyOf(committee, keyId);
  const keyOf = (seat: number): Uint8Array | undefined => {
    const epochKey = keys.find((each) => each.seat === seat)?.epochKey;
    return epochKey !== undefined && isValidEpochKey(epochKey) ? epochKey : undefined;
  };
  return {
    round: { chainId, keyId, epoch, attempt: number },
    threshold: quorum(members.length),
    recipients: members.map((_, index) => keyOf(index + 1)),
    previous,
  };
}

function sharedKeyOf(committee: Committee, keyId: number): SharedKey | undefined {
  const held = keysOf(committee).find((each) => each.keyId === keyId);
  if (held === undefined) return undefined;
  const { pk1, pk2, verificationKeys } = held;
  return { pk1, pk2, verificationKeys, threshold: quorum(committee.members.length) };
}

/** The dealers whose dealing is one and whose box for this seat holds what it should: what the seat acknowledges. */
export function openableDealers(
  group: SealingGroup,
  plan: DealingPlan,
  attempt: Attempt,
  own: { readonly seat: number; readonly epochKey: Uint8Array },
): number[] {
  return attempt.dealings
    .flatMap(({ dealer }) => {
      const dealing = dealingOf(group, plan, attempt, dealer);
      return dealing && openDealing(group, plan, dealing, own) ? [dealer] : [];
    })
    .sort((a, b) => a - b);
}

/** Seats that a dealer must show the shares of, ascending; undefined when they are more than may be shown. */
export function seatsToReveal(
  plan: DealingPlan,
  attempt: Attempt,
  dealer: number,
): number[] | undefined {
  const acknowledged = acknowledgedTo(plan, attempt, dealer);
  const missing = plan.recipients.flatMap((_, i) => (acknowledged.has(i + 1) ? [] : [i + 1]));
  return missing.length > revealsMax(plan) ? undefined : missing;
}

/** What came of the attempt, after its last message: a key, or undefined for none. */
export function judge(
  group: SealingGroup,
  plan: DealingPlan,
  attempt: Attempt,
): Verdict | undefined {
  const complete = completeDealings(group, plan, attempt);
  if (complete === undefined) return undefined;
  const combined = combineDealings(group, plan, complete);
  if (combined === undefined) return undefined;
  const { exposed, ...key } = combined;
  const qualified = complete.map(({ dealing }) => dealing.dealer);
  return { keyId: plan.round.keyId, key, qualified, exposed };
}

/** This seat's share of the key that came of the attempt: from its boxes, and where a share was shown, from that.
 * Undefined when the epoch key is not the one that the seat was dealt to under. */
export function ownKeyShare(
  group: SealingGroup,
  plan: DealingPlan,
  attempt: Attempt,
  own: { readonly seat: number; readonly epochKey: Uint8Array; readonly verdict: Verdict },
): Uint8Array | undefined {
  const { seat, verdict } = own;
  const dealings: Dealing[] = [];
  const shares: Uint8Array[] = [];
  for (const dealer of verdict.qualified) {
    const dealing = dealingOf(group, plan, attempt, dealer);
    assert(dealing !== undefined, "what qualified was checked");
    const shown = shownBy(attempt, dealer).find((each) => each.seat === seat)?.share;
    const share = shown ?? openDealing(group, plan, dealing, own);
    if (share === undefined) return undefined;
    dealings.push(dealing);
    shares.push(share);
  }
  return combineKeyShare(plan, dealings, shares);
}

/** As many as make a key, the first in the order of the chain; undefined when there are not so many. */
function completeDealings(
  group: SealingGroup,
  plan: DealingPlan,
  attempt: Attempt,
): CompleteDealing[] | undefined {
  const complete: CompleteDealing[] = [];
  for (const { dealer } of attempt.dealings) {
    // Cheap to see, and the most frequent reason: whoever deals what nobody can open does not get so far as points.
    if (seatsToReveal(plan, attempt, dealer) === undefined) continue;
    const dealing = dealingOf(group, plan, attempt, dealer);
    if (dealing === undefined) continue;
    const candidate = { dealing, revealed: shownBy(attempt, dealer) };
    const acknowledged = acknowledgedTo(plan, attempt, dealer);
    if (isComplete(group, plan, candidate, acknowledged)) complete.push(candidate);
    if (complete.length === dealingsNeeded(plan)) return complete;
  }
  return undefined;
}

function dealingOf(
  group: SealingGroup,
  plan: DealingPlan,
  attempt: Attempt,
  dealer: number,
): Dealing | undefined {
  const bytes = attempt.dealings.find((each) => each.dealer === dealer)?.bytes;
  const dealing = bytes && checkDealing(group, plan, bytes);
  // Who signed the transaction is who deals.
  return dealing?.dealer === dealer ? dealing : undefined;
}

/** Who has no epoch key has no box to find right, whatever it says. */
function acknowledgedTo(plan: DealingPlan, attempt: Attempt, dealer: number): Set<number> {
  return new Set(
    attempt.acks.flatMap(({ seat, dealers }) =>
      plan.recipients[seat - 1] !== undefined && dealers.includes(dealer) ? [seat] : [],
    ),
  );
}

function shownBy(attempt: Attempt, dealer: number): CompleteDealing["revealed"] {
  return attempt.reveals.find((each) => each.dealer === dealer)?.shares ?? [];
}
