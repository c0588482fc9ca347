// What a client believes: a genesis, and all that follows from it alone.

import { CodedError, equalBytes } from "../base/index.ts";
import {
  nobleSealingGroup,
  type SealingGroup,
  type SealingKey,
  toSealingKey,
} from "../crypto/index.ts";
import { type Genesis, genesisHash, settlementDomain } from "../protocol/index.ts";

export interface Network {
  readonly genesis: Genesis;
  /** The parent of the first block, 32 bytes. */
  readonly genesisHash: Uint8Array;
  /** What the committee's signatures are bound to, 32 bytes. */
  readonly domain: Uint8Array;
  /** To what transactions are sealed. */
  readonly sealingKey: SealingKey;
}

/** Two pairings, once. Throws `CodedError` BAD_SEALING_KEY when the two halves of the key do not belong together. */
export function toNetwork(genesis: Genesis, group: SealingGroup = nobleSealingGroup): Network {
  const { chainId, contracts, committee } = genesis;
  const { sealing } = committee;
  const sealingKey = sealing && toSealingKey(group, { chainId, ...sealing });
  if (sealingKey === undefined)
    throw new CodedError("BAD_SEALING_KEY", "the genesis names a sealing key that is not one");
  return {
    genesis,
    genesisHash: genesisHash(genesis),
    domain: settlementDomain({ chainId, hub: contracts.hub }),
    sealingKey,
  };
}

/** Throws `CodedError` WRONG_GENESIS unless it is the one that is trusted. */
export function requireGenesis(genesis: Genesis, trustedHash: Uint8Array): Genesis {
  if (!equalBytes(genesisHash(genesis), trustedHash))
    throw new CodedError("WRONG_GENESIS", "this is another network than the one that is trusted");
  return genesis;
}
