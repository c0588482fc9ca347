// Arbitrary lists of actions, and one plain one.

import fc from "fast-check";
import {
  type Action,
  type ActionList,
  actionsMax,
  type Guard,
  lotsMax,
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

export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
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
  }),
  fc.record({ type: fc.constant("cancel" as const), market: u32, orderNonce: u64 }),
);

export const anyList: fc.Arbitrary<ActionList> = fc.record({
  account: u32,
  key: fc.nat(255),
  nonce: u64,
  validUntilMs: u64,
  relayTip: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  relayer: fc.uint8Array({ minLength: 20, maxLength: 20 }),
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
