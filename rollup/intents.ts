// What a trader signs: a list of up to 64 actions under one signature, so that its cost is shared. The hash is that of
// EIP-712, which wallets show field by field; a session key signs it without asking.

import { nobleSenderSignatures, type SenderSignatures } from "../sdk/index.ts";
import { domainSeparator, hashStruct, hashTypedData, type TypedDomain } from "./typed-data.ts";

/** A condition on a market's price, and on how old that price may be. */
export interface Guard {
  readonly market: number;
  /** 1 index at least, 2 index at most, 3 mark at least, 4 mark at most. */
  readonly op: 1 | 2 | 3 | 4;
  readonly priceTicks: number;
  readonly maxAgeMs: number;
}

/** How long an order stands: until it is cancelled or expires, within one batch, or whole or not at all. */
export const timesInForce = { goodTillCancelled: 0, immediateOrCancel: 1, fillOrKill: 2 } as const;

/** Bits of an order's flags. `trigger` keeps it dormant until the guard holds. */
export const orderFlags = { postOnly: 1, reduceOnly: 2, trigger: 4, cancelResting: 8 } as const;

/** Sizes have at most 40 bits, so that sums of them stay exact. */
export const lotsMax: number = 2 ** 40;

export interface Order {
  readonly type: "order";
  readonly market: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  readonly timeInForce: 0 | 1 | 2;
  readonly flags: number;
  /** 0 for an order that does not expire. */
  readonly validUntilMs: number;
  /** The trader's own name for it. */
  readonly clientId: number;
  readonly guard: Guard | undefined;
}

/** `orderNonce` 0 cancels all in the market, market 0xffffffff everywhere. */
export interface Cancel {
  readonly type: "cancel";
  readonly market: number;
  readonly orderNonce: number;
}

export type Action = Order | Cancel;

export const actionsMax = 64;

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
  const message = hashStruct(actionsType, [
    account,
    key,
    nonce,
    validUntilMs,
    relayTip,
    relayer,
    actions.map(hashAction),
  ]);
  return hashTypedData(domainSeparator(toTypedDomain(domain)), message);
}

export function hashAction(action: Action): Uint8Array {
  if (action.type === "cancel") return hashStruct(cancelType, [action.market, action.orderNonce]);
  const { market, isBuy, priceTicks, lots, timeInForce, flags, validUntilMs, clientId } = action;
  return hashStruct(orderType, [
    market,
    isBuy,
    priceTicks,
    lots,
    timeInForce,
    flags,
    validUntilMs,
    clientId,
    hashGuard(action.guard),
  ]);
}

function hashGuard(guard: Guard | undefined): Uint8Array {
  const { market, op, priceTicks, maxAgeMs } = guard ?? noGuard;
  return hashStruct(guardType, [market, op, priceTicks, maxAgeMs]);
}

const noGuard = { market: 0, op: 0, priceTicks: 0, maxAgeMs: 0 };

const guardType = "Guard(uint32 market,uint8 op,uint32 priceTicks,uint32 maxAgeMs)";
const orderType =
  "Order(uint32 market,bool isBuy,uint32 priceTicks,uint64 lots,uint8 tif,uint8 flags," +
  `uint64 validUntilMs,uint64 clientId,Guard guard)${guardType}`;
const cancelType = "Cancel(uint32 market,uint64 orderNonce)";
const actionsType =
  "Actions(uint32 account,uint8 key,uint64 nonce,uint64 validUntilMs,uint128 relayTip," +
  "address relayer,bytes32[] actionHashes)";

function toTypedDomain({ chainId, settlement, rollupId }: RollupDomain): TypedDomain {
  return {
    name: "DerivRollup",
    version: "1",
    chainId,
    verifyingContract: settlement,
    salt: rollupId,
  };
}
