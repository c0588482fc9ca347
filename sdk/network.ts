// What a client believes: a genesis, and all that follows from it alone.

import { CodedError, equalBytes } from "../base/index.ts";
import { nobleSealingGroup, type SealingGroup, type SealingKey } from "../crypto/index.ts";
import { type Genesis, genesisHash, settlementDomain } from "../protocol/index.ts";
import { Epochs } from "./epochs.ts";

export interface Network {
  readonly genesis: Genesis;
  /** The parent of the first block, 32 bytes. */
  readonly genesisHash: Uint8Array;
  /** What the committees' signatures are bound to, 32 bytes. */
  readonly domain: Uint8Array;
  /** All committees that are known so far; it grows as their ends are shown. */
  readonly epochs: Epochs;
  /**
   * To what transactions are sealed: the newest key of the newest epoch known. Throws `CodedError` NO_SEALING_KEY while
   * there is none.
   */
  readonly sealingKey: SealingKey;
}

/** Two pairings, once. Throws `CodedError` BAD_SEALING_KEY when the two halves of the key do not belong together. */
export function toNetwork(genesis: Genesis, group: SealingGroup = nobleSealingGroup): Network {
  const { chainId, contracts } = genesis;
  const epochs = new Epochs(genesis, group);
  return {
    genesis,
    genesisHash: genesisHash(genesis),
    domain: settlementDomain({ chainId, hub: contracts.hub }),
    epochs,
    get sealingKey() {
      const [sealingKey] = epochs.newest.keys;
      if (sealingKey !== undefined) return sealingKey;
      throw new CodedError("NO_SEALING_KEY", "the committee has no key to seal to yet");
    },
  };
}

/** Throws `CodedError` WRONG_GENESIS unless it is the one that is trusted. */
export function requireGenesis(genesis: Genesis, trustedHash: Uint8Array): Genesis {
  if (!equalBytes(genesisHash(genesis), trustedHash))
    throw new CodedError("WRONG_GENESIS", "this is another network than the one that is trusted");
  return genesis;
}
