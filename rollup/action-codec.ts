// The compact form of one action: a tag, then its fields in the order in which they are signed.

import { type Reader, unreachable, type Writer } from "../sdk/index.ts";
import { type Action, type Guard, keyMarketsMax, lotsMax, type Order } from "./actions.ts";
import { readU128, writeU128 } from "./wide.ts";

const tags = { order: 0, cancel: 1, replace: 2, transfer: 3, withdraw: 4, authorize: 5 } as const;

export function writeAction(writer: Writer, action: Action): void {
  writer.u8(tags[action.type]);
  switch (action.type) {
    case "order":
      return writeOrder(writer, action);
    case "cancel":
      return void writer.u32(action.market).u64(action.orderNonce);
    case "replace":
      return writeOrder(writer.u64(action.orderNonce), action.order);
    case "transfer":
      return writeU128(writer.u32(action.to), action.quanta);
    case "withdraw":
      writeU128(writer, action.tokenAmount);
      return void writer.fixed(action.to, 20);
    case "authorize":
      writer.u8(action.key).fixed(action.address, 20).u8(action.scopes);
      writer.list(action.markets, keyMarketsMax, (w, market) => w.u32(market));
      return writeU128(writer.u64(action.expiryMs), action.maxNotional);
    default:
      return unreachable(action);
  }
}

export function readAction(reader: Reader): Action {
  const tag = reader.u8();
  switch (tag) {
    case tags.order:
      return readOrder(reader);
    case tags.cancel:
      return { type: "cancel", market: reader.u32(), orderNonce: reader.u64() };
    case tags.replace:
      return { type: "replace", orderNonce: reader.u64(), order: readOrder(reader) };
    case tags.transfer:
      return { type: "transfer", to: reader.u32(), quanta: readU128(reader) };
    case tags.withdraw:
      return { type: "withdraw", tokenAmount: readU128(reader), to: reader.fixed(20) };
    default:
      reader.require(tag === tags.authorize, "UNKNOWN_ACTION");
      return {
        type: "authorize",
        key: reader.u8(),
        address: reader.fixed(20),
        scopes: reader.u8(),
        markets: reader.list(keyMarketsMax, (r) => r.u32()),
        expiryMs: reader.u64(),
        maxNotional: readU128(reader),
      };
  }
}

function writeOrder(writer: Writer, order: Order): void {
  writer.u32(order.market).flag(order.isBuy).u32(order.priceTicks).u64(order.lots);
  writer.u8(order.timeInForce).u8(order.flags).u64(order.validUntilMs).u64(order.clientId);
  writer.optional(order.guard, (w, guard) =>
    w.u32(guard.market).u8(guard.op).u32(guard.priceTicks).u32(guard.maxAgeMs),
  );
}

function readOrder(reader: Reader): Order {
  const order = {
    type: "order",
    market: reader.u32(),
    isBuy: reader.flag(),
    priceTicks: reader.u32(),
    lots: reader.u64(),
    timeInForce: reader.u8() as Order["timeInForce"],
    flags: reader.u8(),
    validUntilMs: reader.u64(),
    clientId: reader.u64(),
    guard: reader.optional(readGuard),
  } as const;
  reader.require(order.lots <= lotsMax, "TOO_MANY_LOTS");
  reader.require(order.timeInForce <= 2 && order.flags <= 15, "UNKNOWN_ORDER");
  return order;
}

function readGuard(reader: Reader): Guard {
  const guard = {
    market: reader.u32(),
    op: reader.u8() as Guard["op"],
    priceTicks: reader.u32(),
    maxAgeMs: reader.u32(),
  };
  // 0 is the absence of a guard, which has its own spelling.
  reader.require(guard.op >= 1 && guard.op <= 4, "UNKNOWN_GUARD");
  return guard;
}
