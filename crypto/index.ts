export { keccak256, sha256 } from "./hash.ts";
export { merkleProof, merkleRoot, verifyMerkleProof } from "./merkle.ts";
