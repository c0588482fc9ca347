export { isDraft, overwrite, syncFolder, writeOnce } from "./durable-file.ts";
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
export { type PasswordSource, readPassword } from "./password.ts";
export { readSmallFile } from "./small-file.ts";
