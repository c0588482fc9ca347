// Numbers that the codec does not have: below zero, and beyond what a `number` holds.

import { assert, type Reader, type Writer } from "../sdk/index.ts";

/** Two's complement in 8 bytes. */
export function writeI64(writer: Writer, value: number): void {
  assert(Number.isSafeInteger(value), `${value} is no integer`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  writer.fixed(bytes, 8);
}

export function readI64(reader: Reader): number {
  const value = Number(viewOf(reader.fixed(8)).getBigInt64(0));
  reader.require(Number.isSafeInteger(value), "INTEGER_TOO_LARGE");
  return value;
}

export function writeU128(writer: Writer, value: bigint): void {
  writeWide(writer, 2, value);
}

export function readU128(reader: Reader): bigint {
  return readWide(reader, 2);
}

export function writeI128(writer: Writer, value: bigint): void {
  writeWide(writer, 2, BigInt.asUintN(128, value));
}

export function readI128(reader: Reader): bigint {
  return BigInt.asIntN(128, readWide(reader, 2));
}

export function writeU256(writer: Writer, value: bigint): void {
  writeWide(writer, 4, value);
}

export function readU256(reader: Reader): bigint {
  return readWide(reader, 4);
}

/** In so many parts of 64 bits, the highest first. */
function writeWide(writer: Writer, parts: number, value: bigint): void {
  assert(value >= 0n && value >> BigInt(64 * parts) === 0n, `${value} does not fit`);
  const bytes = new Uint8Array(8 * parts);
  const view = new DataView(bytes.buffer);
  for (let part = parts - 1, rest = value; part >= 0; part--, rest >>= 64n)
    view.setBigUint64(8 * part, rest);
  writer.fixed(bytes, bytes.length);
}

function readWide(reader: Reader, parts: number): bigint {
  const view = viewOf(reader.fixed(8 * parts));
  let value = 0n;
  for (let part = 0; part < parts; part++) value = (value << 64n) | view.getBigUint64(8 * part);
  return value;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
