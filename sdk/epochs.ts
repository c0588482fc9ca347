// The committees that a client has reason to believe in: the one of genesis, and from each the next, by the checkpoint
// with which it closed its epoch. Whoever shows such an end may be anyone.

import { CodedError } from "../base/index.ts";
import {
  type Bls,
  nobleBls,
  nobleSealingGroup,
  type SealingGroup,
  type SealingKey,
  toSealingKey,
} from "../crypto/index.ts";
import {
  type Committee,
  decodeEpochEnd,
  type Genesis,
  genesisHash,
  Height,
  isEndOf,
  keysOf,
  settlementDomain,
} from "../protocol/index.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Backends } from "./verify.ts";

export interface KnownEpoch {
  readonly committee: Committee;
  /** The block on which the epoch stands: genesis, or the one that closed the epoch before. */
  readonly origin: { readonly height: Height; readonly hash: Uint8Array };
  /**
   * To which what is ordered in it may be sealed, the newest first: two while a key is being replaced, none while the
   * committee has no key.
   */
  readonly keys: readonly SealingKey[];
}

export class Epochs {
  readonly #chainId: number;
  readonly #domain: Uint8Array;
  /** From that of genesis on, one after another. It grows only by what a quorum signed. */
  readonly #known: KnownEpoch[];

  /** Throws `CodedError` BAD_SEALING_KEY when the two halves of genesis's key do not belong together. */
  constructor(genesis: Genesis, group: SealingGroup) {
    const { chainId, contracts, committee } = genesis;
    this.#chainId = chainId;
    this.#domain = settlementDomain({ chainId, hub: contracts.hub });
    const keys = this.#keysOf(committee, group);
    if (committee.sealing !== undefined && keys.length === 0)
      throw new CodedError("BAD_SEALING_KEY", "the genesis names a sealing key that is not one");
    const origin = { height: Height(0), hash: genesisHash(genesis) };
    this.#known = [{ committee, origin, keys }];
  }

  /** Undefined for one that is not known yet, or that there never was. */
  at(epoch: number): KnownEpoch | undefined {
    return this.#known.find(({ committee }) => committee.epoch === epoch);
  }

  get newest(): KnownEpoch {
    return this.#known[this.#known.length - 1] as KnownEpoch;
  }

  /** Takes how the newest epoch ended, as `GET /v1/epochs/:epoch` gives it. Throws `CodedError` WRONG_EPOCH_END. */
  learn(bytes: Uint8Array, backends: { readonly bls: Bls; readonly group: SealingGroup }): void {
    const end = decodeEpochEnd(bytes);
    if (end === undefined) throw wrong("these bytes are no end of an epoch");
    const { committee } = this.newest;
    // Another answer may have come first.
    if (end.committee.epoch <= committee.epoch) return;
    const isShown = isEndOf(committee, end, {
      domain: this.#domain,
      verifyAggregate(signers, digest, signature) {
        const keys = signers.flatMap((signer) => committee.members[signer]?.publicKey ?? []);
        return backends.bls.verifyAggregate(keys, digest, signature);
      },
    });
    if (!isShown) throw wrong(`this is not how epoch ${committee.epoch} ended`);
    const { height, blockHash: hash } = end.certified.checkpoint;
    const keys = this.#keysOf(end.committee, backends.group);
    this.#known.push({ committee: end.committee, origin: { height, hash }, keys });
  }

  #keysOf(committee: Committee, group: SealingGroup): SealingKey[] {
    return keysOf(committee).flatMap(
      (source) => toSealingKey(group, { chainId: this.#chainId, ...source }) ?? [],
    );
  }
}

/** Takes from an endpoint all ends that it knows and this client does not; up to `goal`, if one is given. */
export async function learnEpochs(
  endpoint: Endpoint,
  { epochs }: { readonly epochs: Epochs },
  options: { readonly backends: Backends; readonly goal?: number; readonly signal?: AbortSignal },
): Promise<void> {
  const { backends, goal = Infinity, signal } = options;
  const { bls = nobleBls, group = nobleSealingGroup } = backends;
  for (;;) {
    const { epoch } = epochs.newest.committee;
    if (epoch >= goal) return;
    const bytes = await endpoint.epochEnd(epoch, signal);
    if (bytes === undefined) return;
    epochs.learn(bytes, { bls, group });
  }
}

function wrong(message: string): CodedError {
  return new CodedError("WRONG_EPOCH_END", message);
}
