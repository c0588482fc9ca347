// How a network begins, in two steps, because each needs what the other makes. The Hub is deployed with the committee's
// hash, and genesis names the Hub, whose address is in everything that validators sign: keys, then contracts, then genesis.
//
// The keys come from one DEALER, who therefore could vote for every validator and open every transaction sealed to this
// key. Fit for development, and for those who trust the dealer to forget. A committee that begins without a sealing key
// makes its own over the chain, which has no such party; its members' other keys may come from themselves.

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { CodedError, type Random, utf8 } from "../base/index.ts";
import {
  type Bls,
  dealKeyShares,
  isValidNetworkKey,
  nobleBls,
  nobleNetworkSignatures,
  type SealingGroup,
  toSealingKey,
} from "../crypto/index.ts";
import {
  type Committee,
  Epoch,
  type Genesis,
  limits,
  type Parameters,
  quorum,
} from "../protocol/index.ts";

/** Of one validator, 32 bytes each. */
export interface ValidatorSecrets {
  /** BLS: votes. */
  readonly validator: Uint8Array;
  /** Ed25519 seed: messages between nodes. */
  readonly network: Uint8Array;
}

export interface DrawnCommittee {
  readonly committee: Committee;
  /** By validator. */
  readonly secrets: readonly ValidatorSecrets[];
}

export interface DealtCommittee extends DrawnCommittee {
  readonly secrets: readonly (ValidatorSecrets & { readonly keyShare: Uint8Array })[];
}

const keyId = 1;

/**
 * The first step: the keys of epoch 0 from 32 or more secret random bytes, the same ones every time. The committee has no
 * key to seal to: it hands over as soon as the one after it has made one.
 */
export function drawCommittee(draw: {
  readonly validators: number;
  readonly entropy: Uint8Array;
}): DrawnCommittee {
  const { validators, entropy } = draw;
  if (!Number.isInteger(validators) || validators < 1 || validators > limits.committeeMax)
    throw bad("COMMITTEE_SIZE", `a committee has 1 to ${limits.committeeMax} validators`);
  if (entropy.length < 32) throw bad("ENTROPY_TOO_SHORT", "a committee needs 32 bytes of entropy");
  const secrets = Array.from({ length: validators }, (_, index) => ({
    // As many bytes as make the reduction to a scalar uniform.
    validator: bls12_381.utils.randomSecretKey(derive(entropy, `validator/${index}`, 48)),
    network: derive(entropy, `network/${index}`),
  }));
  const members = secrets.map(({ validator, network }) => ({
    publicKey: nobleBls.publicKey(validator),
    networkKey: nobleNetworkSignatures.publicKey(network),
    verificationKey: new Uint8Array(96),
  }));
  return { committee: { epoch: Epoch(0), members, sealing: undefined }, secrets };
}

/** The same, and a sealing key, whose shares one machine has seen all. */
export function dealCommittee(
  group: SealingGroup,
  deal: { readonly validators: number; readonly entropy: Uint8Array },
): DealtCommittee {
  const { committee, secrets } = drawCommittee(deal);
  const dealt = dealKeyShares(group, {
    seats: deal.validators,
    threshold: quorum(deal.validators),
    entropy: derive(deal.entropy, "sealing"),
  });
  const members = committee.members.map(({ publicKey, networkKey }, index) => {
    const verificationKey = dealt.verificationKeys[index] ?? new Uint8Array();
    return { publicKey, networkKey, verificationKey };
  });
  const sealing = { keyId, pk1: dealt.pk1, pk2: dealt.pk2 };
  return {
    committee: { ...committee, members, sealing },
    secrets: secrets.map(({ validator, network }, index) => {
      const keyShare = dealt.keyShares[index] ?? new Uint8Array();
      return { validator, network, keyShare };
    }),
  };
}

/** A key for one's own use, 32 bytes. */
export function drawSecret(type: "validator" | "network", random: Random): Uint8Array {
  return type === "network" ? random.bytes(32) : bls12_381.utils.randomSecretKey(random.bytes(48));
}

