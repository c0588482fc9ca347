// EIP-712: the hash of a typed message, as wallets and contracts compute it. Every field is a word of 32 bytes.

import { keccak256, utf8 } from "../sdk/index.ts";

export interface TypedDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  /** 20 bytes. */
  readonly verifyingContract: Uint8Array;
  /** As a number, right-aligned in its 32 bytes. */
  readonly salt: number;
}

/** A number, a bigint below 2^128, a truth value, an address (20 bytes), a hash (32 bytes), or a list of them. */
export type Field = number | bigint | boolean | Uint8Array | readonly Field[];

export function domainSeparator(domain: TypedDomain): Uint8Array {
  return hashStruct(domainType, [
    keccak256(utf8(domain.name)),
    keccak256(utf8(domain.version)),
    domain.chainId,
    domain.verifyingContract,
    domain.salt,
  ]);
}

/** Of `encodeType`: the type itself, then the types that it names, by name. */
export function typeHash(type: string): Uint8Array {
  return keccak256(utf8(type));
}

/** `hashStruct` of EIP-712, for the hash of a type. */
export function hashStruct(type: Uint8Array, fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(wordBytes * (1 + fields.length));
  bytes.set(type);
  writeWords(bytes, wordBytes, fields);
  return keccak256(bytes);
}

/** What is signed. */
export function hashTypedData(separator: Uint8Array, message: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.of(0x19, 0x01), separator, message);
}

const domainType = typeHash(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)",
);

const wordBytes = 32;

/** All in one buffer: lists of many actions are hashed field by field, and each piece of its own would cost as much. */
function writeWords(bytes: Uint8Array, from: number, fields: readonly Field[]): void {
  const view = new DataView(bytes.buffer);
  for (const [i, field] of fields.entries()) {
    const end = from + wordBytes * (i + 1);
    if (field instanceof Uint8Array) bytes.set(field, end - field.length);
    else if (typeof field === "object") bytes.set(hashList(field), end - wordBytes);
    else if (typeof field === "bigint") {
      view.setBigUint64(end - 16, field >> 64n);
      view.setBigUint64(end - 8, BigInt.asUintN(64, field));
    } else {
      // At most 53 bits, in two halves that need no bigint.
      const value = Number(field);
      view.setUint32(end - 8, Math.floor(value / 2 ** 32));
      view.setUint32(end - 4, value % 2 ** 32);
    }
  }
}

function hashList(items: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(wordBytes * items.length);
  writeWords(bytes, 0, items);
  return keccak256(bytes);
}
