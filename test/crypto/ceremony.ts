// One round of making or handing on a key, among seats in one process: who deals, who finds its box right, what the
// dealers then show, and what comes of it. Faults are named by who commits them.

import { assert } from "../../base/index.ts";
import {
  checkDealing,
  combineDealings,
  combineKeyShare,
  type CompleteDealing,
  type Dealing,
  type DealingPlan,
  dealingsNeeded,
  epochPublicKey,
  isComplete,
  makeDealing,
  openDealing,
  revealShares,
  type SealingGroup,
  type SharedKey,
} from "../../crypto/index.ts";
import { randomness } from "./sealing-fixture.ts";

/** A committee with the shares of its seats. */
export interface Holders {
  readonly key: SharedKey;
  readonly keyShares: readonly Uint8Array[];
}

export interface Faults {
  readonly silentDealers?: readonly number[];
  /** Dealer and seat. */
  readonly spoiledBoxes?: readonly (readonly [number, number])[];
  /** Seats that acknowledge nobody. */
  readonly silentSeats?: readonly number[];
  /** Seats that give no epoch key, and so can acknowledge nobody. */
  readonly keylessSeats?: readonly number[];
  /** Dealers that show another share than they have committed to. */
  readonly lyingDealers?: readonly number[];
  /** Dealers that hand on something else than their share. */
  readonly falseDealers?: readonly number[];
}

export interface Outcome {
  /** Dealings that everybody accepted, before acknowledgements. */
  readonly dealers: readonly number[];
  /** Dealers of the complete ones that made the key. */
  readonly qualified: readonly number[];
  readonly exposed: readonly number[];
  readonly holders: Holders | undefined;
}

/** The secret half of a seat's epoch key. */
export function epochSecret(epoch: number, seat: number): Uint8Array {
  return randomness(32, 16 * epoch + seat);
}

export function dealerSeed(dealer: number): Uint8Array {
  return randomness(32, 200 + dealer);
}

export function planOf(parts: {
  readonly epoch: number;
  readonly seats: number;
  readonly previous?: SharedKey | undefined;
  readonly keylessSeats?: readonly number[] | undefined;
}): DealingPlan {
  const { epoch, seats, previous, keylessSeats = [] } = parts;
  return {
    round: { chainId: 7_001, keyId: 3, epoch, attempt: 0 },
    threshold: seats - Math.floor((seats - 1) / 3),
    recipients: Array.from({ length: seats }, (_, i) =>
      keylessSeats.includes(i + 1) ? undefined : epochPublicKey(epochSecret(epoch, i + 1)),
    ),
    previous,
  };
}

/** A ceremony for the committee of `seats` seats, dealt to by the holders, or by itself when there are none. */
export function holdCeremony(
  group: SealingGroup,
  input: { readonly epoch: number; readonly seats: number; readonly from?: Holders | undefined },
  faults: Faults = {},
): Outcome {
  const { epoch, seats, from } = input;
  const plan = planOf({ epoch, seats, previous: from?.key, keylessSeats: faults.keylessSeats });
  const dealers = (from?.keyShares ?? plan.recipients).map((_, i) => i + 1);
  const secretsOf = (dealer: number): Parameters<typeof makeDealing>[2] => {
    const isFalse = faults.falseDealers?.includes(dealer) === true;
    const keyShare = isFalse ? randomness(32, 255).fill(0, 0, 1) : from?.keyShares[dealer - 1];
    return { dealer, seed: dealerSeed(dealer), keyShare };
  };
  const dealings = dealers
    .filter((dealer) => faults.silentDealers?.includes(dealer) !== true)
    .map((dealer) => spoil(plan, makeDealing(group, plan, secretsOf(dealer)), { dealer, faults }))
    .map((bytes) => checkDealing(group, plan, bytes))
    .filter((dealing) => dealing !== undefined);
  const complete = dealings.flatMap((dealing) => {
    const acknowledged = acknowledge(group, plan, dealing, { epoch, faults });
    const missing = plan.recipients.flatMap((_, i) => (acknowledged.has(i + 1) ? [] : [i + 1]));
    if (missing.length > seats - plan.threshold) return [];
    const isLie = faults.lyingDealers?.includes(dealing.dealer) === true;
    const revealed = revealShares(plan, secretsOf(dealing.dealer), missing).map(
      ({ seat, share }) => ({ seat, share: isLie ? randomness(32, 9).fill(0, 0, 1) : share }),
    );
    const candidate = { dealing, revealed };
    return isComplete(group, plan, candidate, acknowledged) ? [candidate] : [];
  });
  const chosen = complete.slice(0, dealingsNeeded(plan));
  const isEnough = chosen.length === dealingsNeeded(plan);
  const combined = isEnough ? combineDealings(group, plan, chosen) : undefined;
  const keyShares = plan.recipients.map((_, i) =>
    shareOf(group, plan, chosen, { seat: i + 1, epoch, isEnough }),
  );
  return {
    dealers: dealings.map(({ dealer }) => dealer),
    qualified: chosen.map(({ dealing }) => dealing.dealer),
    exposed: combined?.exposed ?? [],
    holders: combined && { key: combined, keyShares },
  };
}

function spoil(
  plan: DealingPlan,
  bytes: Uint8Array,
  { dealer, faults }: { readonly dealer: number; readonly faults: Faults },
): Uint8Array {
  const boxesAt = bytes.length - 48 * plan.recipients.length;
  for (const [culprit, seat] of faults.spoiledBoxes ?? [])
    if (culprit === dealer) bytes.fill(0xab, boxesAt + 48 * (seat - 1), boxesAt + 48 * seat);
  return bytes;
}

function acknowledge(
  group: SealingGroup,
  plan: DealingPlan,
  dealing: Dealing,
  { epoch, faults }: { readonly epoch: number; readonly faults: Faults },
): Set<number> {
  const seats = plan.recipients.flatMap((recipient, i) =>
    recipient === undefined || faults.silentSeats?.includes(i + 1) === true ? [] : [i + 1],
  );
  const isRight = (seat: number): boolean => {
    const own = { seat, epochKey: epochSecret(epoch, seat) };
    return openDealing(group, plan, dealing, own) !== undefined;
  };
  return new Set(seats.filter(isRight));
}

/** From the box, or, where the dealer had to show it, from what everybody saw. */
function shareOf(
  group: SealingGroup,
  plan: DealingPlan,
  chosen: readonly CompleteDealing[],
  { seat, epoch, isEnough }: { readonly seat: number; epoch: number; isEnough: boolean },
): Uint8Array {
  if (!isEnough) return new Uint8Array(32);
  const shares = chosen.map(({ dealing, revealed }) => {
    const own = { seat, epochKey: epochSecret(epoch, seat) };
    const shown = revealed.find((each) => each.seat === seat)?.share;
    const share = shown ?? openDealing(group, plan, dealing, own);
    assert(share !== undefined, "every seat has its share of a complete dealing");
    return share;
  });
  const dealings = chosen.map(({ dealing }) => dealing);
  const keyShare = combineKeyShare(plan, dealings, shares);
  assert(keyShare !== undefined, "the shares of these seeds do not cancel out");
  return keyShare;
}
