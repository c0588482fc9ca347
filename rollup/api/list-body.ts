// A signed list as JSON, for those who have no use for its compact form: the fields of what is signed, under the same names.
// Amounts are integers as strings, in quanta or in units of the token.

import { z } from "zod";
import { fromHex } from "../../sdk/index.ts";
import { actionsMax, keyMarketsMax, lotsMax } from "../actions.ts";
import type { SignedActionList } from "../intents.ts";

const u32 = z.int().min(0).max(0xffff_ffff);
const u64 = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const u128 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/)
  .transform((text) => BigInt(text))
  .refine((value) => value < 2n ** 128n);

const bytes = (count: number): z.ZodType<Uint8Array, string> =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * count}}$`))
    .transform((text) => fromHex(text) ?? new Uint8Array(count));

const guard = z.strictObject({
  market: u32,
  op: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  priceTicks: u32,
  maxAgeMs: u32,
});

const order = z
  .strictObject({
    type: z.literal("order"),
    market: u32,
    isBuy: z.boolean(),
    priceTicks: u32,
    lots: z.int().min(0).max(lotsMax),
    timeInForce: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(0),
    flags: z.int().min(0).max(15).default(0),
    validUntilMs: u64.default(0),
    clientId: u64.default(0),
    guard: guard.optional(),
  })
  .transform((fields) => ({ ...fields, guard: fields.guard }));

const action = z.discriminatedUnion("type", [
  order,
  z.strictObject({ type: z.literal("cancel"), market: u32, orderNonce: u64 }),
  z.strictObject({ type: z.literal("replace"), orderNonce: u64, order }),
  z.strictObject({ type: z.literal("transfer"), to: u32, quanta: u128 }),
  z.strictObject({ type: z.literal("withdraw"), tokenAmount: u128, to: bytes(20) }),
  z.strictObject({
    type: z.literal("authorize"),
    key: z.int().min(1).max(255),
    address: bytes(20),
    scopes: z.int().min(0).max(255),
    markets: z.array(u32).max(keyMarketsMax).default([]),
    expiryMs: u64,
    maxNotional: u128.default(0n),
  }),
]);

export const listBody: z.ZodType<SignedActionList> = z
  .strictObject({
    account: u32,
    key: z.int().min(0).max(255),
    nonce: u64,
    validUntilMs: u64,
    relayTip: u128.default(0n),
    relayer: bytes(20).default(new Uint8Array(20)),
    actions: z.array(action).max(actionsMax),
    signature: bytes(65),
  })
  .transform(({ signature, ...list }) => ({ list, signature }));
