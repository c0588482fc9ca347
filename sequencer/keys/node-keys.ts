// The keys that a node's configuration names, as one: all of them there, each of its kind, and those of the seat that the
// node is told to take.

import { CodedError, equalBytes, fromHex } from "../../base/index.ts";
import { openKeyFile, readPassword } from "../../keystore/index.ts";
import type { Candidate, Genesis } from "../../protocol/index.ts";
import type { NodeConfig, SecretSource } from "../config.ts";

export interface NodeKeys {
  readonly validator: Uint8Array;
  readonly network: Uint8Array;
  /** The public part of the network key: who this node is to others. */
  readonly identity: Uint8Array;
  /** What a dealer gave to a member of the committee of genesis. */
  readonly dealtShare: Uint8Array | undefined;
  /** Of the account that pays on L1. */
  readonly poster: Uint8Array | undefined;
}

/** The public parts of secrets. */
export interface PublicKeys {
  readonly validator: (secret: Uint8Array) => Uint8Array;
  readonly network: (secret: Uint8Array) => Uint8Array;
}

/** Throws `CodedError` when the keys are not those of the member of genesis that the configuration names. */
export async function readNodeKeys(
  config: NodeConfig,
  genesis: Genesis,
  publicKeyOf: PublicKeys,
): Promise<NodeKeys> {
  const { keys, l1 } = config;
  const validator = await openKeyFile(keys.validator, "validator", keys.password);
  const network = await openKeyFile(keys.network, "network", keys.password);
  const identity = publicKeyOf.network(network.secret);
  const own = { publicKey: publicKeyOf.validator(validator.secret), networkKey: identity };
  return {
    validator: validator.secret,
    network: network.secret,
    identity,
    dealtShare: await readDealtShare(config, genesis, own),
    poster: l1.poster === undefined ? undefined : await readPosterKey(l1.poster),
  };
}

async function readDealtShare(
  { validator, keys }: NodeConfig,
  { committee }: Genesis,
  own: Candidate,
): Promise<Uint8Array | undefined> {
  if (validator === undefined) return undefined;
  const member = committee.members[validator];
  if (member === undefined)
    throw new CodedError(
      "NOT_A_VALIDATOR",
      `genesis has no validator ${validator}: check \`validator\``,
    );
  const { sealing } = committee;
  const share =
    sealing === undefined ? undefined : await openKeyFile(keys.keyShare, "keyShare", keys.password);
  const isOurs =
    equalBytes(own.publicKey, member.publicKey) &&
    equalBytes(own.networkKey, member.networkKey) &&
    (share === undefined || (share.seat === validator + 1 && share.keyId === sealing?.keyId));
  if (isOurs) return share?.secret;
  throw new CodedError(
    "WRONG_KEYS",
    `the keys are not those of validator ${validator} in genesis: check the key files and \`validator\``,
  );
}

async function readPosterKey(source: SecretSource): Promise<Uint8Array> {
  const key = fromHex(await readPassword(source));
  if (key?.length === 32) return key;
  throw new CodedError("POSTER_KEY_INVALID", "the poster's key must be 32 bytes in hex");
}