/** For a network of a few nearby machines; a wider one wants a longer view and idle time. */
export const defaultParameters: Parameters = {
  viewTimeout: 1_000_000,
  idleTime: 500_000,
  laneFlush: 10_000,
  laneHeartbeat: 250_000,
  checkpointHeights: 64,
  checkpointTime: 10_000_000,
  feePerByte: 1,
  epochTime: 86_400_000_000,
  // With a block each idle time these are more than a minute; with blocks as fast as they come, some ten seconds.
  dkgWindow: 128,
  // With epochs of a day four weeks.
  keyEpochs: 28,
  keyOverlap: limits.expiryHorizon,
  voidAfter: 300_000_000,
};

const dkgWindowMin = 8;
/** The others agree from half of it on, and by then opening must count as stalled, so that nothing sealed is added. */
const voidAfterMin = 2 * limits.unopenedTimeMax;

/** The second step, once the contracts stand. Throws what `checkGenesis` throws. */
export function makeGenesis(
  ports: { readonly bls: Bls; readonly group: SealingGroup },
  facts: Omit<Genesis, "parameters"> & { readonly parameters?: Partial<Parameters> },
): Genesis {
  const parameters = { ...defaultParameters, ...facts.parameters };
  const genesis: Genesis = { ...facts, parameters };
  checkGenesis(ports, genesis);
  return genesis;
}

/** What the form of the file cannot say: keys are points, the sealing key is one key, and times fit each other. A node asks
 * before it starts, since one bad key would show only when its owner is first needed. Throws `CodedError` BAD_GENESIS. */
export function checkGenesis(
  { bls, group }: { readonly bls: Bls; readonly group: SealingGroup },
  { chainId, committee, parameters }: Genesis,
): void {
  for (const [index, member] of committee.members.entries()) {
    const { publicKey, networkKey, verificationKey } = member;
    if (!bls.isValidPublicKey(publicKey)) throw badKey(index, "publicKey");
    if (!isValidNetworkKey(networkKey)) throw badKey(index, "networkKey");
    const isVerifiable = committee.sealing !== undefined && group.isValidG2(verificationKey);
    const isUnused = committee.sealing === undefined && verificationKey.every((byte) => byte === 0);
    if (!isVerifiable && !isUnused) throw badKey(index, "verificationKey");
  }
  const { sealing } = committee;
  if (sealing !== undefined && toSealingKey(group, { chainId, ...sealing }) === undefined)
    throw bad("BAD_GENESIS", "committee.sealing is not one key in both groups");
  const { viewTimeout, idleTime, laneFlush, laneHeartbeat, checkpointHeights } = parameters;
  const { dkgWindow, keyEpochs, keyOverlap, voidAfter } = parameters;
  if (sealing === undefined && dkgWindow === 0)
    throw bad(
      "BAD_GENESIS",
      "a committee without a sealing key needs parameters.dkgWindow, or nobody ever makes one",
    );
  // What is said takes a few blocks to stand in the chain, and has to be said and answered within a window.
  if (dkgWindow !== 0 && dkgWindow < dkgWindowMin)
    throw bad("BAD_GENESIS", `parameters.dkgWindow must be 0 or at least ${dkgWindowMin}`);
  if (keyEpochs > 0 && (keyOverlap < 1 || keyOverlap > limits.expiryHorizon))
    throw bad(
      "BAD_GENESIS",
      `parameters.keyOverlap must be 1 to ${limits.expiryHorizon}, for as long as a transaction may wait`,
    );
  if (voidAfter !== 0 && voidAfter < voidAfterMin)
    throw bad("BAD_GENESIS", `parameters.voidAfter must be 0 or at least ${voidAfterMin}`);
  if (laneFlush < 1 || laneFlush > laneHeartbeat || laneHeartbeat > viewTimeout)
    throw bad("BAD_GENESIS", "parameters must have 0 < laneFlush <= laneHeartbeat <= viewTimeout");
  if (idleTime < 1 || checkpointHeights < 1)
    throw bad("BAD_GENESIS", "parameters.idleTime and checkpointHeights must be at least 1");
}

function derive(entropy: Uint8Array, what: string, bytes = 32): Uint8Array {
  return hkdf(sha512, entropy, utf8("conclave/genesis/v1"), utf8(what), bytes);
}

function badKey(index: number, field: string): CodedError {
  return bad("BAD_GENESIS", `committee.members[${index}].${field} is not a valid key`);
}

function bad(code: string, message: string): CodedError {
  return new CodedError(code, message);
}
