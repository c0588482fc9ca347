// What Solidity's `abi.encode` writes, word by word, straight into bytes: a batch encodes thousands of leaves, and a library
// that reads types from strings takes longer for one than its hash. A value that its type cannot hold is our own mistake.

import { assert } from "../../sdk/index.ts";

export const wordBytes = 32;

export class Words {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(count: number) {
    this.bytes = new Uint8Array(count * wordBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Of a type with so many bits, at most 64. */
  uint(bits: number, value: number): this {
    const isOfType = Number.isSafeInteger(value) && value >= 0 && value < 2 ** bits;
    assert(isOfType, `${value} is no uint${bits}`);
    const at = this.#advance();
    if (value > 0xffff_ffff) this.#view.setUint32(at + 24, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 28, value >>> 0);
    return this;
  }

  int64(value: number): this {
    assert(Number.isSafeInteger(value), `${value} is no int64`);
    if (value >= 0) return this.uint(64, value);
    const at = this.#advance();
    this.bytes.fill(0xff, at, at + 24);
    this.#view.setBigInt64(at + 24, BigInt(value));
    return this;
  }

  uint128(value: bigint): this {
    assert(value >= 0n && value < 2n ** 128n, `${value} is no uint128`);
    return this.#low128(this.#advance(), value);
  }

  int128(value: bigint): this {
    assert(value >= -(2n ** 127n) && value < 2n ** 127n, `${value} is no int128`);
    const at = this.#advance();
    if (value < 0n) this.bytes.fill(0xff, at, at + 16);
    return this.#low128(at, value);
  }

  uint256(value: bigint): this {
    assert(value >= 0n && value < 2n ** 256n, `${value} is no uint256`);
    const at = this.#advance();
    this.#view.setBigUint64(at, value >> 192n);
    this.#view.setBigUint64(at + 8, value >> 128n);
    return this.#low128(at, value);
  }

  flag(value: boolean): this {
    this.bytes[this.#advance() + wordBytes - 1] = value ? 1 : 0;
    return this;
  }

  address(bytes: Uint8Array): this {
    assert(bytes.length === 20, "an address has 20 bytes");
    this.bytes.set(bytes, this.#advance() + 12);
    return this;
  }

  bytes32(bytes: Uint8Array): this {
    assert(bytes.length === wordBytes, "a hash has 32 bytes");
    this.bytes.set(bytes, this.#advance());
    return this;
  }

  /** Where, counted in words, something stands whose size is not fixed. */
  offset(words: number): this {
    return this.uint(64, words * wordBytes);
  }

  /** The bytes, once every word has been written. */
  finish(): Uint8Array {
    assert(this.#at === this.bytes.length, "every word is written");
    return this.bytes;
  }

  /** `setBigUint64` keeps the low 64 bits, as two's complement does. */
  #low128(at: number, value: bigint): this {
    this.#view.setBigUint64(at + 16, value >> 64n);
    this.#view.setBigUint64(at + 24, value);
    return this;
  }

  #advance(): number {
    const at = this.#at;
    assert(at < this.bytes.length, "no more words than were announced");
    this.#at += wordBytes;
    return at;
  }
}
