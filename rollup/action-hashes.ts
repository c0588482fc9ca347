// The EIP-712 hash of each action: what a list's signature is over, and what L1 rebuilds in a dispute.

import { unreachable } from "../sdk/index.ts";
import type { Action, Guard, Order } from "./actions.ts";
import { hashStruct, typeHash } from "./typed-data.ts";

export function hashAction(action: Action): Uint8Array {
  switch (action.type) {
    case "order":
      return hashOrder(action);
    case "cancel":
      return hashStruct(cancelType, [action.market, action.orderNonce]);
    case "replace":
      return hashStruct(replaceType, [action.orderNonce, hashOrder(action.order)]);
    case "transfer":
      return hashStruct(transferType, [action.to, action.quanta]);
    case "withdraw":
      return hashStruct(withdrawType, [action.tokenAmount, action.to]);
    case "authorize": {
      const { key, address, scopes, markets, expiryMs, maxNotional } = action;
      return hashStruct(sessionKeyType, [key, address, scopes, markets, expiryMs, maxNotional]);
    }
    default:
      return unreachable(action);
  }
}

function hashOrder(order: Order): Uint8Array {
  const { market, isBuy, priceTicks, lots, timeInForce, flags, validUntilMs, clientId } = order;
  return hashStruct(orderType, [
    market,
    isBuy,
    priceTicks,
    lots,
    timeInForce,
    flags,
    validUntilMs,
    clientId,
    order.guard === undefined ? noGuardHash : hashGuard(order.guard),
  ]);
}

type GuardFields = Pick<Guard, "market" | "priceTicks" | "maxAgeMs"> & { readonly op: number };

function hashGuard({ market, op, priceTicks, maxAgeMs }: GuardFields): Uint8Array {
  return hashStruct(guardType, [market, op, priceTicks, maxAgeMs]);
}

const guard = "Guard(uint32 market,uint8 op,uint32 priceTicks,uint32 maxAgeMs)";
const order =
  "Order(uint32 market,bool isBuy,uint32 priceTicks,uint64 lots,uint8 tif,uint8 flags," +
  "uint64 validUntilMs,uint64 clientId,Guard guard)";

const guardType = typeHash(guard);
const orderType = typeHash(`${order}${guard}`);
const cancelType = typeHash("Cancel(uint32 market,uint64 orderNonce)");
const replaceType = typeHash(`Replace(uint64 orderNonce,Order order)${guard}${order}`);
const transferType = typeHash("Transfer(uint32 to,uint128 quanta)");
const withdrawType = typeHash("Withdraw(uint128 tokenAmount,address to)");
const sessionKeyType = typeHash(
  "SessionKey(uint8 key,address signer,uint8 scopes,uint32[] markets,uint64 expiryMs," +
    "uint128 maxNotional)",
);

/** Most orders have none, so it is hashed once. */
const noGuardHash = hashGuard({ market: 0, op: 0, priceTicks: 0, maxAgeMs: 0 });
