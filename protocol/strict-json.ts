// Reads foreign JSON field by field: bytes are 0x-prefixed lower-case hex, counts are integers, and nothing is missing,
// unknown or out of range. What is wrong is thrown as a `CodedError` whose message names the field.

import { CodedError, fromHex, toHex } from "../base/index.ts";

export type JsonRecord = Readonly<Record<string, unknown>>;

export interface StrictJson {
  /** An object with these fields and no others; those named optional may lack. */
  record(
    json: unknown,
    path: string,
    names: readonly string[],
    optional?: readonly string[],
  ): JsonRecord;
  /** From 0 to `max`. */
  integer(json: unknown, path: string, max?: number): number;
  bytes(json: unknown, path: string, length: number): Uint8Array;
  /** One of these words. */
  word<Word extends string>(json: unknown, path: string, words: readonly Word[]): Word;
  wrong(path: string, expected: string): CodedError;
}

/** Whoever reads says under which code it fails. */
export function strictJson(code: string): StrictJson {
  const wrong = (path: string, expected: string): CodedError =>
    new CodedError(code, `${path} must be ${expected}`, { details: { path } });
  return {
    wrong,
    record(json, path, names, optional = []) {
      if (typeof json !== "object" || json === null || Array.isArray(json))
        throw wrong(path, "an object");
      const missing = names.find((name) => !Object.hasOwn(json, name));
      if (missing !== undefined) throw wrong(path, `an object with the field ${missing}`);
      const known = [...names, ...optional];
      if (Object.keys(json).some((name) => !known.includes(name)))
        throw wrong(path, `an object with no other fields than ${known.join(", ")}`);
      return json as JsonRecord;
    },
    integer(json, path, max = Number.MAX_SAFE_INTEGER) {
      if (!Number.isSafeInteger(json) || (json as number) < 0 || (json as number) > max)
        throw wrong(path, `an integer from 0 to ${max}`);
      // Minus zero passes for an integer, and is written as another number than zero.
      return (json as number) + 0;
    },
    bytes(json, path, length) {
      const isHex = typeof json === "string" && /^0x[0-9a-f]*$/.test(json);
      const value = isHex ? fromHex(json) : undefined;
      if (value?.length !== length) throw wrong(path, `${length} bytes as 0x and lower-case hex`);
      return value;
    },
    word(json, path, words) {
      const word = words.find((each) => each === json);
      if (word === undefined) throw wrong(path, `one of ${words.join(", ")}`);
      return word;
    },
  };
}

export function hexJson(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}
