export { type Network, requireGenesis, toNetwork } from "./network.ts";
export {
  clearTransaction,
  type EnvelopeFields,
  sealTransaction,
  type TransactionRequest,
} from "./seal.ts";
export { keySigner, type Signer } from "./signer.ts";
