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

/** A number, a truth value, an address (20 bytes), a hash (32 bytes), or a list of hashes. */
export type Field = number | bigint | boolean | Uint8Array | readonly Uint8Array[];

export function domainSeparator(domain: TypedDomain): Uint8Array {
  return hashStruct(domainType, [
    keccak256(utf8(domain.name)),
    keccak256(utf8(domain.version)),
    domain.chainId,
    domain.verifyingContract,
    domain.salt,
  ]);
}

/** `hashStruct` of EIP-712. The type is `encodeType`: itself, then the types that it names, by name. */
export function hashStruct(type: string, fields: readonly Field[]): Uint8Array {
  return keccak256(keccak256(utf8(type)), ...fields.map(toWord));
}

/** What is signed. */
export function hashTypedData(separator: Uint8Array, message: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.of(0x19, 0x01), separator, message);
}

const domainType =
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";

function toWord(field: Field): Uint8Array {
  if (field instanceof Uint8Array) return concatBytes(new Uint8Array(32 - field.length), field);
  if (typeof field === "object") return keccak256(...field);
  const word = new Uint8Array(32);
  let rest = BigInt(field);
  for (let at = 31; rest > 0n; at--, rest >>= 8n) word[at] = Number(rest & 0xffn);
  return word;
}
