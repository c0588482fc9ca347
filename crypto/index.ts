export { type Bls, nobleBls } from "./bls.ts";
export { type DealtKey, dealKeyShares } from "./dealer.ts";
export {
  checkDealing,
  type Dealing,
  type DealingPlan,
  type DealerSecrets,
  type DealtShare,
  isDealtShare,
  makeDealing,
  openDealing,
  revealShares,
  revealsMax,
  type Round,
  type SharedKey,
} from "./dealing.ts";
export {
  combineDealings,
  combineKeyShare,
  type CompleteDealing,
  dealingsNeeded,
  isComplete,
} from "./dkg.ts";
export {
  addressOf,
  addressOfUncompressed,
  joinSenderSignature,
  nobleSenderSignatures,
  type SenderSignatures,
  splitSenderSignature,
} from "./ecdsa.ts";
export { isValidNetworkKey, type NetworkSignatures, nobleNetworkSignatures } from "./ed25519.ts";
export { epochPublicKey, isValidEpochKey } from "./epoch-key.ts";
export { g1Compressed, g1Sum, g1ToEip2537, g1Uncompressed, g2ToEip2537 } from "./eip2537.ts";
export { keccak256, sha256 } from "./hash.ts";
export {
  leafHash,
  merkleProof,
  merkleRoot,
  proofOfLeafHashes,
  rootOfLeafHashes,
  verifyMerkleProof,
} from "./merkle.ts";
export { nobleSealingGroup } from "./noble-sealing-group.ts";
export {
  areValidOpenings,
  areValidShares,
  type BatchOpening,
  combineShares,
  decryptionShares,
  isValidOpening,
  openBatch,
  openBatches,
  type ShareBatch,
  type ShareRow,
  weightBytesLength,
} from "./opening.ts";
export { provePossession, verifyPossession } from "./possession.ts";
export { isSecretScalar } from "./scalar.ts";
export {
  ephemeralPoint,
  fromKeyedPoint,
  isValidSeal,
  keyedPoint,
  seal,
  sealedKeyId,
  sealOverheadBytes,
  unseal,
} from "./sealing.ts";
export type { SealingGroup } from "./sealing-group.ts";
export { type SealingKey, toSealingKey } from "./sealing-key.ts";
