// Votes that cost nothing, for long runs. They bind signer and digest, and a process signs only with its own key,
// which is all that an adversary here needs to be held to.

import type { VoteSignatures } from "../../consensus/index.ts";
import type { LaneSignatures } from "../../mempool/index.ts";
import { equalBytes } from "../../base/index.ts";
import { signedDigest, type ValidatorIndex } from "../../protocol/index.ts";

export function fakeSignatures(self: ValidatorIndex): VoteSignatures {
  return {
    sign: (statement) => tagOf(self, signedDigest(statement)),
    verify: (signer, digest, signature) => equalBytes(signature, tagOf(signer, digest)),
    aggregate: (signatures) => xor(signatures),
    verifyAggregate: (signers, digest, signature) =>
      equalBytes(signature, xor(signers.map((signer) => tagOf(signer, digest)))),
  };
}

/** The same for lanes and receipts. */
export function fakeLaneSignatures(self: ValidatorIndex): LaneSignatures {
  const short = (signer: ValidatorIndex, hash: Uint8Array): Uint8Array =>
    tagOf(signer, hash).slice(0, 64);
  return {
    sign: (hash) => short(self, hash),
    verify: (owner, hash, signature) => equalBytes(signature, short(owner, hash)),
  };
}

/** 96 bytes, of which eight carry a keyed checksum of the digest. */
function tagOf(signer: number, digest: Uint8Array): Uint8Array {
  const tag = new Uint8Array(96);
  let a = Math.imul(signer + 1, 0x9e3779b1);
  let b = a ^ 0x85ebca6b;
  for (const byte of digest) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0xcc9e2d51) ^ (a >>> 15);
  }
  const view = new DataView(tag.buffer);
  view.setUint32(0, a >>> 0);
  view.setUint32(4, (b ^ (b >>> 13)) >>> 0);
  return tag;
}

function xor(tags: readonly Uint8Array[]): Uint8Array {
  const sum = new Uint8Array(96);
  for (const tag of tags) for (const [i, byte] of tag.entries()) sum[i] = (sum[i] ?? 0) ^ byte;
  return sum;
}
