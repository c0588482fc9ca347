import {
  areValidOpenings,
  decryptionShares,
  isValidSeal,
  openBatches,
  type SealingGroup,
  type SealingKey,
  sealOverheadBytes,
  type SenderSignatures,
  unseal,
  weightBytesLength,
} from "../../crypto/index.ts";
import { assert, equalBytes, type Random } from "../../base/index.ts";
import {
  decodeTransaction,
  encodeEnvelope,
  limits,
  type SealedTransaction,
  senderDigest,
  transactionId,
  unpadPayload,
} from "../../protocol/index.ts";
import type { JobHandlers, UnsealItem } from "./jobs.ts";

/** What the work is done with. */
interface Tools {
  readonly group: SealingGroup;
  readonly signatures: SenderSignatures;
  readonly random: Random;
  readonly key: SealingKey;
  readonly verificationKeys: readonly Uint8Array[];
  readonly threshold: number;
  /** Undefined on a node that has no seat. */
  readonly keyShare: Uint8Array | undefined;
}

/** The work of a thread. Whatever a sender or a peer made is answered; only our own mistakes throw. */
export function createHandlers(tools: Tools): JobHandlers {
  const { group, random, key, keyShare, verificationKeys, threshold } = tools;
  const randomness = (parts: readonly { readonly points: readonly unknown[] }[]): Uint8Array =>
    random.bytes(parts.reduce((sum, { points }) => sum + points.length, 0) * weightBytesLength);
  return {
    validate: (transactions) => transactions.map((bytes) => isValidTransaction(bytes, tools)),
    shares(points) {
      assert(keyShare !== undefined, "only a seat has decryption shares to give");
      return decryptionShares(group, keyShare, points);
    },
    open: (batches) =>
      openBatches(group, {
        key,
        verificationKeys,
        threshold,
        batches,
        randomness: randomness(batches),
      }),
    "check-openings": (claims) =>
      areValidOpenings(group, { pk2: key.pk2, claims, randomness: randomness(claims) }),
    unseal: (items) => items.map((item) => payloadOf(item, key)),
  };
}

/** Whether it may be stamped and ordered: cheap checks first, about 1 ms in all for a sealed one. */
function isValidTransaction(bytes: Uint8Array, tools: Tools): boolean {
  const transaction = decodeTransaction(bytes);
  if (transaction === undefined) return false;
  const isSealed = transaction.version === 1;
  if (isSealed && !isOfSizeClass(transaction)) return false;
  if (!isSignedBySender(transaction, tools.signatures)) return false;
  const { body, envelope } = transaction;
  return !isSealed || isValidSeal(tools.group, tools.key, body, encodeEnvelope(envelope));
}

function isOfSizeClass({ body }: SealedTransaction): boolean {
  const plaintextLength = body.length - sealOverheadBytes;
  return plaintextLength > 0 && plaintextLength % limits.sizeClassBytes === 0;
}

function isSignedBySender(transaction: SealedTransaction, signatures: SenderSignatures): boolean {
  const digest = senderDigest(transactionId(transaction));
  const signer = signatures.recover(digest, transaction.signature);
  return signer !== undefined && equalBytes(signer, transaction.envelope.sender);
}

/** Undefined makes it void: not sealed to this opening, or not padded by the rule. */
function payloadOf({ transaction, opening }: UnsealItem, key: SealingKey): Uint8Array | undefined {
  const decoded = decodeTransaction(transaction);
  assert(decoded !== undefined, "what was ordered can be read");
  const { version, body, envelope } = decoded;
  if (version === 0) return body;
  const plaintext = unseal(key, body, encodeEnvelope(envelope), opening);
  return plaintext === undefined ? undefined : unpadPayload(plaintext);
}
