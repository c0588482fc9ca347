// Any value of each type of the protocol, small enough to make thousands of them.

import fc from "fast-check";
import { equalBytes } from "../../base/index.ts";
import {
  areContradictory,
  type CertifiedCheckpoint,
  type Checkpoint,
  classes,
  type Committee,
  contradiction,
  type DeliveredBlock,
  type DeliveredPage,
  type Envelope,
  Epoch,
  type EpochEnd,
  type Evidence,
  type Frame,
  type Header,
  Height,
  type InboxMessage,
  inboxMessageHash,
  type Lane,
  laneFork,
  type LaneTip,
  type Message,
  Micros,
  Namespace,
  type NamespaceProof,
  type Payload,
  payers,
  type QC,
  type Receipt,
  type SealedTransaction,
  type SignedPayload,
  ValidatorIndex,
  View,
  type VoteKind,
  zeroHash,
} from "../../protocol/index.ts";

export const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 3 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.maxSafeNat();
const hash = bytes(32);
const view = u64.map(View);
const height = u64.map(Height);
const epoch = u64.map(Epoch);
const micros = u64.map(Micros);
const namespace = u32.map(Namespace);
const validator = u16.map(ValidatorIndex);

const signers: fc.Arbitrary<ValidatorIndex[]> = fc
  .uniqueArray(fc.nat(127), { maxLength: 8 })
  .map((indices) => indices.sort((a, b) => a - b).map(ValidatorIndex));

const qcParts = { epoch, view, signers, signature: bytes(96) };
export const anyQC: fc.Arbitrary<QC> = fc.oneof(
  fc.record({ ...qcParts, kind: fc.constantFrom<VoteKind>("prepare", "commit"), hash }),
  fc.record({ ...qcParts, kind: fc.constant<VoteKind>("skip"), hash: fc.constant(zeroHash) }),
);

export const anyHeader: fc.Arbitrary<Header> = fc.record({
  version: fc.constant(1 as const),
  epoch,
  view,
  height,
  parent: hash,
  parentView: view,
  payload: fc.uint8Array({ maxLength: 64 }),
});

const anyTip: fc.Arbitrary<LaneTip> = fc.record({ incarnation: u32, sequence: u32, hash });

export const anyPayload: fc.Arbitrary<Payload> = fc.record({
  cut: few(anyTip),
  time: micros,
  count: fc.nat(256),
  ordered: hash,
  l1: fc.record({ number: u64, hash }),
  nextCommittee: hash,
  snapshot: fc.option(fc.record({ height, root: hash }), { nil: undefined }),
  voided: fc.option(height, { nil: undefined }),
});

export const anyLane: fc.Arbitrary<Lane> = fc.record({
  epoch,
  owner: validator,
  incarnation: u32,
  sequence: u32,
  previous: hash,
  head: micros,
  entries: few(fc.record({ id: hash, stamp: micros })),
  signature: bytes(64),
});

const anySide = (
  kind: fc.Arbitrary<SignedPayload["kind"]>,
  payload = hash,
): fc.Arbitrary<SignedPayload> => fc.record({ kind, payload, signature: bytes(96) });

const anyContradiction = fc.constantFrom<SignedPayload["kind"]>("prepare", "commit", "checkpoint");
export const anyStatements: fc.Arbitrary<Evidence> = fc
  .tuple(
    fc.record({ epoch, offender: fc.nat(127).map(ValidatorIndex), slot: u64 }),
    fc.oneof(
      anyContradiction.chain((kind) =>
        fc.tuple(anySide(fc.constant(kind)), anySide(fc.constant(kind))),
      ),
      fc.tuple(anySide(fc.constant("commit")), anySide(fc.constant("skip"), fc.constant(zeroHash))),
    ),
  )
  .filter(([, [a, b]]) => areContradictory(a, b))
  .map(([place, sides]) => contradiction(place, sides));

export const anyLaneFork: fc.Arbitrary<Evidence> = fc
  .tuple(anyLane, hash)
  .filter(([lane, other]) => !equalBytes(lane.previous, other))
  .map(([lane, other]) => laneFork(lane, { ...lane, previous: other }));

export const anyReceipt: fc.Arbitrary<Receipt> = fc.record({
  epoch,
  validator,
  incarnation: u32,
  id: hash,
  stamp: micros,
  signature: bytes(64),
});

const anyEnvelope: fc.Arbitrary<Envelope> = fc.record({
  chainId: u64,
  namespace,
  class: fc.constantFrom(...classes),
  payer: fc.constantFrom(...payers),
  sender: bytes(20),
  nonce: u64,
  expiry: height,
  feeCap: u64,
});

export const anyTransaction: fc.Arbitrary<SealedTransaction> = fc.record({
  version: fc.constantFrom<0 | 1>(0, 1),
  envelope: anyEnvelope,
  body: fc.uint8Array({ maxLength: 40 }),
  signature: bytes(65),
});

export const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  number: u64,
  epoch,
  height,
  blockHash: hash,
  rollupsRoot: hash,
  next: hash,
});

export const anyCertifiedCheckpoint: fc.Arbitrary<CertifiedCheckpoint> = fc.record({
  checkpoint: anyCheckpoint,
  signers,
  signature: bytes(96),
});

const anyMember = fc.record({
  publicKey: bytes(48),
  networkKey: bytes(32),
  verificationKey: bytes(96),
});

const anyKey = fc.record({ keyId: u32, pk1: bytes(48), pk2: bytes(96) });

