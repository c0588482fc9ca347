export { type ClientOptions, ConclaveClient } from "./client.ts";
export type { Fetch } from "./endpoint.ts";
export type { EndpointFault, FollowOptions } from "./follow.ts";
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
  type VerifiedBlock,
  type VerifiedTransaction,
  verifyPage,
} from "./verify.ts";
