// The one way from values to bytes and back: fixed-size big-endian integers, u32 lengths with a stated
// maximum, no trailing bytes. What decodes re-encodes to the same bytes, so a hash names one value only.

import { assert } from "./assert.ts";

/** Builds an encoding. Values out of range are our own mistake, hence an assertion. */
export class Writer {
  #buffer = new Uint8Array(256);
  #length = 0;

  u8(value: number): this {
    assertInteger(value, 0xff);
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    assertInteger(value, 0xffff);
    return this.u8(value >>> 8).u8(value & 0xff);
  }

  u32(value: number): this {
    assertInteger(value, 0xffff_ffff);
    this.#reserve(4);
    new DataView(this.#buffer.buffer).setUint32(this.#length, value);
    this.#length += 4;
    return this;
  }

  /** 8 bytes on the wire; only the safe integers of JavaScript exist in the protocol. */
  u64(value: number): this {
    assertInteger(value, Number.MAX_SAFE_INTEGER);
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setBigUint64(this.#length, BigInt(value));
    this.#length += 8;
    return this;
  }

  flag(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** Bytes whose length the schema knows. */
  fixed(bytes: Uint8Array, length: number): this {
    assert(bytes.length === length, `a field of ${length} bytes has ${bytes.length}`);
    return this.#append(bytes);
  }

  /** u32 length, then the bytes. */
  bytes(bytes: Uint8Array, lengthMax: number): this {
    assert(bytes.length <= lengthMax, `${bytes.length} bytes exceed the maximum of ${lengthMax}`);
    return this.u32(bytes.length).#append(bytes);
  }

  /** u32 count, then the items. */
  list<T>(items: readonly T[], countMax: number, write: (writer: this, item: T) => void): this {
    assert(items.length <= countMax, `${items.length} items exceed the maximum of ${countMax}`);
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** A flag, then the value if there is one. */
  optional<T>(value: T | undefined, write: (writer: this, value: T) => void): this {
    this.flag(value !== undefined);
    if (value !== undefined) write(this, value);
    return this;
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #append(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + count));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}

/** Reads what a `Writer` wrote. Throws `DecodeError` and nothing else; `decode` turns it into a value. */
export class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError("INTEGER_TOO_LARGE");
    return Number(value);
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new DecodeError("NOT_A_FLAG");
    return value === 1;
  }

  fixed(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.slice(start, start + length);
  }

  bytes(lengthMax: number): Uint8Array {
    const length = this.u32();
    if (length > lengthMax) throw new DecodeError("TOO_LONG");
    return this.fixed(length);
  }

  list<T>(countMax: number, read: (reader: this) => T): T[] {
    const count = this.u32();
    // Every item takes at least one byte, so a count beyond the rest is refused before memory is taken.
    if (count > countMax || count > this.#bytes.length - this.#offset)
      throw new DecodeError("TOO_MANY");
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  optional<T>(read: (reader: this) => T): T | undefined {
    return this.flag() ? read(this) : undefined;
  }

  /** Refuses what the schema does not allow although the bytes could be read. */
  require(condition: boolean, code: string): void {
    if (!condition) throw new DecodeError(code);
  }

  finish(): void {
    if (this.#offset !== this.#bytes.length) throw new DecodeError("TRAILING_BYTES");
  }

  #advance(count: number): number {
    const start = this.#offset;
    if (count > this.#bytes.length - start) throw new DecodeError("TOO_SHORT");
    this.#offset = start + count;
    return start;
  }
}

export class DecodeError extends Error {
  override name = "DecodeError";
  readonly code: string;

  constructor(code: string) {
    super(`cannot decode: ${code}`);
    this.code = code;
  }
}

/** Reads exactly one value from foreign bytes; undefined when they are not its one encoding. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): T | undefined {
  try {
    const reader = new Reader(bytes);
    const value = read(reader);
    reader.finish();
    return value;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The bytes of one value. */
export function encode<T>(value: T, write: (writer: Writer, value: T) => void): Uint8Array {
  const writer = new Writer();
  write(writer, value);
  return writer.finish();
}

function assertInteger(value: number, max: number): void {
  assert(Number.isSafeInteger(value) && value >= 0 && value <= max, `${value} is not in 0..${max}`);
}
