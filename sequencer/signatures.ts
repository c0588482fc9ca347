// The keys of a committee as the machines ask for them: by index, and with this validator's secret inside.

import type { VoteSignatures } from "../consensus/index.ts";
import type { Bls, NetworkSignatures } from "../crypto/index.ts";
import type { LaneSignatures } from "../mempool/index.ts";
import { signedDigest } from "../protocol/index.ts";
import type { VerifyAggregateOf } from "./later-epochs.ts";

/** Votes and checkpoints. `publicKeys` by validator index, 48 bytes each. */
export function voteSignatures(
  bls: Bls,
  secretKey: Uint8Array,
  publicKeys: readonly Uint8Array[],
): VoteSignatures {
  return {
    sign: (statement) => bls.sign(secretKey, signedDigest(statement)),
    verify(signer, digest, signature) {
      const key = publicKeys[signer];
      return key !== undefined && bls.verify(key, digest, signature);
    },
    aggregate: (signatures) => bls.aggregateSignatures(signatures),
    verifyAggregate(signers, digest, signature) {
      const keys = signers.flatMap((signer) => publicKeys[signer] ?? []);
      return keys.length === signers.length && bls.verifyAggregate(keys, digest, signature);
    },
  };
}

/** Of a committee that is not this node's own. */
export function verifierOf(bls: Bls): VerifyAggregateOf {
  return ({ members }, { signers, digest, signature }) => {
    const keys = signers.flatMap((signer) => members[signer]?.publicKey ?? []);
    return keys.length === signers.length && bls.verifyAggregate(keys, digest, signature);
  };
}

/** Lanes and receipts. `publicKeys` by validator index, 32 bytes each. */
export function laneSignatures(
  ed25519: NetworkSignatures,
  secretKey: Uint8Array,
  publicKeys: readonly Uint8Array[],
): LaneSignatures {
  return {
    sign: (hash) => ed25519.sign(secretKey, hash),
    verify(owner, hash, signature) {
      const key = publicKeys[owner];
      return key !== undefined && ed25519.verify(key, hash, signature);
    },
  };
}
