// One value of each type of the protocol, always the same: what the vectors are made of.

import { concatBytes, utf8 } from "../../base/index.ts";
import { nobleBls, sha256 } from "../../crypto/index.ts";
import {
  type Batch,
  type CertifiedCheckpoint,
  type Checkpoint,
  type Committee,
  contradiction,
  type DeliveredBlock,
  type DeliveredPage,
  Epoch,
  type EpochEnd,
  type Evidence,
  type Genesis,
  type Header,
  Height,
  type InboxMessage,
  inboxMessageHash,
  type Lane,
  laneFork,
  type LaneTip,
  limits,
  type Message,
  Micros,
  Namespace,
  type NamespaceLeaf,
  namespaceLeaf,
  namespacesRoot,
  type OpenedTransaction,
  type Payload,
  proveNamespace,
  type QC,
  type Receipt,
  type SealedTransaction,
  transactionId,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../protocol/index.ts";

/** `length` bytes that follow from the label. */
function bytes(label: string, length = 32): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i * 32 < length; i++) parts.push(sha256(utf8(`${label} ${i}`)));
  return concatBytes(...parts).subarray(0, length);
}

export const qc: QC = {
  kind: "commit",
  epoch: Epoch(1),
  view: View(300),
  hash: bytes("block"),
  signers: [0, 2, 3, 9].map(ValidatorIndex),
  signature: bytes("aggregate", 96),
};

const skip: QC = { ...qc, kind: "skip", view: View(301), hash: zeroHash };

export const tip: LaneTip = { incarnation: 2, sequence: 77, hash: bytes("lane message") };

const leafMessage = {
  namespace: Namespace(7),
  index: 41,
  sender: bytes("depositor", 20),
  timestamp: 1_760_000_000,
  data: utf8("deposit 25"),
};
export const inboxMessage: InboxMessage = {
  ...leafMessage,
  messageHash: inboxMessageHash(leafMessage),
};

export const transaction: SealedTransaction = {
  version: 1,
  envelope: {
    chainId: 31_337,
    namespace: Namespace(7),
    class: "cancel",
    payer: "rollup",
    sender: bytes("sender", 20),
    nonce: 12,
    expiry: Height(1_000),
    feeCap: 5_000,
  },
  body: bytes("ciphertext", 150),
  signature: bytes("sender signature", 65),
};

const clearTransaction: SealedTransaction = {
  ...transaction,
  version: 0,
  envelope: { ...transaction.envelope, class: "oracle", payer: "sender", nonce: 13 },
  body: utf8("price 101.5"),
};

export const leaves: readonly NamespaceLeaf[] = [
  namespaceLeaf(Namespace(3), { inbox: [], ids: [bytes("other transaction")] }),
  namespaceLeaf(Namespace(7), {
    inbox: [inboxMessage.messageHash],
    ids: [clearTransaction, transaction].map(transactionId),
  }),
  namespaceLeaf(Namespace(90), { inbox: [bytes("other message")], ids: [] }),
];

export const payload: Payload = {
  cut: [tip, { incarnation: 0, sequence: 0, hash: zeroHash }],
  time: Micros(1_760_000_000_123_456),
  count: 3,
  ordered: namespacesRoot(leaves),
  l1: { number: 21_000_000, hash: bytes("l1 block") },
  nextCommittee: zeroHash,
  snapshot: { height: Height(64), root: bytes("snapshot") },
  voided: Height(249),
};

export const header: Header = {
  version: 1,
  epoch: Epoch(1),
  view: View(302),
  height: Height(250),
  parent: bytes("parent"),
  parentView: View(299),
  payload: bytes("payload", 60),
};

export const lane: Lane = {
  epoch: Epoch(1),
  owner: ValidatorIndex(3),
  incarnation: 2,
  sequence: 78,
  previous: tip.hash,
  head: Micros(1_760_000_000_200_000),
  entries: [{ id: bytes("transaction"), stamp: Micros(1_760_000_000_190_000) }],
  signature: bytes("lane signature", 64),
};

export const receipt: Receipt = {
  epoch: Epoch(1),
  validator: ValidatorIndex(3),
  incarnation: 2,
  id: bytes("transaction"),
  stamp: Micros(1_760_000_000_190_000),
  signature: bytes("receipt signature", 64),
};

export const checkpoint: Checkpoint = {
  number: 5,
  epoch: Epoch(1),
  height: Height(250),
  blockHash: bytes("block"),
  rollupsRoot: bytes("rollups"),
  next: zeroHash,
};

export const certified: CertifiedCheckpoint = {
  checkpoint,
  signers: qc.signers,
  signature: qc.signature,
};

const opened: readonly OpenedTransaction[] = [
  {
    id: transactionId(clearTransaction),
    transaction: clearTransaction,
    opening: new Uint8Array(),
    payload: clearTransaction.body,
  },
  {
    id: transactionId(transaction),
    transaction,
    opening: bytes("opening", 48),
    payload: undefined,
  },
];

export const batch: Batch = {
  namespace: Namespace(7),
  height: Height(250),
  inbox: [inboxMessage],
  transactions: opened,
};

export const block: DeliveredBlock = {
  header,
  proof: proveNamespace(leaves, Namespace(7)),
  inbox: batch.inbox,
  transactions: opened.map(({ transaction: each, opening }) => ({ transaction: each, opening })),
};

export const page: DeliveredPage = {
  blocks: [block],
  certificate: qc,
  voids: [{ headers: [header], certificate: qc }],
};

