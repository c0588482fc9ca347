// Submitting to several validators at once: f + 1 receipts from different ones are the word of at least one that is
// honest, and the more of them receive a transaction early, the less its place depends on any.

import { CodedError, equalBytes } from "../base/index.ts";
import { type NetworkSignatures, nobleNetworkSignatures } from "../crypto/index.ts";
import {
  faultyMax,
  fromReceiptJson,
  type Receipt,
  receiptHash,
  type SealedTransaction,
  transactionId,
} from "../protocol/index.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Network } from "./network.ts";

export interface Submission {
  /** The transaction's, 32 bytes. */
  readonly id: Uint8Array;
  /** Verified, from f + 1 different validators. */
  readonly receipts: readonly Receipt[];
}

/**
 * Resolves at the last receipt that is needed; what is still under way goes on by itself. Throws `CodedError`
 * TOO_FEW_RECEIPTS when the endpoints are exhausted; `details.failures` says why, one by one.
 */
export function submitToAll(
  transaction: SealedTransaction,
  network: Network,
  endpoints: readonly Endpoint[],
  signatures?: NetworkSignatures,
): Promise<Submission> {
  const id = transactionId(transaction);
  const needed = faultyMax(network.genesis.committee.members.length) + 1;
  const receipts = new Map<number, Receipt>();
  const failures: { readonly endpoint: string; readonly code: string }[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Submission>();

  const ask = async (endpoint: Endpoint): Promise<void> => {
    try {
      const receipt = fromReceiptJson(await endpoint.submit(transaction));
      if (!isReceiptFor(id, receipt, network, signatures))
        throw endpoint.failure("WRONG_RECEIPT", "the receipt is not for this transaction");
      receipts.set(receipt.validator, receipt);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : "INTERNAL";
      failures.push({ endpoint: endpoint.url, code });
    }
    if (receipts.size >= needed) resolve({ id, receipts: [...receipts.values()] });
  };
  void Promise.all(endpoints.map(ask)).then(() => {
    const message = `${receipts.size} of the ${needed} validators needed gave a receipt`;
    reject(new CodedError("TOO_FEW_RECEIPTS", message, { details: { failures } }));
  });
  return promise;
}

/** That a validator of the committee has signed for having received this transaction. */
export function isReceiptFor(
  id: Uint8Array,
  receipt: Receipt,
  network: Network,
  signatures: NetworkSignatures = nobleNetworkSignatures,
): boolean {
  const { epoch, members } = network.genesis.committee;
  const member = members[receipt.validator];
  if (member === undefined || receipt.epoch !== epoch || !equalBytes(receipt.id, id)) return false;
  const { networkKey } = member;
  return signatures.verify(networkKey, receiptHash(receipt), receipt.signature);
}
