// The words of 32 bytes that events and results are made of, range-checked: a decoder that masked what is out of
// range would let one id pass for another.

import { toHex } from "../../base/index.ts";

const wordLength = 32;
const uint32Max = 0xffff_ffffn;

/** The word at that place; zero-length past the end, which is no number. */
export function wordAt(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.subarray(index * wordLength, (index + 1) * wordLength);
}

/** Undefined unless the word is there and its number is safe. */
export function toCount(word: Uint8Array | string | undefined): number | undefined {
  const value = toUint(word);
  return value !== undefined && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : undefined;
}

export function toUint32(word: Uint8Array | string | undefined): number | undefined {
  const value = toUint(word);
  return value !== undefined && value <= uint32Max ? Number(value) : undefined;
}

/** Undefined unless all before its 20 bytes is zero. */
export function toAddress(word: Uint8Array | string | undefined): string | undefined {
  const value = toUint(word);
  if (value === undefined || value >= 1n << 160n) return undefined;
  return `0x${value.toString(16).padStart(40, "0")}`;
}

export function toUint(word: Uint8Array | string | undefined): bigint | undefined {
  if (word === undefined) return undefined;
  if (typeof word === "string") return BigInt(word);
  return word.length === wordLength ? BigInt(`0x${toHex(word)}`) : undefined;
}
