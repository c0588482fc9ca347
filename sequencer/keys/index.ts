export { type EpochSecrets, KeyRing } from "./key-ring.ts";
export { type NodeKeys, readNodeKeys } from "./node-keys.ts";
export { hasSignedMark, leaveSignedMark } from "./signed-mark.ts";
