export { openKeyFile, readKeyFile, writeKeyFile } from "./key-file.ts";
export type { KeyLabel } from "./key-label.ts";
export {
  decryptKeystore,
  type Derivation,
  encryptKeystore,
  type NetworkKey,
  readKeyLabel,
  type SecretKey,
  type StoredKeyShare,
  type ValidatorKey,
} from "./keystore.ts";
export { type EpochSecrets, KeyRing } from "./key-ring.ts";
export { type NodeKeys, readNodeKeys } from "./node-keys.ts";
export { type PasswordSource, readPassword } from "./password.ts";
export { hasSignedMark, leaveSignedMark } from "./signed-mark.ts";
