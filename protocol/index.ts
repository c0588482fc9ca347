export {
  type Batch,
  batchHash,
  type CertifiedHeaders,
  chainBatch,
  decodeDeliveredPage,
  type DeliveredBlock,
  type DeliveredPage,
  encodeDeliveredPage,
  type OpenedTransaction,
} from "./batch.ts";
export {
  blockHash,
  decodeHeader,
  decodePayload,
  encodeHeader,
  encodePayload,
  type Header,
  type Payload,
} from "./block.ts";
export {
  decodeQC,
  encodeQC,
  kinds,
  type QC,
  readQC,
  type VoteKind,
  writeQC,
  zeroHash,
} from "./certificate.ts";
export {
  type CertifiedCheckpoint,
  type Checkpoint,
  decodeCertifiedCheckpoint,
  decodeCheckpoint,
  encodeCertifiedCheckpoint,
  encodeCheckpoint,
} from "./checkpoint.ts";
export {
  type Committee,
  decodeCommittee,
  encodeCommittee,
  faultyMax,
  type HeldKey,
  isMember,
  isSealedTo,
  keysOf,
  type Member,
  type RetiringKey,
  type SealingPublicKey,
  sealingOf,
  quorum,
} from "./committee.ts";
export {
  type Control,
  type ControlContent,
  controlDigest,
  controlNamespace,
  fromControlTransaction,
  readDealtShare,
  toControlTransaction,
  writeDealtShare,
} from "./control.ts";
export { domains } from "./domains.ts";
export { type CommonEffect, spaces } from "./effects.ts";
export {
  areContradictory,
  contradiction,
  decodeEvidence,
  encodeEvidence,
  type Evidence,
  isConvicting,
  laneFork,
  lieOf,
  offenderOf,
  type SignedPayload,
  type ContradictionCall,
  toContradictionCall,
} from "./evidence.ts";
export {
  committeeDigest,
  decodeEpochEnd,
  encodeEpochEnd,
  type EpochEnd,
  isEndOf,
  nextCommitteeHash,
} from "./epoch-end.ts";
export { decodeFrame, encodeFrame, type Frame, frameTypeOf } from "./frame.ts";
export { type Genesis, genesisHash, type Parameters } from "./genesis.ts";
export {
  fromCommitteeJson,
  fromGenesisJson,
  toCommitteeJson,
  toGenesisJson,
} from "./genesis-json.ts";
export {
  chainInbox,
  type InboxMessage,
  inboxMessageHash,
  readInboxMessage,
  writeInboxMessage,
} from "./inbox.ts";
export type { Candidate, L1Block, L1Event, Policy } from "./l1.ts";
export {
  type Cut,
  emptyTip,
  type Lane,
  type LaneEntry,
  laneHash,
  type LaneTip,
  readCut,
  readLane,
  writeCut,
  writeLane,
} from "./lane.ts";
export * as limits from "./limits.ts";
export type {
  Blocks,
  Certificate,
  CheckpointVote,
  ConsensusMessage,
  EpochEnded,
  GetBlocks,
  GetCertificates,
  GetLanes,
  GetSnapshot,
  GetTransactions,
  LaneMessages,
  LaneTips,
  MempoolMessage,
  Message,
  Opened,
  OpeningMessage,
  Propose,
  PullOpenings,
  Shares,
  SnapshotChunk,
  StateSyncMessage,
  Status,
  Transactions,
  Vote,
} from "./messages.ts";
export { decodeMessage, encodeMessage } from "./messages.ts";
export {
  checkNamespace,
  type NamespaceLeaf,
  namespaceLeaf,
  type NamespaceProof,
  namespacesRoot,
  proveNamespace,
} from "./namespaces.ts";
export { Epoch, Height, Micros, Namespace, ValidatorIndex, View } from "./numbers.ts";
export { padPayload, sealedPayloadBytesMax, unpadPayload } from "./padding.ts";
export { readReceipt, type Receipt, receiptHash, writeReceipt } from "./receipt.ts";
export {
  type Class,
  classes,
  decodeTransaction,
  encodeEnvelope,
  encodeTransaction,
  type Envelope,
  type Payer,
  payers,
  type SealedTransaction,
  senderDigest,
  transactionBytes,
  transactionId,
} from "./transaction.ts";
export {
  absentMembers,
  checkpointDigest,
  checkpointHash,
  checkpointStatement,
  committeeHash,
  committeeHead,
  possessionDigest,
  type RollupLeaf,
  rollupLeaf,
  rollupProof,
  rollupsRoot,
  type Seat,
  settlementDomain,
  signedDigest,
  type Statement,
} from "./settlement.ts";
export {
  isPartOf,
  proveSnapshotPart,
  snapshotChunkCount,
  snapshotChunkHash,
  snapshotChunkKey,
  type SnapshotName,
  type SnapshotPart,
  snapshotRoot,
} from "./snapshot.ts";
export {
  fromReceiptJson,
  fromStatusJson,
  toReceiptJson,
  toStatusJson,
  type TransactionState,
  transactionStates,
  type TransactionStatus,
} from "./status.ts";
export { hexJson, type JsonRecord, type StrictJson, strictJson } from "./strict-json.ts";
