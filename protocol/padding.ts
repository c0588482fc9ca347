// What is sealed is padded first, so that a ciphertext's length says no more than its size class: the payload, one
// byte 0x80, then zeros up to a multiple of `sizeClassBytes` (ISO/IEC 7816-4).

import { assert } from "../base/index.ts";
import { sealOverheadBytes } from "../crypto/index.ts";
import { sizeClassBytes, transactionBodyBytesMax } from "./limits.ts";

const marker = 0x80;

const paddedBytesMax =
  Math.floor((transactionBodyBytesMax - sealOverheadBytes) / sizeClassBytes) * sizeClassBytes;

/** The longest payload that can be sealed, bytes: its padding takes at least one more. */
export const sealedPayloadBytesMax: number = paddedBytesMax - 1;

/** The message to seal. Whoever wants to hide the size further may append zeros, up to a larger class. */
export function padPayload(payload: Uint8Array): Uint8Array {
  assert(payload.length <= sealedPayloadBytesMax, "a payload fits into the largest size class");
  const padded = new Uint8Array(Math.ceil((payload.length + 1) / sizeClassBytes) * sizeClassBytes);
  padded.set(payload);
  padded[payload.length] = marker;
  return padded;
}

/** The payload of an unsealed message; undefined when it is not padded so, which makes the transaction void. */
export function unpadPayload(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length % sizeClassBytes !== 0) return undefined;
  const end = padded.findLastIndex((byte) => byte !== 0);
  return padded[end] === marker ? padded.slice(0, end) : undefined;
}
