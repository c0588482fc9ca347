// One dealer's part in making a key that nobody knows (joint Feldman), or in handing its share of one on to the next
// committee (Desmedt and Jajodia): a polynomial, committed to in public, and its value at every seat in a box that the
// seat alone can open. Only in exponents is anything checked in public: who finds its box wrong does not acknowledge it,
// and the dealer must then show that share to everybody. Integers are big-endian.
//
//   u16 dealer || C_0 .. C_{t-1} (96 each, in G2) || [A = p(0)*g1 (48), for a new key] || ephemeral key (32)
//     || a box for each seat (48 each)

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { assert, concatBytes, decode, equalBytes, Writer } from "../base/index.ts";
import { agreedSecret, epochPublicKey, isValidEpochKey } from "./epoch-key.ts";
import { sha256 } from "./hash.ts";
import { Fr, fromScalar, isSecretScalar, toInteger, toSecretScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";
import { domain, holdOneSecret } from "./sealing-key.ts";
import { evaluatePolynomial } from "./sharing.ts";

/** One attempt at a key for an epoch. No two have the same name, so that no box of one can stand in another. */
export interface Round {
  readonly chainId: number;
  readonly keyId: number;
  readonly epoch: number;
  readonly attempt: number;
}

/** What everybody knows before the first dealing of a round. */
export interface DealingPlan {
  readonly round: Round;
  /** Seats of the incoming committee that will open together, n - f of them. */
  readonly threshold: number;
  /** The incoming committee's epoch keys by seat, from seat 1; undefined where none was given, or none that is valid. */
  readonly recipients: readonly (Uint8Array | undefined)[];
  /** The key whose shares are handed on; undefined for a new key, to which every recipient deals a part. */
  readonly previous: SharedKey | undefined;
}

/** The public side of a key that a committee shares. */
export interface SharedKey {
  readonly pk1: Uint8Array;
  readonly pk2: Uint8Array;
  /** By seat, from seat 1, 96 bytes each. */
  readonly verificationKeys: readonly Uint8Array[];
  readonly threshold: number;
}

/** The coefficients of a secret polynomial times g2, from the constant one up; 96 bytes each. */
export type PolynomialCommitment = readonly Uint8Array[];

export interface Dealing {
  /** Seat of the dealer: in the outgoing committee, or, for a new key, in the incoming. */
  readonly dealer: number;
  readonly commitment: PolynomialCommitment;
  /** `p(0)*g1`, 48 bytes; undefined when an old key is handed on. */
  readonly inG1: Uint8Array | undefined;
  readonly ephemeralKey: Uint8Array;
  /** By seat, from seat 1; zeros for who has no epoch key. */
  readonly boxes: readonly Uint8Array[];
}

/** A dealer's secrets. All that it deals follows from them and the plan, so that nothing is to be remembered. */
export interface DealerSecrets {
  readonly dealer: number;
  /** 32 random bytes that the node keeps for life. */
  readonly seed: Uint8Array;
  /** Its share of the key that is handed on; undefined for a new key. */
  readonly keyShare: Uint8Array | undefined;
}

const boxBytesLength = 48;
const emptyBox = new Uint8Array(boxBytesLength);
/** The key of a box is used once. */
const nonce = new Uint8Array(12);

/** The bytes that the dealer sends: the same after every restart. */
export function makeDealing(
  group: SealingGroup,
  plan: DealingPlan,
  secrets: DealerSecrets,
): Uint8Array {
  const { recipients } = plan;
  const { dealer } = secrets;
  const coefficients = coefficientsOf(plan, secrets);
  const ephemeral = derive("dkg/ephemeral", plan, secrets, { length: 32 });
  const ephemeralKey = epochPublicKey(ephemeral);
  const writer = new Writer().u16(dealer);
  for (const coefficient of coefficients)
    writer.fixed(group.multiplyG2(fromScalar(coefficient)), 96);
  const [secret] = coefficients;
  assert(secret !== undefined, "a polynomial has a constant coefficient");
  if (plan.previous === undefined) writer.fixed(group.multiplyG1(fromScalar(secret)), 48);
  writer.fixed(ephemeralKey, 32);
  for (const [index, recipient] of recipients.entries()) {
    const place = { round: plan.round, dealer, seat: index + 1, ephemeralKey };
    const cipher = recipient && boxCipher(agreedSecret(ephemeral, recipient), place);
    const share = fromScalar(evaluatePolynomial(coefficients, BigInt(place.seat)));
    writer.fixed(cipher?.encrypt(share) ?? emptyBox, boxBytesLength);
  }
  return writer.finish();
}

/** What everybody can check: undefined unless the bytes are a dealing that fits the plan. Whether the boxes hold what
 * they should only their owners see. About a millisecond for each coefficient. */
export function checkDealing(
  group: SealingGroup,
  plan: DealingPlan,
  bytes: Uint8Array,
): Dealing | undefined {
  const dealing = decodeDealing(plan, bytes);
  if (dealing === undefined) return undefined;
  const { dealer, commitment, inG1, ephemeralKey, boxes } = dealing;
  const [constant] = commitment;
  const { previous, recipients } = plan;
  const handedOn = previous?.verificationKeys[dealer - 1];
  if (constant === undefined || dealer < 1 || dealer > dealersOf(plan)) return undefined;
  if (previous !== undefined && !(handedOn && equalBytes(constant, handedOn))) return undefined;
  if (!isValidEpochKey(ephemeralKey)) return undefined;
  if (boxes.some((box, i) => recipients[i] === undefined && !equalBytes(box, emptyBox)))
    return undefined;
  if (!commitment.every((point) => group.isValidG2(point))) return undefined;
  if (previous === undefined && !(inG1 && holdOneSecret(group, inG1, constant))) return undefined;
  return dealing;
}

/** The share in the box of a seat, 32 bytes; undefined when the dealer did not put in what it has committed to, which
 * the seat then does not acknowledge. The dealing must have been checked. */
export function openDealing(
  group: SealingGroup,
  plan: DealingPlan,
  dealing: Dealing,
  own: { readonly seat: number; readonly epochKey: Uint8Array },
): Uint8Array | undefined {
  const { seat, epochKey } = own;
  const { dealer, ephemeralKey } = dealing;
  const box = dealing.boxes[seat - 1];
  const agreed = agreedSecret(epochKey, ephemeralKey);
  const cipher = boxCipher(agreed, { round: plan.round, dealer, seat, ephemeralKey });
  if (box === undefined || cipher === undefined) return undefined;
  let share: Uint8Array;
  try {
    share = cipher.decrypt(box);
  } catch {
    return undefined;
  }
  return isDealtShare(group, dealing, { seat, share }) ? share : undefined;
}

/** What a seat is dealt. */
export interface DealtShare {
  readonly seat: number;
  /** 32 bytes: a scalar other than zero. */
  readonly share: Uint8Array;
}

/** The shares that the dealer must show to everybody, because their seats have not acknowledged them. */
export function revealShares(
  plan: DealingPlan,
  secrets: DealerSecrets,
  seats: readonly number[],
): DealtShare[] {
  assert(seats.length <= revealsMax(plan), "more than f shares in the open would be half a key");
  const coefficients = coefficientsOf(plan, secrets);
  return seats.map((seat) => ({
    seat,
    share: fromScalar(evaluatePolynomial(coefficients, BigInt(seat))),
  }));
}

/** Whether it is what the dealer committed to for this seat. Zero is nobody's share: it could not be told from none. */
export function isDealtShare(
  group: SealingGroup,
  { commitment }: Pick<Dealing, "commitment">,
  { seat, share }: DealtShare,
): boolean {
  if (!isSecretScalar(share)) return false;
  const [expected] = group.evaluateG2(commitment, [seat]);
  return expected !== undefined && equalBytes(group.multiplyG2(share), expected);
}

/** How many seats may deal. */
export function dealersOf({ previous, recipients }: DealingPlan): number {
  return previous?.verificationKeys.length ?? recipients.length;
}

/** How many shares of one dealing may be shown: with as many corrupt seats they stay below the threshold. */
export function revealsMax({ threshold, recipients }: DealingPlan): number {
  return recipients.length - threshold;
}

/** 22 bytes. */
export function roundId({ chainId, keyId, epoch, attempt }: Round): Uint8Array {
  return new Writer().u64(chainId).u32(keyId).u64(epoch).u16(attempt).finish();
}

function decodeDealing(plan: DealingPlan, bytes: Uint8Array): Dealing | undefined {
  return decode(bytes, (reader) => ({
    dealer: reader.u16(),
    commitment: Array.from({ length: plan.threshold }, () => reader.fixed(96)),
    inG1: plan.previous === undefined ? reader.fixed(48) : undefined,
    ephemeralKey: reader.fixed(32),
    boxes: plan.recipients.map(() => reader.fixed(boxBytesLength)),
  }));
}

function coefficientsOf(plan: DealingPlan, secrets: DealerSecrets): bigint[] {
  const { keyShare } = secrets;
  assert(
    (keyShare === undefined) === (plan.previous === undefined),
    "who hands on a key deals its share of it, and who makes one deals something new",
  );
  return Array.from({ length: plan.threshold }, (_, degree) => {
    if (degree === 0 && keyShare !== undefined) return toSecretScalar(keyShare);
    // 48 bytes, reduced: the bias is below 2^-128.
    const wide = derive("dkg/coefficient", plan, secrets, { degree, length: 48 });
    return Fr.create(toInteger(wide));
  });
}

/** Bound to all that the plan says: two polynomials that shared coefficients would give each other away. */
function derive(
  purpose: "dkg/coefficient" | "dkg/ephemeral",
  plan: DealingPlan,
  { dealer, seed }: DealerSecrets,
  { degree = 0, length }: { readonly degree?: number; readonly length: number },
): Uint8Array {
  assert(seed.length === 32, "a dealer's seed has 32 bytes");
  const place = new Writer().u16(dealer).u16(degree).finish();
  const info = concatBytes(roundId(plan.round), planDigest(plan), place);
  return hkdf(nobleSha256, seed, domain(purpose), info, length);
}

function planDigest({ threshold, recipients, previous }: DealingPlan): Uint8Array {
  const writer = new Writer().u16(threshold).flag(previous === undefined);
  writer.list(recipients, 0xffff, (w, key) => w.optional(key, (v, bytes) => v.fixed(bytes, 32)));
  return sha256(domain("dkg/recipients"), writer.finish());
}

function boxCipher(
  agreed: Uint8Array | undefined,
  place: {
    readonly round: Round;
    readonly dealer: number;
    readonly seat: number;
    readonly ephemeralKey: Uint8Array;
  },
): ReturnType<typeof chacha20poly1305> | undefined {
  const { round, dealer, seat, ephemeralKey } = place;
  const numbers = new Writer().u16(dealer).u16(seat).finish();
  const info = concatBytes(roundId(round), numbers, ephemeralKey);
  return agreed && chacha20poly1305(hkdf(nobleSha256, agreed, domain("dkg/box"), info, 32), nonce);
}
