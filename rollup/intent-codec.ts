// The compact form of a signed list, which is what is sealed. What decodes re-encodes to the same bytes.

import { decode, encode, type Reader, type Writer } from "../sdk/index.ts";
import {
  type Action,
  actionsMax,
  type Cancel,
  type Guard,
  lotsMax,
  type Order,
  type SignedActionList,
} from "./intents.ts";

const version = 1;
const tags = { order: 0, cancel: 1 } as const;

export function encodeActions(signed: SignedActionList): Uint8Array {
  return encode(signed, (writer, { list, signature }) => {
    writer.u8(version).u32(list.account).u8(list.key).u64(list.nonce).u64(list.validUntilMs);
    writeU128(writer, list.relayTip);
    writer.fixed(list.relayer, 20).list(list.actions, actionsMax, writeAction);
    writer.fixed(signature, 65);
  });
}

/** Undefined for whatever is not the one encoding of a list within its bounds. */
export function decodeActions(bytes: Uint8Array): SignedActionList | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    const list = {
      account: reader.u32(),
      key: reader.u8(),
      nonce: reader.u64(),
      validUntilMs: reader.u64(),
      relayTip: readU128(reader),
      relayer: reader.fixed(20),
      actions: reader.list(actionsMax, readAction),
    };
    return { list, signature: reader.fixed(65) };
  });
}

function writeAction(writer: Writer, action: Action): void {
  writer.u8(tags[action.type]).u32(action.market);
  if (action.type === "cancel") writer.u64(action.orderNonce);
  else writeOrder(writer, action);
}

function readAction(reader: Reader): Action {
  const tag = reader.u8();
  const market = reader.u32();
  if (tag === tags.cancel) return readCancel(reader, market);
  reader.require(tag === tags.order, "UNKNOWN_ACTION");
  return readOrder(reader, market);
}

function readCancel(reader: Reader, market: number): Cancel {
  return { type: "cancel", market, orderNonce: reader.u64() };
}

function writeOrder(writer: Writer, order: Order): void {
  writer.flag(order.isBuy).u32(order.priceTicks).u64(order.lots).u8(order.timeInForce);
  writer.u8(order.flags).u64(order.validUntilMs).u64(order.clientId);
  writer.optional(order.guard, (w, guard) =>
    w.u32(guard.market).u8(guard.op).u32(guard.priceTicks).u32(guard.maxAgeMs),
  );
}

function readOrder(reader: Reader, market: number): Order {
  const order = {
    type: "order",
    market,
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

function writeU128(writer: Writer, value: bigint): void {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value >> 64n);
  view.setBigUint64(8, value);
  writer.fixed(bytes, 16);
}

function readU128(reader: Reader): bigint {
  const view = new DataView(reader.fixed(16).buffer);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
