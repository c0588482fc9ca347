// The published package: seal, submit, follow, verify, in a browser or anywhere else.

export { type ClientOptions, ConclaveClient } from "./client.ts";
export type { Fetch } from "./endpoint.ts";
export { Epochs, type KnownEpoch } from "./epochs.ts";
export type { EndpointFault, FollowOptions } from "./follow.ts";
export { type Forced, type InboxToExecute, inboxToExecute } from "./forced.ts";
export { type Network, requireGenesis, toNetwork } from "./network.ts";
export type { WebSocketConstructor } from "./pages.ts";
export {
  clearTransaction,
  type EnvelopeFields,
  sealTransaction,
  type TransactionRequest,
} from "./seal.ts";
export { keySigner, type Signer } from "./signer.ts";
export { isReceiptFor, type Submission } from "./submit.ts";
export {
  type Anchor,
  type Backends,
  genesisAnchor,
  type PageFault,
  type PageRequest,
  toAnchor,
  type VerifiedBlock,
  type VerifiedTransaction,
  verifyPage,
} from "./verify.ts";

// What a rollup builds its own formats with: the same codec, hashes and signatures.
export {
  assert,
  BoundedMap,
  type Brand,
  CodedError,
  compareBytes,
  concatBytes,
  decode,
  encode,
  equalBytes,
  fromHex,
  Reader,
  toHex,
  u64Bytes,
  unreachable,
  utf8,
  Writer,
} from "../base/index.ts";
export {
  addressOf,
  type Bls,
  keccak256,
  nobleBls,
  nobleSealingGroup,
  nobleSenderSignatures,
  type SealingGroup,
  type SealingKey,
  type SenderSignatures,
  sha256,
} from "../crypto/index.ts";
export {
  chainBatch,
  chainInbox,
  type Class,
  type Envelope,
  fromGenesisJson,
  type Genesis,
  genesisHash,
  type Header,
  Height,
  hexJson,
  type InboxMessage,
  type JsonRecord,
  limits,
  Micros,
  Namespace,
  type Payer,
  type Receipt,
  type SealedTransaction,
  sealedPayloadBytesMax,
  type StrictJson,
  strictJson,
  toGenesisJson,
  transactionId,
  type TransactionState,
  transactionStates,
  type TransactionStatus,
} from "../protocol/index.ts";
