// EIP-712: the hash of a typed message, as wallets and contracts compute it. Every field is a word of 32 bytes.

import { concatBytes, keccak256, utf8 } from "../sdk/index.ts";

export interface TypedDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  /** 20 bytes. */
  readonly verifyingContract: Uint8Array;
  /** As a number, right-aligned in its 32 bytes. */
  readonly salt: number;
}

/** A number, a truth value, an address (20 bytes), a hash (32 bytes), or a list of them. */
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
  return keccak256(type, ...fields.map(toWord));
}

/** What is signed. */
export function hashTypedData(separator: Uint8Array, message: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.of(0x19, 0x01), separator, message);
}

const domainType = typeHash(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)",
);

function toWord(field: Field): Uint8Array {
  if (field instanceof Uint8Array)
    return field.length === 32 ? field : concatBytes(new Uint8Array(32 - field.length), field);
  if (typeof field === "object") return keccak256(...field.map(toWord));
  const word = new Uint8Array(32);
  if (typeof field !== "bigint") new DataView(word.buffer).setBigUint64(24, BigInt(field));
  else
    for (let at = 31, rest = field; rest > 0n; at--, rest >>= 8n) word[at] = Number(rest & 0xffn);
  return word;
}
