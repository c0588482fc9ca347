// Whether a transaction may stand in a block: asked when a client brings it, and again when the order emits it.

import { sealedKeyId } from "../crypto/index.ts";
import {
  type Committee,
  type Height,
  isSealedTo,
  limits,
  type Policy,
  type SealedTransaction,
  transactionBytes,
} from "../protocol/index.ts";
import type { Charge, DropReason, NamespaceState } from "./types.ts";

/** The parts of genesis that decide. */
export interface AdmissionRules {
  readonly chainId: number;
  /** Fee units per byte, at the least. */
  readonly feePerByte: number;
  /** Of the epoch. */
  readonly committee: Committee;
}

/** Public: why a transaction is not taken. */
export type RefusalCode =
  | "UNKNOWN_NAMESPACE"
  | "NAMESPACE_LEFT"
  | "WRONG_CHAIN"
  | "EXPIRED"
  | "EXPIRY_TOO_FAR"
  | "SEALING_REQUIRED"
  | "SENDER_MAY_NOT_PAY"
  | "FEE_CAP_TOO_LOW"
  | "BALANCE_TOO_LOW"
  | "ALREADY_SEEN"
  /** The committee has yet to make its key: sealed transactions are taken from the next epoch on. */
  | "SEALING_NOT_READY"
  /** Sealed to a key that a newer one has replaced for good: seal it anew. */
  | "KEY_RETIRED"
  /** Sealed to a key that this committee does not have, perhaps not yet. */
  | "UNKNOWN_KEY"
  // Of what validators say through the chain.
  | "MALFORMED"
  | "NOT_A_VALIDATOR"
  | "SAID_TOO_MUCH";

/** What such a transaction is dropped for when it is emitted all the same. */
export const dropReasons: Readonly<Record<RefusalCode, DropReason>> = {
  UNKNOWN_NAMESPACE: "unknown-namespace",
  NAMESPACE_LEFT: "unknown-namespace",
  WRONG_CHAIN: "policy",
  EXPIRED: "expired",
  EXPIRY_TOO_FAR: "policy",
  SEALING_REQUIRED: "policy",
  SENDER_MAY_NOT_PAY: "policy",
  FEE_CAP_TOO_LOW: "unpayable",
  BALANCE_TOO_LOW: "unpayable",
  ALREADY_SEEN: "seen",
  SEALING_NOT_READY: "policy",
  KEY_RETIRED: "policy",
  UNKNOWN_KEY: "policy",
  MALFORMED: "policy",
  NOT_A_VALIDATOR: "policy",
  SAID_TOO_MUCH: "policy",
};

/** Why the transaction may not be ordered at this height; whether it was before is not asked here. */
export function refusalOf(
  transaction: SealedTransaction,
  state: NamespaceState | undefined,
  { height, baseFee }: { readonly height: Height; readonly baseFee: number },
  rules: AdmissionRules,
): RefusalCode | undefined {
  if (state === undefined) return "UNKNOWN_NAMESPACE";
  if (state.hasLeft) return "NAMESPACE_LEFT";
  return (
    refusalByPlace(transaction, height, rules) ??
    refusalByPolicy(transaction, state.policy, rules) ??
    refusalByKey(transaction, height, rules) ??
    refusalByFee(transaction, state, baseFee)
  );
}

/** Of any transaction, whatever it is for. */
export function refusalByPlace(
  { envelope }: SealedTransaction,
  height: Height,
  rules: AdmissionRules,
): RefusalCode | undefined {
  if (envelope.chainId !== rules.chainId) return "WRONG_CHAIN";
  if (envelope.expiry < height) return "EXPIRED";
  // The replay window could not remember it for long enough.
  return envelope.expiry > height + limits.expiryHorizon ? "EXPIRY_TOO_FAR" : undefined;
}

/** What the transaction costs its rollup: the base fee, or the reserve price, whose part above the base it earns itself. */
export function chargeOf(
  transaction: SealedTransaction,
  price: { readonly baseFee: number; readonly reserve: number },
): Charge {
  const bytes = transactionBytes(transaction);
  const spent = bytes * Math.max(price.baseFee, price.reserve);
  return { spent, earned: spent - bytes * price.baseFee };
}

function refusalByPolicy(
  transaction: SealedTransaction,
  policy: Policy,
  { committee }: AdmissionRules,
): RefusalCode | undefined {
  const isSealed = transaction.version === 1;
  if (isSealed && committee.sealing === undefined) return "SEALING_NOT_READY";
  if (policy.sealingRequired && !isSealed) return "SEALING_REQUIRED";
  if (!policy.senderMayPay && transaction.envelope.payer === "sender") return "SENDER_MAY_NOT_PAY";
  return undefined;
}

/** What names no key is no ciphertext, and does not get this far: it fails its validation. */
function refusalByKey(
  { version, body }: SealedTransaction,
  height: Height,
  { committee }: AdmissionRules,
): RefusalCode | undefined {
  const keyId = version === 1 ? sealedKeyId(body) : undefined;
  if (keyId === undefined || isSealedTo(committee, { keyId, height })) return undefined;
  // Ids count upwards.
  return keyId < (committee.sealing?.keyId ?? 0) ? "KEY_RETIRED" : "UNKNOWN_KEY";
}

function refusalByFee(
  transaction: SealedTransaction,
  state: NamespaceState,
  baseFee: number,
): RefusalCode | undefined {
  const fee = chargeOf(transaction, { baseFee, reserve: state.reserve }).spent;
  if (fee > transaction.envelope.feeCap) return "FEE_CAP_TOO_LOW";
  // Senders have no balances yet, so one that must pay for itself has nothing to pay with.
  const balance = transaction.envelope.payer === "rollup" ? state.balance : 0;
  return fee > balance ? "BALANCE_TOO_LOW" : undefined;
}
