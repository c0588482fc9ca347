// Checks what an endpoint delivers against the genesis alone. The endpoint may be anyone: whatever it leaves out, moves,
// changes or makes up is found here, by a code that says which promise was broken.

import { CodedError, equalBytes } from "../base/index.ts";
import {
  type Bls,
  ephemeralPoint,
  isValidOpening,
  nobleBls,
  type NetworkSignatures,
  nobleSealingGroup,
  sealedKeyId,
  type SealingGroup,
  type SealingKey,
  unseal,
  weightBytesLength,
} from "../crypto/index.ts";
import {
  batchHash,
  blockHash,
  type CertifiedHeaders,
  checkNamespace,
  decodePayload,
  type DeliveredBlock,
  type DeliveredPage,
  encodeEnvelope,
  type Envelope,
  type Header,
  Height,
  type InboxMessage,
  type Micros,
  type Namespace,
  namespaceLeaf,
  type Payload,
  type QC,
  quorum,
  signedDigest,
  transactionId,
  unpadPayload,
  zeroHash,
} from "../protocol/index.ts";
import type { Network } from "./network.ts";

/** One opened transaction, in its place. */
export interface VerifiedTransaction {
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly envelope: Envelope;
  /** What to execute; undefined when it is void, alone or with its block: it keeps its place and executes nothing. */
  readonly payload: Uint8Array | undefined;
  /** What opened it was shown. A later block may still take that back (`VerifiedBlock.voided`). */
  readonly isOpened: boolean;
}

/** One final block's part of one namespace: all of it, and nothing else. */
export interface VerifiedBlock {
  readonly namespace: Namespace;
  readonly height: Height;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly header: Header;
  /** Block time. */
  readonly time: Micros;
  /** The finalized L1 block up to which the inbox is read. */
  readonly l1: { readonly number: number; readonly hash: Uint8Array };
  /** Messages from L1, which come before the transactions. */
  readonly inbox: readonly InboxMessage[];
  readonly transactions: readonly VerifiedTransaction[];
  /** An earlier height whose sealed transactions are void by the word of the quorum that made this block final. */
  readonly voided: Height | undefined;
  /** As the settlement's leaf chains them; 32 bytes. Undefined when the block holds nothing of the namespace. */
  readonly batchHash: Uint8Array | undefined;
}

/** The block after which the next one must stand. */
export interface Anchor {
  readonly height: Height;
  readonly hash: Uint8Array;
  readonly view: number;
  /** It closed its epoch, so what follows is of the next. */
  readonly isClosing?: boolean;
}

export type PageFault =
  /** Not the encoding of a page, or an empty one. */
  | "MALFORMED_PAGE"
  /** It does not begin where it was asked to. */
  | "WRONG_HEIGHT"
  /** A header does not name the one before as its parent. */
  | "WRONG_PARENT"
  /** By a committee that does not follow from the genesis. */
  | "UNKNOWN_EPOCH"
  /** The certificate is not a COMMIT for the last block, or not by the validators that it names. */
  | "WRONG_CERTIFICATE"
  /** By fewer validators than make a quorum. */
  | "NO_QUORUM"
  /** The header does not say so of the namespace. */
  | "WRONG_PROOF"
  /** Transactions or messages are missing, or too many. */
  | "INCOMPLETE"
  /** Others than those that were ordered, or in another order. */
  | "WRONG_TRANSACTIONS"
  /** They do not open so. */
  | "WRONG_OPENING"
  /** A block is said to be void as a whole, and what should say so is not final or does not. */
  | "WRONG_VOID";

export interface Backends {
  readonly group?: SealingGroup;
  readonly bls?: Bls;
  /** Of receipts. */
  readonly networkSignatures?: NetworkSignatures;
}

export interface PageRequest {
  readonly network: Network;
  readonly namespace: Namespace;
  readonly from: Height;
  /** The block at `from - 1`, if it is known. Without it the certificate alone says that these blocks are final. */
  readonly parent: Anchor | undefined;
}

/** Throws `CodedError` with a `PageFault` at the first broken promise. */
export function verifyPage(
  page: DeliveredPage,
  request: PageRequest,
  backends: Backends = {},
): VerifiedBlock[] {
  const { group = nobleSealingGroup, bls = nobleBls } = backends;
  const hashes = verifyChain(page, request);
  verifyCertificate(page.blocks.at(-1)?.header, page.certificate, request.network, bls);
  const contents = page.blocks.map((block) => verifyContents(block, request));
  const voided = new Set(contents.map(({ payload }) => payload.voided));
  for (const proof of page.voids) voided.add(verifyVoid(proof, request.network, bls));
  verifyOpenings(page.blocks, voided, request.network, group);
  return page.blocks.map((block, i) => {
    const { payload, ids } = contents[i] as Contents;
    return openBlock(block, { ...request, payload, ids, hash: hashes[i] as Uint8Array });
  });
}