export const anyCommittee: fc.Arbitrary<Committee> = fc
  .record({
    epoch,
    // Any two members differ in each of their keys.
    members: fc.array(anyMember, { minLength: 1, maxLength: 3 }).map((members) =>
      members.map((member, i) => ({
        ...member,
        publicKey: member.publicKey.with(0, i),
        networkKey: member.networkKey.with(0, i),
      })),
    ),
    sealing: maybe(anyKey),
    old: maybe(fc.record({ key: anyKey, until: height })),
  })
  .map(({ old, ...committee }) => {
    const { members, sealing } = committee;
    // Only beside a newer one.
    if (old === undefined || sealing === undefined || old.key.keyId >= sealing.keyId)
      return committee;
    const verificationKeys = members.map(({ verificationKey }) => verificationKey.toReversed());
    const { key, until } = old;
    return Object.assign(committee, { retiring: { ...key, until, verificationKeys } });
  });

const endParts = {
  certified: anyCertifiedCheckpoint,
  committee: anyCommittee,
  commitQC: maybe(anyQC),
};
export const anyEpochEnd: fc.Arbitrary<EpochEnd> = fc.record(endParts);

export const anyInboxMessage: fc.Arbitrary<InboxMessage> = fc
  .record({
    namespace,
    index: u64,
    sender: bytes(20),
    timestamp: u64,
    data: fc.uint8Array({ maxLength: 40 }),
  })
  .map(withHash);

function withHash(message: Omit<InboxMessage, "messageHash">): InboxMessage {
  return { ...message, messageHash: inboxMessageHash(message) };
}

const anyNamespaceProof: fc.Arbitrary<NamespaceProof> = fc.record({
  width: fc.nat(4_096),
  tree: hash,
  leaves: fc.array(
    fc.record({
      index: u32,
      leaf: fc.record({ namespace, inbox: u32, count: u32, root: hash }),
      path: few(hash),
    }),
    { maxLength: 2 },
  ),
});

const anyDeliveredBlock: fc.Arbitrary<DeliveredBlock> = fc.record({
  header: anyHeader,
  proof: anyNamespaceProof,
  inbox: few(anyInboxMessage),
  transactions: few(
    fc.record({ transaction: anyTransaction, opening: fc.uint8Array({ maxLength: 48 }) }),
  ),
});

export const anyDeliveredPage: fc.Arbitrary<DeliveredPage> = fc.record({
  blocks: few(anyDeliveredBlock),
  certificate: anyQC,
  voids: few(fc.record({ headers: few(anyHeader), certificate: anyQC })),
});

const type = <T extends Message["type"]>(name: T): fc.Arbitrary<T> => fc.constant(name);

const voteParts = {
  type: type("vote"),
  epoch,
  view,
  signature: bytes(96),
  justification: maybe(anyQC),
  commitQC: maybe(anyQC),
};

/** By type, so that a new message does not compile without one. */
export const anyMessageOf: {
  readonly [T in Message["type"]]: fc.Arbitrary<Extract<Message, { readonly type: T }>>;
} = {
  propose: fc.record({
    type: type("propose"),
    header: anyHeader,
    parentQC: maybe(anyQC),
    skips: few(anyQC),
    commitQC: maybe(anyQC),
    signature: bytes(96),
  }),
  vote: fc.oneof(
    fc.record({ ...voteParts, kind: fc.constantFrom<VoteKind>("prepare", "commit"), hash }),
    fc.record({ ...voteParts, kind: fc.constant<VoteKind>("skip"), hash: fc.constant(zeroHash) }),
  ),
  certificate: fc.record({ type: type("certificate"), qc: anyQC }),
  status: fc.record({
    type: type("status"),
    epoch,
    view,
    entry: maybe(anyQC),
    commitQC: maybe(anyQC),
  }),
  "get-blocks": fc.record({ type: type("get-blocks"), hash, count: u16 }),
  blocks: fc.record({ type: type("blocks"), headers: few(anyHeader), certificate: maybe(anyQC) }),
  "get-certificates": fc.record({
    type: type("get-certificates"),
    epoch,
    from: view,
    to: view,
  }),
  lanes: fc.record({ type: type("lanes"), lanes: few(anyLane) }),
  "get-lanes": fc.record({ type: type("get-lanes"), owner: validator, hash, count: u16 }),
  "lane-tips": fc.record({ type: type("lane-tips"), tips: few(anyTip) }),
  transactions: fc.record({ type: type("transactions"), transactions: few(anyTransaction) }),
  "get-transactions": fc.record({ type: type("get-transactions"), ids: few(hash) }),
  shares: fc.record({
    type: type("shares"),
    height,
    blockHash: hash,
    signature: bytes(96),
    slices: few(fc.record({ slice: u16, shares: few(bytes(96)) })),
  }),
  opened: fc.record({
    type: type("opened"),
    height,
    blockHash: hash,
    slices: few(fc.record({ slice: u16, openings: few(bytes(48)) })),
  }),
  "pull-openings": fc.record({
    type: type("pull-openings"),
    wants: few(fc.record({ height, slices: few(u16) })),
  }),
  "checkpoint-vote": fc.record({
    type: type("checkpoint-vote"),
    checkpoint: anyCheckpoint,
    signature: bytes(96),
  }),
  "epoch-end": fc.record({ type: type("epoch-end"), ...endParts }),
  "get-snapshot": fc.record({ type: type("get-snapshot"), height, index: u32 }),
  "snapshot-chunk": fc.record({
    type: type("snapshot-chunk"),
    height,
    part: fc.record({
      bytes: u32,
      index: u32,
      chunk: fc.uint8Array({ maxLength: 64 }),
      tree: hash,
      path: few(hash),
    }),
  }),
};

export const anyFrame: fc.Arbitrary<Frame> = fc.record({
  epoch,
  message: fc.oneof(...Object.values<fc.Arbitrary<Message>>(anyMessageOf)),
});
