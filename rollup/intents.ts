// What a trader signs: a list of up to 64 actions under one signature, so that its cost is shared. The hash is that of
// EIP-712, which wallets show field by field; a session key signs it without asking.

import { nobleSenderSignatures, type SenderSignatures } from "../sdk/index.ts";
import { hashAction } from "./action-hashes.ts";
import type { Action } from "./actions.ts";
import { type Field, hashStruct, hashTypedData, domainSeparator, typeHash } from "./typed-data.ts";

export interface ActionList {
  readonly account: number;
  /** Which of the account's keys signs. */
  readonly key: number;
  /** Used once for each account and key, in any order. */
  readonly nonce: number;
  readonly validUntilMs: number;
  /** What the account pays whoever brought the list, in quanta: 1e-12 USDC. Below 2^128. */
  readonly relayTip: bigint;
  /** 20 bytes; zeros when there is no tip. */
  readonly relayer: Uint8Array;
  readonly actions: readonly Action[];
}

export interface SignedActionList {
  readonly list: ActionList;
  /** 65 bytes. */
  readonly signature: Uint8Array;
}

/** Where a signature holds: one rollup on one chain, and nowhere else. */
export interface RollupDomain {
  readonly chainId: number;
  /** The rollup's settlement contract, 20 bytes. */
  readonly settlement: Uint8Array;
  /** The rollup's id, as its namespace. */
  readonly rollupId: number;
}

export function signActions(
  domain: RollupDomain,
  list: ActionList,
  secretKey: Uint8Array,
  signatures: SenderSignatures = nobleSenderSignatures,
): SignedActionList {
  return { list, signature: signatures.sign(secretKey, actionsDigest(domain, list)) };
}

/** The address of the key that signed, 20 bytes; undefined when the signature is none. */
export function signerOfActions(
  domain: RollupDomain,
  { list, signature }: SignedActionList,
  signatures: SenderSignatures = nobleSenderSignatures,
): Uint8Array | undefined {
  return signatures.recover(actionsDigest(domain, list), signature);
}

/** The 32 bytes that are signed. */
export function actionsDigest(domain: RollupDomain, list: ActionList): Uint8Array {
  const { account, key, nonce, validUntilMs, relayTip, relayer, actions } = list;
  return digestIn(domain, actionsType, [
    account,
    key,
    nonce,
    validUntilMs,
    relayTip,
    relayer,
    actions.map(hashAction),
  ]);
}

/** The 32 bytes that are signed for a message of this type in the rollup's domain. */
export function digestIn(
  domain: RollupDomain,
  type: Uint8Array,
  fields: readonly Field[],
): Uint8Array {
  return hashTypedData(separatorOf(domain), hashStruct(type, fields));
}

const actionsType = typeHash(
  "Actions(uint32 account,uint8 key,uint64 nonce,uint64 validUntilMs,uint128 relayTip," +
    "address relayer,bytes32[] actionHashes)",
);

/** Hashed once for each domain, as it is part of every digest. */
const separators = new WeakMap<RollupDomain, Uint8Array>();

function separatorOf(domain: RollupDomain): Uint8Array {
  const known = separators.get(domain);
  if (known !== undefined) return known;
  const { chainId, settlement, rollupId } = domain;
  const separator = domainSeparator({
    name: "DerivRollup",
    version: "1",
    chainId,
    verifyingContract: settlement,
    salt: rollupId,
  });
  separators.set(domain, separator);
  return separator;
}
