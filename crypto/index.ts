export { keccak256, sha256 } from "./hash.ts";
