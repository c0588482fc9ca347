// Whether a transaction may stand in a block: asked when a client brings it, and again when the order emits it.

import {
  type Height,
  limits,
  type Policy,
  type SealedTransaction,
  transactionBytes,
} from "../protocol/index.ts";
import type { DropReason, NamespaceState } from "./types.ts";

/** The parts of genesis that decide. */
export interface AdmissionRules {
  readonly chainId: number;
  /** Fee units per byte. */
  readonly feePerByte: number;
}

/** Public: why a transaction is not taken. */
export type RefusalCode =
  | "UNKNOWN_NAMESPACE"
  | "WRONG_CHAIN"
  | "EXPIRED"
  | "EXPIRY_TOO_FAR"
  | "SEALING_REQUIRED"
  | "SENDER_MAY_NOT_PAY"
  | "FEE_CAP_TOO_LOW"
  | "BALANCE_TOO_LOW"
  | "ALREADY_SEEN";

/** What such a transaction is dropped for when it is emitted all the same. */
export const dropReasons: Readonly<Record<RefusalCode, DropReason>> = {
  UNKNOWN_NAMESPACE: "unknown-namespace",
  WRONG_CHAIN: "policy",
  EXPIRED: "expired",
  EXPIRY_TOO_FAR: "policy",
  SEALING_REQUIRED: "policy",
  SENDER_MAY_NOT_PAY: "policy",
  FEE_CAP_TOO_LOW: "unpayable",
  BALANCE_TOO_LOW: "unpayable",
  ALREADY_SEEN: "seen",
};

/** Why the transaction may not be ordered at this height; whether it was before is not asked here. */
export function refusalOf(
  transaction: SealedTransaction,
  state: NamespaceState | undefined,
  height: Height,
  rules: AdmissionRules,
): RefusalCode | undefined {
  const { envelope } = transaction;
  if (state === undefined) return "UNKNOWN_NAMESPACE";
  if (envelope.chainId !== rules.chainId) return "WRONG_CHAIN";
  if (envelope.expiry < height) return "EXPIRED";
  // The replay window could not remember it for long enough.
  if (envelope.expiry > height + limits.expiryHorizon) return "EXPIRY_TOO_FAR";
  return refusalByPolicy(transaction, state.policy) ?? refusalByFee(transaction, state, rules);
}

/** What the transaction costs, in fee units. */
export function feeOf(transaction: SealedTransaction, rules: AdmissionRules): number {
  return transactionBytes(transaction) * rules.feePerByte;
}

function refusalByPolicy(transaction: SealedTransaction, policy: Policy): RefusalCode | undefined {
  if (policy.sealingRequired && transaction.version === 0) return "SEALING_REQUIRED";
  if (!policy.senderMayPay && transaction.envelope.payer === "sender") return "SENDER_MAY_NOT_PAY";
  return undefined;
}

function refusalByFee(
  transaction: SealedTransaction,
  state: NamespaceState,
  rules: AdmissionRules,
): RefusalCode | undefined {
  const fee = feeOf(transaction, rules);
  if (fee > transaction.envelope.feeCap) return "FEE_CAP_TOO_LOW";
  // Senders have no balances yet, so one that must pay for itself has nothing to pay with.
  const balance = transaction.envelope.payer === "rollup" ? state.balance : 0;
  return fee > balance ? "BALANCE_TOO_LOW" : undefined;
}