/** The height that the first of these headers declares void, which a quorum has made final. */
function verifyVoid(
  { headers, certificate }: CertifiedHeaders,
  network: Network,
  bls: Bls,
): Height | undefined {
  const hashes = headers.map(blockHash);
  const isChain = headers.every((header, i) => {
    const parent = i === 0 ? header.parent : hashes[i - 1];
    // What an old committee put on the block that closed its epoch was never applied by anybody.
    const end = network.epochs.at(header.epoch + 1)?.origin.height ?? Infinity;
    return parent !== undefined && equalBytes(header.parent, parent) && header.height <= end;
  });
  if (!isChain) throw fault("WRONG_VOID", "what declares a block void is no chain");
  verifyCertificate(headers.at(-1), certificate, network, bls);
  const [first] = headers;
  const voided = first && decodePayload(first.payload)?.voided;
  if (first === undefined || voided === undefined || voided >= first.height)
    throw fault("WRONG_VOID", "it names no earlier block");
  return voided;
}

/** The hashes of blocks that follow one another from where the request begins. */
function verifyChain(page: DeliveredPage, { network, from, parent }: PageRequest): Uint8Array[] {
  if (page.blocks.length === 0) throw fault("MALFORMED_PAGE", "it holds no blocks");
  let before = from === 1 ? genesisAnchor(network) : parent;
  return page.blocks.map(({ header }, i) => {
    const height = Height(from + i);
    if (header.height !== height) throw fault("WRONG_HEIGHT", `it lacks block ${height}`);
    const epoch = network.epochs.at(header.epoch);
    if (epoch === undefined)
      throw fault("UNKNOWN_EPOCH", `block ${height} is of an epoch that this client does not know`);
    // In an epoch of its own, the block on which it stands has view 0.
    const isFirst = epoch.origin.height + 1 === height;
    const parentView = isFirst ? 0 : before?.view;
    const isChild =
      before === undefined ||
      (equalBytes(header.parent, before.hash) && header.parentView === parentView);
    const isInPlace = isFirst
      ? equalBytes(header.parent, epoch.origin.hash)
      : height > epoch.origin.height;
    // What an old committee put on the block that closed its epoch was never applied by anybody.
    const end = network.epochs.at(header.epoch + 1)?.origin.height ?? Infinity;
    const isOver = height > end || (before?.isClosing === true && !isFirst);
    if (!isChild || !isInPlace || isOver || header.view <= header.parentView)
      throw fault("WRONG_PARENT", `block ${height} does not follow the one before`);
    const hash = blockHash(header);
    before = toAnchor(header, hash);
    return hash;
  });
}

/** What the next block has to stand on. */
export function toAnchor(header: Header, hash: Uint8Array): Anchor {
  const next = decodePayload(header.payload)?.nextCommittee ?? zeroHash;
  const { height, view } = header;
  return { height, hash, view, isClosing: !equalBytes(next, zeroHash) };
}

export function genesisAnchor(network: Network): Anchor {
  return { height: Height(0), hash: network.genesisHash, view: 0 };
}

/** A quorum's COMMIT for the last block makes it final, and with it all before. */
function verifyCertificate(
  header: Header | undefined,
  certificate: QC,
  network: Network,
  bls: Bls,
): void {
  const hash = header && blockHash(header);
  if (header === undefined || hash === undefined || !isCommitOf(certificate, header, hash))
    throw fault("WRONG_CERTIFICATE", "it does not certify the last block");
  const members = network.epochs.at(header.epoch)?.committee.members ?? [];
  const keys = certificate.signers.map((signer) => members[signer]?.publicKey);
  const known = keys.filter((key) => key !== undefined);
  if (known.length < keys.length)
    throw fault("WRONG_CERTIFICATE", "it names signers that are not in the committee");
  if (known.length < quorum(members.length))
    throw fault("NO_QUORUM", `${known.length} of ${members.length} validators are no quorum`);
  const message = signedDigest({
    domain: network.domain,
    kind: "commit",
    epoch: header.epoch,
    slot: header.view,
    payload: hash,
  });
  if (!bls.verifyAggregate(known, message, certificate.signature))
    throw fault("WRONG_CERTIFICATE", "the signature is not that of its signers");
}

function isCommitOf(certificate: QC, header: Header, hash: Uint8Array): boolean {
  return (
    certificate.kind === "commit" &&
    certificate.epoch === header.epoch &&
    certificate.view === header.view &&
    equalBytes(certificate.hash, hash)
  );
}

interface Contents {
  readonly payload: Payload;
  readonly ids: readonly Uint8Array[];
}

