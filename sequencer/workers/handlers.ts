import {
  isValidSeal,
  type NetworkSignatures,
  sealedKeyId,
  type SealingGroup,
  type SealingKey,
  sealOverheadBytes,
  type SenderSignatures,
  unseal,
} from "../../crypto/index.ts";
import { assert, equalBytes, type Random } from "../../base/index.ts";
import {
  type Committee,
  controlDigest,
  decodeTransaction,
  encodeEnvelope,
  fromControlTransaction,
  limits,
  type SealedTransaction,
  senderDigest,
  transactionId,
  unpadPayload,
} from "../../protocol/index.ts";
import type { JobHandlers, UnsealItem } from "./jobs.ts";
import { type KeyShares, Openers } from "./openers.ts";
import { doRound } from "./rounds.ts";

/** What the work is done with. */
interface Tools {
  readonly group: SealingGroup;
  readonly senderSignatures: SenderSignatures;
  readonly networkSignatures: Pick<NetworkSignatures, "verify">;
  readonly random: Random;
  readonly chainId: number;
  /** Of the epoch. */
  readonly committee: Committee;
  /** None on a node that has no seat, and while there is no key. */
  readonly keyShares: KeyShares;
}

/** The work of a thread. Whatever a sender or a peer made is answered; only our own mistakes throw. Throws `CodedError`
 * BAD_SEALING_KEY when a key of the committee is none. */
export function createHandlers(tools: Tools): JobHandlers {
  const openers = new Openers(tools);
  return {
    validate: (transactions) =>
      transactions.map((bytes) => isValidTransaction(bytes, tools, openers)),
    shares: (points) => openers.shares(points),
    open: (batches) => openers.open(batches),
    "check-openings": (claims) => openers.check(claims),
    unseal: (items) => items.map((item) => payloadOf(item, openers)),
    round: (request) => doRound(tools, request),
  };
}

/** Whether it may be stamped and ordered: cheap checks first, about 1 ms in all for a sealed one. */
function isValidTransaction(bytes: Uint8Array, tools: Tools, openers: Openers): boolean {
  const transaction = decodeTransaction(bytes);
  if (transaction === undefined) return false;
  if (transaction.version === 2) return isValidControl(transaction, tools.networkSignatures);
  const isSealed = transaction.version === 1;
  if (isSealed && !isOfSizeClass(transaction)) return false;
  if (!isSignedBySender(transaction, tools.senderSignatures)) return false;
  if (!isSealed) return true;
  const { body, envelope } = transaction;
  const key = keyOf(openers, body);
  return key !== undefined && isValidSeal(tools.group, key, body, encodeEnvelope(envelope));
}

/** Of those that the committee has, the one that the ciphertext names. */
function keyOf(openers: Openers, ciphertext: Uint8Array): SealingKey | undefined {
  const keyId = sealedKeyId(ciphertext);
  return keyId === undefined ? undefined : openers.keyOf(keyId);
}

/** Who may speak is for the ledger to say. */
function isValidControl(
  transaction: SealedTransaction,
  signatures: Tools["networkSignatures"],
): boolean {
  const author = fromControlTransaction(transaction)?.author;
  const digest = controlDigest(transactionId(transaction));
  const signature = transaction.signature.subarray(0, 64);
  return author !== undefined && signatures.verify(author, digest, signature);
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
function payloadOf({ transaction, opening }: UnsealItem, openers: Openers): Uint8Array | undefined {
  const decoded = decodeTransaction(transaction);
  assert(decoded !== undefined, "what was ordered can be read");
  const { version, body, envelope } = decoded;
  if (version === 0) return body;
  const key = keyOf(openers, body);
  assert(key !== undefined, "nothing is ordered that is sealed to none of the keys");
  const plaintext = unseal(key, body, encodeEnvelope(envelope), opening);
  return plaintext === undefined ? undefined : unpadPayload(plaintext);
}