export const genesis: Genesis = {
  chainId: 31_337,
  contracts: { hub: bytes("hub", 20), rollups: bytes("rollups", 20) },
  l1Start: 20_999_000,
  committee: {
    epoch: Epoch(1),
    members: [0, 1, 2, 3].map((seat) => ({
      publicKey: bytes(`public key ${seat}`, 48),
      networkKey: bytes(`network key ${seat}`),
      verificationKey: bytes(`verification key ${seat}`, 96),
    })),
    sealing: { keyId: 1, pk1: bytes("pk1", 48), pk2: bytes("pk2", 96) },
  },
  parameters: {
    viewTimeout: 600_000,
    idleTime: 1_000_000,
    laneFlush: 10_000,
    laneHeartbeat: 250_000,
    checkpointHeights: 100,
    checkpointTime: 60_000_000,
    feePerByte: 3,
    epochTime: 86_400_000_000,
    dkgWindow: 600,
    keyEpochs: 30,
    keyOverlap: 20_000,
    voidAfter: 300_000_000,
  },
};

/** What an epoch after that of genesis begins with, and one key beside the newest; its voting keys are points, because
 * contracts add them up. */
export const committee: Committee = {
  ...genesis.committee,
  epoch: Epoch(2),
  members: genesis.committee.members.map(({ networkKey, verificationKey }, seat) => ({
    publicKey: nobleBls.publicKey(bytes(`secret key ${seat}`).fill(0, 0, 1)),
    networkKey,
    verificationKey,
  })),
  sealing: { keyId: 2, pk1: bytes("new pk1", 48), pk2: bytes("new pk2", 96) },
  retiring: {
    keyId: 1,
    pk1: bytes("pk1", 48),
    pk2: bytes("pk2", 96),
    verificationKeys: genesis.committee.members.map((_, i) =>
      bytes(`old verification key ${i}`, 96),
    ),
    until: Height(20_500),
  },
};

export const epochEnd: EpochEnd = {
  certified: { ...certified, checkpoint: { ...checkpoint, next: bytes("next committee") } },
  committee,
  commitQC: qc,
};

/** The example's lies: their form, not their signatures. */
const evidence: Readonly<Record<Evidence["type"], Evidence>> = {
  statements: contradiction({ epoch: Epoch(1), offender: ValidatorIndex(2), slot: 302 }, [
    { kind: "skip", payload: zeroHash, signature: bytes("skip", 96) },
    { kind: "commit", payload: bytes("block"), signature: bytes("vote", 96) },
  ]),
  lanes: laneFork(lane, { ...lane, entries: [], signature: bytes("fork", 64) }),
};

export const messages: { readonly [T in Message["type"]]: Extract<Message, { type: T }> } = {
  propose: {
    type: "propose",
    header,
    parentQC: qc,
    skips: [skip],
    commitQC: undefined,
    signature: bytes("vote", 96),
  },
  vote: {
    type: "vote",
    kind: "commit",
    epoch: Epoch(1),
    view: View(302),
    hash: bytes("block"),
    signature: bytes("vote", 96),
    justification: { ...qc, kind: "prepare" },
    commitQC: undefined,
  },
  certificate: { type: "certificate", qc },
  status: { type: "status", epoch: Epoch(1), view: View(302), entry: skip, commitQC: qc },
  "get-blocks": { type: "get-blocks", hash: bytes("block"), count: 16 },
  blocks: { type: "blocks", headers: [header], certificate: qc },
  "get-certificates": {
    type: "get-certificates",
    epoch: Epoch(1),
    from: View(290),
    to: View(302),
  },
  lanes: { type: "lanes", lanes: [lane] },
  "get-lanes": {
    type: "get-lanes",
    owner: ValidatorIndex(3),
    hash: bytes("lane message"),
    count: 8,
  },
  "lane-tips": { type: "lane-tips", tips: payload.cut },
  transactions: { type: "transactions", transactions: [clearTransaction, transaction] },
  "get-transactions": { type: "get-transactions", ids: [bytes("transaction")] },
  shares: {
    type: "shares",
    signature: bytes("release", 96),
    height: Height(250),
    blockHash: bytes("block"),
    slices: [{ slice: 0, shares: [bytes("share", 96)] }],
  },
  opened: {
    type: "opened",
    height: Height(250),
    blockHash: bytes("block"),
    slices: [{ slice: 1, openings: [bytes("opening", 48)] }],
  },
  "pull-openings": {
    type: "pull-openings",
    wants: [
      { height: Height(249), slices: [] },
      { height: Height(250), slices: [0, 3] },
    ],
  },
  "checkpoint-vote": { type: "checkpoint-vote", checkpoint, signature: bytes("vote", 96) },
  "epoch-end": { type: "epoch-end", ...epochEnd },
  "get-snapshot": { type: "get-snapshot", height: Height(64), index: 3 },
  "snapshot-chunk": {
    type: "snapshot-chunk",
    height: Height(64),
    part: {
      bytes: 3 * limits.snapshotChunkBytes + 40,
      index: 3,
      chunk: bytes("chunk", 40),
      tree: bytes("tree"),
      path: [bytes("sibling"), bytes("sibling above")],
    },
  },
};

/** By the name of its codec. */
export const examples: Readonly<Record<string, unknown>> = {
  header,
  payload,
  qc,
  transaction,
  checkpoint,
  "certified checkpoint": certified,
  committee,
  "epoch end": epochEnd,
  "delivered page": page,
  lane,
  "evidence statements": evidence.statements,
  "evidence lanes": evidence.lanes,
  receipt,
  "inbox message": inboxMessage,
  frame: { epoch: Epoch(1), message: messages.status },
  ...Object.fromEntries(
    Object.entries(messages).map(([name, message]) => [`message ${name}`, message]),
  ),
};
