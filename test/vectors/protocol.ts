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
  nextCommitteeHash,
  receiptHash,
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

function hexOf(values: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toHex(value)]));
}
