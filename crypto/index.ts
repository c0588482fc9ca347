export { type Bls, nobleBls } from "./bls.ts";
export {
  addressOf,
  addressOfUncompressed,
  joinSenderSignature,
  nobleSenderSignatures,
  type SenderSignatures,
  splitSenderSignature,
} from "./ecdsa.ts";
export { isValidNetworkKey, type NetworkSignatures, nobleNetworkSignatures } from "./ed25519.ts";
export { g1ToEip2537, g1Uncompressed, g2ToEip2537 } from "./eip2537.ts";
export { keccak256, sha256 } from "./hash.ts";
export { merkleProof, merkleRoot, verifyMerkleProof } from "./merkle.ts";
export { provePossession, verifyPossession } from "./possession.ts";
