// What protocol.json holds: the encoding of one value of each type, and the hashes that other programs must agree on.

import { toHex } from "../../base/index.ts";
import {
  batchHash,
  blockHash,
  chainBatch,
  chainInbox,
  committeeDigest,
  domains,
  encodeEnvelope,
  genesisHash,
  inboxMessageHash,
  laneHash,
  namespacesRoot,
  Namespace,
  nextCommitteeHash,
  receiptHash,
  type RollupLeaf,
  rollupLeaf,
  rollupsRoot,
  senderDigest,
  transactionBytes,
  transactionId,
  zeroHash,
} from "../../protocol/index.ts";
import { codecs } from "../protocol/codecs.ts";
import {
  batch,
  committee,
  examples,
  genesis,
  header,
  inboxMessage,
  lane,
  leaves,
  receipt,
  transaction,
} from "../protocol/examples.ts";

export interface ProtocolVectors {
  /** SHA-256 of the names. */
  readonly domains: Readonly<Record<string, string>>;
  /** Encodings of test/protocol/examples.ts, by the codec's name. */
  readonly encodings: Readonly<Record<string, string>>;
  readonly hashes: Readonly<Record<string, string>>;
  readonly transactionBytes: number;
}

/** The totals of two rollups with another between them that has none. */
const totals: readonly RollupLeaf[] = [
  {
    namespace: Namespace(1),
    batches: 7,
    inboxRead: 2,
    spent: 90_000,
    earned: 1_500,
    batchesHash: chainBatch(zeroHash, batchHash(batch)),
    inboxHash: chainInbox(zeroHash, inboxMessage.messageHash),
  },
  {
    namespace: Namespace(3),
    batches: 0,
    inboxRead: 0,
    spent: 0,
    earned: 0,
    batchesHash: zeroHash,
    inboxHash: zeroHash,
  },
];

export function protocolVectors(): ProtocolVectors {
  const hashes = {
    genesis: genesisHash(genesis),
    committee: committeeDigest(committee),
    "next committee": nextCommitteeHash(committee) ?? zeroHash,
    block: blockHash(header),
    lane: laneHash(lane),
    receipt: receiptHash(receipt),
    envelope: encodeEnvelope(transaction.envelope),
    transaction: transactionId(transaction),
    sender: senderDigest(transactionId(transaction)),
    namespaces: namespacesRoot(leaves),
    "no namespaces": namespacesRoot([]),
    "inbox message": inboxMessageHash(inboxMessage),
    "inbox of one": chainInbox(zeroHash, inboxMessage.messageHash),
    batch: batchHash(batch),
    "chain of one batch": chainBatch(zeroHash, batchHash(batch)),
    "rollup leaf": rollupLeaf(defined(totals[0])),
    "rollups root": rollupsRoot(totals),
  };
  return {
    domains: hexOf(domains),
    encodings: hexOf(
      Object.fromEntries(codecs.map(({ name, encode }) => [name, encode(examples[name])])),
    ),
    hashes: hexOf(hashes),
    transactionBytes: transactionBytes(transaction),
  };
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is nothing");
  return value;
}

function hexOf(values: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toHex(value)]));
}
