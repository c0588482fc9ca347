import {
  areValidOpenings,
  decryptionShares,
  isValidSeal,
  type NetworkSignatures,
  openBatches,
  type SealingGroup,
  type SealingKey,
  sealOverheadBytes,
  type SenderSignatures,
  toSealingKey,
  unseal,
  weightBytesLength,
} from "../../crypto/index.ts";
import { assert, CodedError, equalBytes, type Random } from "../../base/index.ts";
import {
  type Committee,
  controlDigest,
  decodeTransaction,
  encodeEnvelope,
  fromControlTransaction,
  limits,
  quorum,
  type SealedTransaction,
  senderDigest,
  transactionId,
  unpadPayload,
} from "../../protocol/index.ts";
import type { JobHandlers, UnsealItem } from "./jobs.ts";
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
  /** Undefined on a node that has no seat, and while there is no key. */
  readonly keyShare: Uint8Array | undefined;
}

/** What opens, in an epoch that has a key. */
interface Opener {
  readonly key: SealingKey;
  readonly verificationKeys: readonly Uint8Array[];
  readonly threshold: number;
}

/** The work of a thread. Whatever a sender or a peer made is answered; only our own mistakes throw. Throws `CodedError`
 * BAD_SEALING_KEY when the committee's key is none. */
export function createHandlers(tools: Tools): JobHandlers {
  const { group, random, keyShare } = tools;
  const opener = openerOf(tools);
  const randomness = (parts: readonly { readonly points: readonly unknown[] }[]): Uint8Array =>
    random.bytes(parts.reduce((sum, { points }) => sum + points.length, 0) * weightBytesLength);
  return {
    validate: (transactions) =>
      transactions.map((bytes) => isValidTransaction(bytes, tools, opener?.key)),
    shares(points) {
      assert(keyShare !== undefined, "only a seat has decryption shares to give");
      return decryptionShares(group, keyShare, points);
    },
    open: (batches) =>
      openBatches(group, {
        ...required(opener),
        batches,
        randomness: randomness(batches),
      }),
    "check-openings": (claims) =>
      areValidOpenings(group, {
        pk2: required(opener).key.pk2,
        claims,
        randomness: randomness(claims),
      }),
    unseal: (items) => items.map((item) => payloadOf(item, required(opener).key)),
    round: (request) => doRound(tools, request),
  };
}

function openerOf({ group, chainId, committee }: Tools): Opener | undefined {
  const { sealing, members } = committee;
  if (sealing === undefined) return undefined;
  const key = toSealingKey(group, { chainId, ...sealing });
  if (key === undefined)
    throw new CodedError("BAD_SEALING_KEY", "the sealing key of the committee is no key");
  const verificationKeys = members.map(({ verificationKey }) => verificationKey);
  return { key, verificationKeys, threshold: quorum(members.length) };
}

function required(opener: Opener | undefined): Opener {
  assert(opener !== undefined, "nothing sealed is ordered before there is a key");
  return opener;
}

/** Whether it may be stamped and ordered: cheap checks first, about 1 ms in all for a sealed one. */
function isValidTransaction(bytes: Uint8Array, tools: Tools, key: SealingKey | undefined): boolean {
  const transaction = decodeTransaction(bytes);
  if (transaction === undefined) return false;
  if (transaction.version === 2) return isValidControl(transaction, tools.networkSignatures);
  const isSealed = transaction.version === 1;
  if (isSealed && !isOfSizeClass(transaction)) return false;
  if (!isSignedBySender(transaction, tools.senderSignatures)) return false;
  if (!isSealed) return true;
  const { body, envelope } = transaction;
  return key !== undefined && isValidSeal(tools.group, key, body, encodeEnvelope(envelope));
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
function payloadOf({ transaction, opening }: UnsealItem, key: SealingKey): Uint8Array | undefined {
  const decoded = decodeTransaction(transaction);
  assert(decoded !== undefined, "what was ordered can be read");
  const { version, body, envelope } = decoded;
  if (version === 0) return body;
  const plaintext = unseal(key, body, encodeEnvelope(envelope), opening);
  return plaintext === undefined ? undefined : unpadPayload(plaintext);
}
