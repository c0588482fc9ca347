// What contracts/ rebuild byte for byte. Keccak-256 and ABI words here, and nowhere else.

import { concatBytes, u64Bytes } from "../base/index.ts";
import { keccak256 } from "../crypto/index.ts";
import { kinds } from "./certificate.ts";

/** One statement of a validator. Two of equal kind, epoch and slot with different payloads are a provable lie. */
export interface Statement {
  /** `Messages.domain` of the Hub: binds chain and contract. 32 bytes. */
  readonly domain: Uint8Array;
  readonly kind: keyof typeof kinds;
  readonly epoch: number;
  /** The view of a vote; the height of a checkpoint. */
  readonly slot: number;
  /** Block hash, zeros for a SKIP, hash of a checkpoint. 32 bytes. */
  readonly payload: Uint8Array;
}

/** keccak256(abi.encode(domain, kind, epoch, slot, payload)), as in Messages.sol. 32 bytes. */
export function signedDigest(statement: Statement): Uint8Array {
  const { domain, kind, epoch, slot, payload } = statement;
  return keccak256(concatBytes(domain, word(kinds[kind]), word(epoch), word(slot), payload));
}

function word(value: number): Uint8Array {
  return concatBytes(new Uint8Array(24), u64Bytes(value));
}
