// The work of a thread: whose the signatures in some payloads are, hashing included, which costs as much in long lists.

import { decode, encode, type Reader, type Writer } from "../../sdk/index.ts";
import type { RollupDomain } from "../intents.ts";
import { decodePayload, signaturesOf } from "../payloads.ts";
import type { SignatureBackend } from "./backend.ts";

/** One signature of a payload. */
export interface SignedBy {
  /** What was signed, 32 bytes. */
  readonly digest: Uint8Array;
  /** The address of the key, 20 bytes; undefined when the signature is none. */
  readonly signer: Uint8Array | undefined;
}

/** In the order of the payload; none of what is no payload. */
export function recoverPayload(
  domain: RollupDomain,
  bytes: Uint8Array,
  backend: Pick<SignatureBackend, "recover">,
): SignedBy[] {
  const payload = decodePayload(bytes);
  if (payload === undefined) return [];
  return signaturesOf(domain, payload).map(({ digest, signature }) => ({
    digest,
    signer: backend.recover(digest, signature),
  }));
}

// Bounds of what travels between our own threads; what comes from others was bounded when it was ordered.
const payloadsMax = 65_536;
const payloadBytesMax = 2 ** 24;
const signaturesMax = 64;

export function encodePayloads(payloads: readonly Uint8Array[]): Uint8Array {
  return encode(payloads, (writer, each) =>
    writer.list(each, payloadsMax, (w, bytes) => w.bytes(bytes, payloadBytesMax)),
  );
}

export function decodePayloads(bytes: Uint8Array): Uint8Array[] | undefined {
  return decode(bytes, (reader) => reader.list(payloadsMax, (r) => r.bytes(payloadBytesMax)));
}

export function encodeAnswer(answer: readonly (readonly SignedBy[])[]): Uint8Array {
  return encode(answer, (writer, each) =>
    writer.list(each, payloadsMax, (w, signed) => w.list(signed, signaturesMax, writeSignedBy)),
  );
}

export function decodeAnswer(bytes: Uint8Array): SignedBy[][] | undefined {
  return decode(bytes, (reader) =>
    reader.list(payloadsMax, (r) => r.list(signaturesMax, readSignedBy)),
  );
}

function writeSignedBy(writer: Writer, { digest, signer }: SignedBy): void {
  writer.fixed(digest, 32).optional(signer, (w, address) => w.fixed(address, 20));
}

function readSignedBy(reader: Reader): SignedBy {
  return { digest: reader.fixed(32), signer: reader.optional((r) => r.fixed(20)) };
}