/** That the block holds exactly this of the namespace, in this order. */
function verifyContents(block: DeliveredBlock, { namespace }: PageRequest): Contents {
  const { header, proof, inbox, transactions } = block;
  const at = `block ${header.height}`;
  const payload = decodePayload(header.payload);
  if (payload === undefined) throw fault("WRONG_PROOF", `${at} has no payload that can be read`);
  const found = checkNamespace(payload.ordered, namespace, proof);
  if (found === undefined) throw fault("WRONG_PROOF", `${at} does not prove what it holds`);
  const ids = transactions.map(({ transaction }) => transactionId(transaction));
  const messages = inbox.map(({ messageHash }) => messageHash);
  const expected = found === "absent" ? namespaceLeaf(namespace, { inbox: [], ids: [] }) : found;
  if (ids.length !== expected.count || messages.length !== expected.inbox)
    throw fault("INCOMPLETE", `${at} holds ${expected.count} transactions, not ${ids.length}`);
  if (!equalBytes(namespaceLeaf(namespace, { inbox: messages, ids }).root, expected.root))
    throw fault("WRONG_TRANSACTIONS", `${at} holds others, or in another order`);
  return { payload, ids };
}

/** All of a page that is sealed to one key at once: two pairings, and two multiplications for each transaction. A block
 * may hold what is sealed to either of two keys, while one replaces the other. */
function verifyOpenings(
  blocks: readonly DeliveredBlock[],
  voided: ReadonlySet<Height | undefined>,
  network: Network,
  group: SealingGroup,
): void {
  const byKey = new Map<SealingKey, DeliveredBlock["transactions"][number][]>();
  for (const { header, transactions } of blocks) {
    if (voided.has(header.height)) {
      // Whoever could open it after all must not: the others have gone on without.
      if (transactions.some(({ opening }) => opening.length > 0))
        throw fault("WRONG_OPENING", `block ${header.height} is void, and opened all the same`);
      continue;
    }
    const keys = network.epochs.at(header.epoch)?.keys ?? [];
    for (const each of transactions) {
      const { version, body } = each.transaction;
      if (version === 0 && each.opening.length > 0)
        throw fault("WRONG_OPENING", "a clear transaction has nothing to open");
      if (version !== 1) continue;
      const key = keyOf(keys, body);
      if (key === undefined)
        throw fault("WRONG_OPENING", "a transaction is sealed to no key of its epoch");
      byKey.set(key, [...(byKey.get(key) ?? []), each]);
    }
  }
  for (const [key, sealed] of byKey) verifyOpeningsOf(sealed, key, group);
}

/** The one that the ciphertext names. */
function keyOf(keys: readonly SealingKey[], ciphertext: Uint8Array): SealingKey | undefined {
  const keyId = sealedKeyId(ciphertext);
  return keys.find((key) => key.keyId === keyId);
}

function verifyOpeningsOf(
  sealed: DeliveredBlock["transactions"],
  key: SealingKey,
  group: SealingGroup,
): void {
  // The points are valid: a quorum has checked the seals before it ordered them, and the ids bind them.
  const points = sealed.map(({ transaction }) => ephemeralPoint(transaction.body));
  const isValid = isValidOpening(group, {
    pk2: key.pk2,
    points,
    openings: sealed.map(({ opening }) => opening),
    randomness: randomBytes(points.length * weightBytesLength),
  });
  if (!isValid) throw fault("WRONG_OPENING", "the openings are not those of the committee's key");
}

function openBlock(
  block: DeliveredBlock,
  context: PageRequest & Contents & { readonly hash: Uint8Array },
): VerifiedBlock {
  const { network, namespace, payload, ids, hash } = context;
  const { header, inbox } = block;
  const keys = network.epochs.at(header.epoch)?.keys ?? [];
  const opened = block.transactions.map(({ transaction, opening }, i) => ({
    id: ids[i] as Uint8Array,
    transaction,
    opening,
    payload: openTransaction(keys, transaction, opening),
  }));
  const batch = { namespace, height: header.height, inbox, transactions: opened };
  return {
    namespace,
    height: header.height,
    hash,
    header,
    time: payload.time,
    l1: payload.l1,
    inbox,
    voided: payload.voided,
    // The sender's signature is left out: the id does not bind it, so an endpoint may have changed it.
    transactions: opened.map(({ id, transaction: { envelope }, opening, payload }) => ({
      id,
      envelope,
      payload,
      isOpened: opening.length > 0,
    })),
    batchHash: opened.length + inbox.length === 0 ? undefined : batchHash(batch),
  };
}

function openTransaction(
  keys: readonly SealingKey[],
  { version, envelope, body }: DeliveredBlock["transactions"][number]["transaction"],
  opening: Uint8Array,
): Uint8Array | undefined {
  if (version === 0) return body;
  // No opening that is one has no bytes: these are void with their whole block.
  const key = opening.length === 0 ? undefined : keyOf(keys, body);
  if (key === undefined) return undefined;
  const padded = unseal(key, body, encodeEnvelope(envelope), opening);
  return padded && unpadPayload(padded);
}

/** The browser's generator fills 64 KiB at a time. */
function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function fault(code: PageFault, message: string): CodedError {
  return new CodedError(code, message);
}
