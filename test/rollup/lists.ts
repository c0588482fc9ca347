// Arbitrary lists of actions, and one plain one.

import fc from "fast-check";
import {
  type Action,
  type ActionList,
  actionsMax,
  type Guard,
  keyMarketsMax,
  lotsMax,
  type Order,
  type RollupDomain,
} from "../../rollup/index.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.maxSafeNat();

const anyGuard: fc.Arbitrary<Guard> = fc.record({
  market: u32,
  op: fc.constantFrom<Guard["op"]>(1, 2, 3, 4),
  priceTicks: u32,
  maxAgeMs: u32,
});

const address = fc.uint8Array({ minLength: 20, maxLength: 20 });
const u128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

const anyOrder: fc.Arbitrary<Order> = fc.record({
  type: fc.constant("order" as const),
  market: u32,
  isBuy: fc.boolean(),
  priceTicks: u32,
  lots: fc.integer({ min: 0, max: lotsMax }),
  timeInForce: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  flags: fc.nat(15),
  validUntilMs: u64,
  clientId: u64,
  guard: fc.option(anyGuard, { nil: undefined }),
});

export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  anyOrder,
  fc.record({ type: fc.constant("cancel" as const), market: u32, orderNonce: u64 }),
  fc.record({ type: fc.constant("replace" as const), orderNonce: u64, order: anyOrder }),
  fc.record({ type: fc.constant("transfer" as const), to: u32, quanta: u128 }),
  fc.record({ type: fc.constant("withdraw" as const), tokenAmount: u128, to: address }),
  fc.record({
    type: fc.constant("authorize" as const),
    key: fc.nat(255),
    address,
    scopes: fc.nat(255),
    markets: fc.array(u32, { maxLength: keyMarketsMax }),
    expiryMs: u64,
    maxNotional: u128,
  }),
);

export const anyList: fc.Arbitrary<ActionList> = fc.record({
  account: u32,
  key: fc.nat(255),
  nonce: u64,
  validUntilMs: u64,
  relayTip: u128,
  relayer: address,
  actions: fc.array(anyAction, { maxLength: actionsMax }),
});

export const domain: RollupDomain = {
  chainId: 31_337,
  settlement: new Uint8Array(20).fill(0xc0),
  rollupId: 7,
};

export const traderKey: Uint8Array = new Uint8Array(32).fill(5);

export function plainList(changes: Partial<ActionList> = {}): ActionList {
  return {
    account: 1,
    key: 0,
    nonce: 1,
    validUntilMs: Number.MAX_SAFE_INTEGER,
    relayTip: 0n,
    relayer: new Uint8Array(20),
    actions: [{ type: "cancel", market: 3, orderNonce: 0 }],
    ...changes,
  };
}
