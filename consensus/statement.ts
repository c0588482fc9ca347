import { toHex } from "../base/index.ts";
import {
  type Epoch,
  signedDigest,
  type Statement,
  type View,
  type VoteKind,
} from "../protocol/index.ts";

/** What one vote says, and a certificate says with many voices. */
export interface VoteStatement {
  readonly kind: VoteKind;
  readonly view: View;
  /** Block hash, zeros for a SKIP. */
  readonly hash: Uint8Array;
}

/** The 32 bytes that are signed for a statement. */
export type DigestOf = (statement: VoteStatement) => Uint8Array;

export function digestIn(domain: Uint8Array, epoch: Epoch): DigestOf {
  return (statement) => signedDigest(inEnvelope(statement, { domain, epoch }));
}

/** A vote as everything that validators sign is written down. */
export function inEnvelope(
  { kind, view, hash }: VoteStatement,
  place: { readonly domain: Uint8Array; readonly epoch: Epoch },
): Statement {
  return { ...place, kind, slot: view, payload: hash };
}

/** Tells statements of one view apart in maps. */
export function statementKey({ kind, hash }: VoteStatement): string {
  return `${kind} ${toHex(hash)}`;
}
