// A small chain with real keys: four validators in one process that order and open what they are given. What it hands
// out is what an honest node would; tests then bend it.

import { assert } from "../../base/index.ts";
import {
  combineShares,
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  sealedKeyId,
  nobleNetworkSignatures,
  sha256,
} from "../../crypto/index.ts";
import {
  blockHash,
  decodePayload,
  checkpointDigest,
  type Committee,
  type DeliveredBlock,
  type DeliveredPage,
  encodePayload,
  Epoch,
  type EpochEnd,
  type Genesis,
  type Header,
  Height,
  type InboxMessage,
  inboxMessageHash,
  Micros,
  Namespace,
  namespaceLeaf,
  namespacesRoot,
  nextCommitteeHash,
  proveNamespace,
  type QC,
  quorum,
  type Receipt,
  receiptHash,
  type SealedTransaction,
  signedDigest,
  transactionId,
  ValidatorIndex,
  View,
  type VoteKind,
} from "../../protocol/index.ts";
import { keySigner, type Network, sealTransaction, toNetwork } from "../../sdk/index.ts";
import { blstBls, createMclSealingGroup } from "../../sequencer/crypto/index.ts";

export const mcl: Awaited<ReturnType<typeof createMclSealingGroup>> = await createMclSealingGroup();

const seats = 4;
const secret = (name: string, index: number): Uint8Array => {
  const bytes = sha256(new TextEncoder().encode(`${name} ${index}`));
  // Below the order of every group in use.
  bytes[0] = 1;
  return bytes;
};
const indices = Array.from({ length: seats }, (_, index) => index);
const blsKeysOf = (epoch: number): Uint8Array[] =>
  indices.map((index) => secret(epoch === 0 ? "bls" : `bls ${epoch}`, index));
const blsKeys = blsKeysOf(0);
const networkKeys = indices.map((index) => secret("network", index));
/** By the id of the key, from 1. */
const dealtKeys = [0, 1].map((index) =>
  dealKeyShares(mcl, { seats, threshold: quorum(seats), entropy: secret("entropy", index) }),
);
const dealt = at(dealtKeys, 0);
/** The committee of this epoch has a new key, and the old one beside it. */
export const renewing = 3;

export const genesis: Genesis = {
  chainId: 31_337,
  contracts: { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) },
  l1Start: 0,
  committee: {
    epoch: Epoch(0),
    members: indices.map((index) => ({
      publicKey: blstBls.publicKey(at(blsKeys, index)),
      networkKey: nobleNetworkSignatures.publicKey(at(networkKeys, index)),
      verificationKey: at(dealt.verificationKeys, index),
    })),
    sealing: { keyId: 1, pk1: dealt.pk1, pk2: dealt.pk2 },
  },
  parameters: {
    viewTimeout: 1,
    idleTime: 2,
    laneFlush: 3,
    laneHeartbeat: 4,
    checkpointHeights: 5,
    checkpointTime: 6,
    feePerByte: 7,
    epochTime: 0,
    dkgWindow: 0,
    keyEpochs: 0,
    keyOverlap: 0,
    voidAfter: 0,
  },
};

export const network: Network = toNetwork(genesis, mcl);

export const sender: ReturnType<typeof keySigner> = keySigner(secret("sender", 0));

let nonces = 0;

/** Sealed and signed, ready to be ordered. */
export function sealed(
  payload: string | Uint8Array,
  fields: {
    readonly namespace?: number;
    readonly nonce?: number;
    /** What its sender knows: genesis alone, unless said otherwise. */
    readonly known?: Network;
  } = {},
): Promise<SealedTransaction> {
  return sealTransaction(
    {
      network: fields.known ?? network,
      signer: sender,
      payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
      envelope: {
        namespace: Namespace(fields.namespace ?? 0),
        nonce: fields.nonce ?? nonces++,
        expiry: Height(1_000),
        feeCap: 10_000,
      },
    },
    mcl,
  );
}

export function inboxMessage(index: number, namespace = 0): InboxMessage {
  const message = {
    namespace: Namespace(namespace),
    index,
    sender: new Uint8Array(20).fill(9),
    timestamp: 1_700_000_000,
    data: Uint8Array.of(1, 2, 3),
  };
  return { ...message, messageHash: inboxMessageHash(message) };
}

