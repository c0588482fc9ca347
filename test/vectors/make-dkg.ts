// Writes dkg.json: a key made by four seats and handed on to five, computed by the portable back-end from fixed seeds.
// A change in it is a change of the format. Run: node test/vectors/make-dkg.ts

import { writeFileSync } from "node:fs";
import { assert, concatBytes, toHex, u64Bytes, utf8 } from "../../base/index.ts";
import {
  checkDealing,
  combineDealings,
  combineKeyShare,
  type DealingPlan,
  dealingsNeeded,
  epochPublicKey,
  makeDealing,
  nobleSealingGroup,
  openDealing,
  revealShares,
  sha256,
  type SharedKey,
} from "../../crypto/index.ts";

const group = nobleSealingGroup;

interface Holders {
  readonly key: SharedKey;
  readonly keyShares: readonly Uint8Array[];
}

const { vector: made, holders } = hold({ epoch: 0, seats: 4, threshold: 3 }, undefined);
const { vector: handedOn } = hold({ epoch: 1, seats: 5, threshold: 4 }, holders);
const rounds = [made, handedOn];
writeFileSync(
  new URL("dkg.json", import.meta.url),
  `${JSON.stringify({ rounds }, undefined, 1)}\n`,
);

/** The first dealer's share of the last seat is shown to all, as if the seat had not acknowledged it. */
function hold(
  committee: { readonly epoch: number; readonly seats: number; readonly threshold: number },
  from: Holders | undefined,
): { readonly vector: object; readonly holders: Holders } {
  const { epoch, seats, threshold } = committee;
  const round = { chainId: 7_001, keyId: 3, epoch, attempt: epoch };
  const epochSecrets = Array.from({ length: seats }, (_, i) => seedOf(`epoch ${epoch}`, i + 1));
  const plan: DealingPlan = {
    round,
    threshold,
    recipients: epochSecrets.map(epochPublicKey),
    previous: from?.key,
  };
  const parts = Array.from({ length: dealingsNeeded(plan) }, (_, i) => {
    const dealer = i + 1;
    const secrets = { dealer, seed: seedOf("dealer", dealer), keyShare: from?.keyShares[i] };
    const bytes = makeDealing(group, plan, secrets);
    const dealing = checkDealing(group, plan, bytes);
    assert(dealing !== undefined, "an honest dealing is accepted");
    const shares = epochSecrets.map((epochKey, seat) => {
      const share = openDealing(group, plan, dealing, { seat: seat + 1, epochKey });
      assert(share !== undefined, "an honest dealing opens");
      return share;
    });
    const revealed = i === 0 ? revealShares(plan, secrets, [seats]) : [];
    return { secrets, bytes, dealing, shares, revealed };
  });
  const dealings = parts.map(({ dealing }) => dealing);
  const combined = combineDealings(group, plan, parts);
  assert(combined !== undefined, "honest dealings combine");
  const keyShares = epochSecrets.map((_, i) => {
    const shares = parts.map((part) => part.shares[i] ?? new Uint8Array());
    const keyShare = combineKeyShare(plan, dealings, shares);
    assert(keyShare !== undefined, "these shares do not cancel out");
    return keyShare;
  });
  const vector = {
    round,
    threshold,
    epochSecrets: epochSecrets.map(toHex),
    recipients: plan.recipients.map((key) => toHex(key ?? new Uint8Array())),
    dealings: parts.map(({ secrets, bytes, shares, revealed }) => ({
      dealer: secrets.dealer,
      seed: toHex(secrets.seed),
      bytes: toHex(bytes),
      shares: shares.map(toHex),
      revealed: revealed.map(({ seat, share }) => ({ seat, share: toHex(share) })),
    })),
    pk1: toHex(combined.pk1),
    pk2: toHex(combined.pk2),
    verificationKeys: combined.verificationKeys.map(toHex),
    exposed: combined.exposed,
    keyShares: keyShares.map(toHex),
  };
  return { vector, holders: { key: combined, keyShares } };
}

function seedOf(what: string, index: number): Uint8Array {
  return sha256(concatBytes(utf8(`conclave dkg vectors, ${what}`), u64Bytes(index)));
}
