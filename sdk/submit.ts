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
import { learnEpochs } from "./epochs.ts";
import type { Network } from "./network.ts";
import type { Backends } from "./verify.ts";

export interface Submission {
  /** The transaction's, 32 bytes. */
  readonly id: Uint8Array;
  /** Verified, from f + 1 different validators of one epoch. */
  readonly receipts: readonly Receipt[];
}

/**
 * Resolves at the last receipt that is needed; what is still under way goes on by itself. Throws `CodedError`
 * TOO_FEW_RECEIPTS when the endpoints are exhausted; `details.failures` says why, one by one. After KEY_RETIRED among
 * them the network knows the newest key: seal anew.
 */
export function submitToAll(
  transaction: SealedTransaction,
  network: Network,
  endpoints: readonly Endpoint[],
  backends: Backends = {},
): Promise<Submission> {
  const id = transactionId(transaction);
  const receipts = new Map<string, Receipt>();
  const failures: { readonly endpoint: string; readonly code: string }[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Submission>();

  /** Of one epoch, because a receipt of another is by other validators. */
  const isEnough = (): boolean =>
    [...new Set([...receipts.values()].map(({ epoch }) => epoch))].some((epoch) => {
      const count = [...receipts.values()].filter((each) => each.epoch === epoch).length;
      const members = network.epochs.at(epoch)?.committee.members ?? [];
      return members.length > 0 && count > faultyMax(members.length);
    });

  const ask = async (endpoint: Endpoint): Promise<void> => {
    try {
      const receipt = fromReceiptJson(await endpoint.submit(transaction));
      // Its committee may have been followed by another since this client last looked.
      if (network.epochs.at(receipt.epoch) === undefined)
        await learnEpochs(endpoint, network, { backends, goal: receipt.epoch });
      if (!isReceiptFor(id, receipt, network, backends.networkSignatures))
        throw endpoint.failure("WRONG_RECEIPT", "the receipt is not for this transaction");
      receipts.set(`${receipt.epoch} ${receipt.validator}`, receipt);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : "INTERNAL";
      failures.push({ endpoint: endpoint.url, code });
      // No receipt will ever show it the newer committees, and with them the key to seal to.
      if (code === "KEY_RETIRED") await learnEpochs(endpoint, network, { backends }).catch(ignore);
    }
    if (isEnough()) resolve({ id, receipts: [...receipts.values()] });
  };
  void Promise.all(endpoints.map(ask)).then(() => {
    const message = `${receipts.size} validators gave a receipt, which is too few`;
    reject(new CodedError("TOO_FEW_RECEIPTS", message, { details: { failures } }));
  });
  return promise;
}

/** Another endpoint may show it, or another submission. */
function ignore(error: unknown): void {
  if (!(error instanceof CodedError)) throw error;
}

/** That a validator of the committee has signed for having received this transaction. */
export function isReceiptFor(
  id: Uint8Array,
  receipt: Receipt,
  network: Network,
  signatures: NetworkSignatures = nobleNetworkSignatures,
): boolean {
  const member = network.epochs.at(receipt.epoch)?.committee.members[receipt.validator];
  if (member === undefined || !equalBytes(receipt.id, id)) return false;
  const { networkKey } = member;
  return signatures.verify(networkKey, receiptHash(receipt), receipt.signature);
}