export function receipt(transaction: SealedTransaction, validator: number, epoch = 0): Receipt {
  const unsigned = {
    epoch: Epoch(epoch),
    validator: ValidatorIndex(validator),
    incarnation: 1,
    id: transactionId(transaction),
    stamp: Micros(1_700_000_000_000_000),
  };
  const signature = nobleNetworkSignatures.sign(at(networkKeys, validator), receiptHash(unsigned));
  return { ...unsigned, signature };
}

/** A certificate by the first `signers` validators. */
export function certify(
  header: Pick<Header, "epoch" | "view">,
  hash: Uint8Array,
  options: {
    readonly kind?: VoteKind;
    readonly signers?: number;
    /** Whose keys sign; those of the header's epoch unless said otherwise. */
    readonly committee?: number;
  } = {},
): QC {
  const { kind = "commit", signers = quorum(seats), committee = header.epoch } = options;
  const { epoch, view } = header;
  const message = signedDigest({ domain: network.domain, kind, epoch, slot: view, payload: hash });
  const signature = blstBls.aggregateSignatures(
    blsKeysOf(committee)
      .slice(0, signers)
      .map((key) => blstBls.sign(key, message)),
  );
  assert(signature !== undefined, "there is a signature to aggregate");
  return {
    kind,
    epoch,
    view,
    hash,
    signers: indices.slice(0, signers).map(ValidatorIndex),
    signature,
  };
}

/** Of an epoch: from one to the next all voting keys are others, and the sealing key is the same, until it is renewed. */
export function committeeOf(epoch: number): Committee {
  const { sealing } = genesis.committee;
  assert(sealing !== undefined, "the first committee has a key");
  const committee = {
    epoch: Epoch(epoch),
    members: genesis.committee.members.map(({ networkKey }, index) => ({
      publicKey: blstBls.publicKey(at(blsKeysOf(epoch), index)),
      networkKey,
      verificationKey: at(at(dealtKeys, epoch < renewing ? 0 : 1).verificationKeys, index),
    })),
  };
  if (epoch < renewing) return { ...committee, sealing };
  const { pk1, pk2 } = at(dealtKeys, 1);
  const { verificationKeys } = dealt;
  const retiring = { ...sealing, verificationKeys, until: Height(1_000) };
  return {
    ...committee,
    sealing: { keyId: 2, pk1, pk2 },
    ...(epoch === renewing ? { retiring } : {}),
  };
}

/** How the epoch ended with this block, signed by these of its committee's keys. */
export function endOf(
  { header, hash }: Pick<ChainBlock, "header" | "hash">,
  signers: number = quorum(seats),
): EpochEnd {
  const committee = committeeOf(header.epoch + 1);
  const checkpoint = {
    number: 1,
    epoch: header.epoch,
    height: header.height,
    blockHash: hash,
    rollupsRoot: new Uint8Array(32),
    next: nextCommitteeHash(committee) ?? new Uint8Array(32),
  };
  const digest = checkpointDigest(network.domain, checkpoint);
  const keys = blsKeysOf(header.epoch).slice(0, signers);
  const signature = blstBls.aggregateSignatures(keys.map((key) => blstBls.sign(key, digest)));
  assert(signature !== undefined, "there is a signature to aggregate");
  const names = indices.slice(0, signers).map(ValidatorIndex);
  return {
    certified: { checkpoint, signers: names, signature },
    committee,
    commitQC: certify(header, hash),
  };
}

interface Contents {
  /** Closes the epoch: the next block is of the next. */
  readonly isClosing?: boolean;
  /** An earlier height, which is void from here on. */
  readonly voided?: Height;
  readonly transactions?: readonly SealedTransaction[];
  readonly inbox?: readonly InboxMessage[];
}

interface ChainBlock {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly certificate: QC;
  readonly inbox: readonly InboxMessage[];
  readonly transactions: readonly SealedTransaction[];
  readonly openings: readonly Uint8Array[];
}

const endHash = (epoch: number): Uint8Array =>
  nextCommitteeHash(committeeOf(epoch)) ?? new Uint8Array(32);

export class Chain {
  readonly blocks: ChainBlock[] = [];
  #epoch = 0;

  get height(): Height {
    return Height(this.blocks.length);
  }

