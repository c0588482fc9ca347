// Whose signatures they are, on threads of their own.

export { signatureBackend, type SignatureBackend } from "./backend.ts";
export type { SignedBy } from "./recover.ts";
export { inlineSigners, type Signers, startSigners } from "./signers.ts";
