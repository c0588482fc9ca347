// Transactions as their senders make them, and the committee that can open them, for tests and benchmarks.
import { assert } from "../../../base/index.ts";
import {
  addressOf,
  type DealtKey,
  dealKeyShares,
  seal,
  type SealingGroup,
  type SealingKey,
  toSealingKey,
} from "../../../crypto/index.ts";
import {
  type Committee,
  encodeEnvelope,
  encodeTransaction,
  type Envelope,
  Epoch,
  Height,
  Namespace,
  padPayload,
  type SealedTransaction,
  senderDigest,
  transactionId,
} from "../../../protocol/index.ts";
import { nativeSenderSignatures } from "../../../sequencer/crypto/index.ts";

export const chainId = 31_337;
const senderKey = new Uint8Array(32).fill(9);

export interface Sealing {
  readonly dealt: DealtKey;
  readonly key: SealingKey;
  readonly setup: { readonly chainId: number; readonly committee: Committee };
}

/** Four seats, of which three open. */
export function dealSealing(group: SealingGroup): Sealing {
  const entropy = new Uint8Array(32).fill(5);
  const dealt = dealKeyShares(group, { seats: 4, threshold: 3, entropy });
  const { pk1, pk2, verificationKeys } = dealt;
  const sealing = { keyId: 1, pk1, pk2 };
  const members = verificationKeys.map((verificationKey, i) => ({
    publicKey: new Uint8Array(48).fill(i),
    networkKey: new Uint8Array(32).fill(i),
    verificationKey,
  }));
  const setup = { chainId, committee: { epoch: Epoch(1), members, sealing } };
  const key = toSealingKey(group, { chainId, ...sealing });
  assert(key !== undefined, "a dealt key is a key");
  return { dealt, key, setup };
}

export function envelopeOf(nonce: number): Envelope {
  return {
    chainId,
    namespace: Namespace(1),
    class: "normal",
    payer: "rollup",
    sender: addressOf(senderKey),
    nonce,
    expiry: Height(1000),
    feeCap: 10,
  };
}

/** Seals `plaintext` as it is: whoever wants it valid pads it first. */
export function sealTransaction(
  group: SealingGroup,
  key: SealingKey,
  nonce: number,
  plaintext: Uint8Array = padPayload(Uint8Array.of(nonce)),
): SealedTransaction {
  const envelope = envelopeOf(nonce);
  const seed = new Uint8Array(32).fill(nonce);
  const body = seal(group, key, { message: plaintext, aad: encodeEnvelope(envelope), seed });
  return sign({ version: 1, envelope, body });
}

export function sign(unsigned: Omit<SealedTransaction, "signature">): SealedTransaction {
  const digest = senderDigest(transactionId(unsigned));
  return { ...unsigned, signature: nativeSenderSignatures.sign(senderKey, digest) };
}

export function encodeAll(transactions: readonly SealedTransaction[]): Uint8Array[] {
  return transactions.map(encodeTransaction);
}