  /** Orders, finalizes and opens one more block. */
  add(contents: Contents = {}): ChainBlock {
    const { transactions = [], inbox = [], isClosing = false, voided } = contents;
    const parent = this.blocks.at(-1);
    const epoch = this.#epoch;
    // In an epoch of its own, the block on which it stands has view 0.
    const parentView = parent?.header.epoch === epoch ? parent.header.view : 0;
    // Now and then a view is skipped.
    const view = parentView + (this.blocks.length % 3 === 2 ? 2 : 1);
    if (isClosing) this.#epoch++;
    const header: Header = {
      version: 1,
      epoch: Epoch(epoch),
      view: View(view),
      height: Height(this.blocks.length + 1),
      parent: parent?.hash ?? network.genesisHash,
      parentView: View(parentView),
      payload: encodePayload({
        cut: [],
        time: Micros(1_700_000_000_000_000 + this.blocks.length * 100_000),
        count: transactions.length,
        ordered: namespacesRoot(leavesOf({ transactions, inbox })),
        l1: { number: 1, hash: new Uint8Array(32) },
        nextCommittee: isClosing ? endHash(epoch + 1) : new Uint8Array(32),
        snapshot: undefined,
        voided,
      }),
    };
    const hash = blockHash(header);
    const block = {
      header,
      hash,
      certificate: certify(header, hash),
      inbox,
      transactions,
      openings: openAll(transactions),
    };
    this.blocks.push(block);
    return block;
  }

  deliver(namespace: number, height: number): DeliveredBlock {
    const { header, transactions, openings, inbox } = at(this.blocks, height - 1);
    const isVoid = this.#isVoid(height);
    return {
      header,
      proof: proveNamespace(leavesOf({ transactions, inbox }), Namespace(namespace)),
      inbox: inbox.filter((message) => message.namespace === namespace),
      transactions: transactions.flatMap((transaction, i) =>
        transaction.envelope.namespace === namespace
          ? [{ transaction, opening: isVoid ? new Uint8Array(0) : at(openings, i) }]
          : [],
      ),
    };
  }

  /** Undefined beyond the tip. */
  page(namespace: number, from: number, limit = 64): DeliveredPage | undefined {
    const to = Math.min(this.height, from + limit - 1);
    if (from < 1 || from > to) return undefined;
    const heights = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return {
      blocks: heights.map((height) => this.deliver(namespace, height)),
      certificate: at(this.blocks, to - 1).certificate,
      voids: this.blocks.flatMap(({ header, certificate }) => {
        const voided = decodePayload(header.payload)?.voided;
        const isNeeded = voided !== undefined && voided >= from && voided <= to;
        return isNeeded && header.height > to ? [{ headers: [header], certificate }] : [];
      }),
    };
  }

  #isVoid(height: number): boolean {
    return this.blocks.some(({ header }) => decodePayload(header.payload)?.voided === height);
  }
}

function leavesOf({ transactions = [], inbox = [] }: Contents): ReturnType<typeof namespaceLeaf>[] {
  const namespaces = new Set([
    ...transactions.map(({ envelope }) => envelope.namespace),
    ...inbox.map(({ namespace }) => namespace),
  ]);
  return [...namespaces]
    .sort((a, b) => a - b)
    .map((namespace) =>
      namespaceLeaf(namespace, {
        inbox: inbox
          .filter((message) => message.namespace === namespace)
          .map(({ messageHash }) => messageHash),
        ids: transactions
          .filter(({ envelope }) => envelope.namespace === namespace)
          .map(transactionId),
      }),
    );
}

/** K of every sealed transaction, from the shares of a quorum of seats. */
function openAll(transactions: readonly SealedTransaction[]): Uint8Array[] {
  return transactions.map(({ version, body }) => {
    if (version === 0) return new Uint8Array();
    const points = [ephemeralPoint(body)];
    const { keyShares } = at(dealtKeys, (sealedKeyId(body) ?? 1) - 1);
    const chosen = keyShares.slice(0, quorum(seats));
    const openings = combineShares(mcl, {
      seats: chosen.map((_, i) => i + 1),
      rows: chosen.map((share) => decryptionShares(mcl, share, points)),
    });
    assert(openings !== undefined, "honest shares combine");
    return at(openings, 0);
  });
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert(item !== undefined, "the item is there");
  return item;
}
