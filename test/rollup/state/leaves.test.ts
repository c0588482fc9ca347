import { AbiCoder, getBytes, keccak256 as ethersKeccak } from "ethers";
import { expect, test } from "vitest";
import {
  type Account,
  AccountId,
  genesisState,
  type Globals,
  type Market,
  MarketId,
  type MarketParameters,
  type Order,
  type RollupParameters,
  type SessionKey,
} from "../../../rollup/engine/index.ts";
import {
  accountLeaf,
  encodeAccountLeaf,
  encodeGlobalsLeaf,
  encodeKeys,
  encodeMarketLeaf,
  encodeMarketParameters,
  encodeOrderLeaf,
  encodeRollupParameters,
  encodeWindows,
  encodeWithdrawalLeaf,
  fastKeccak,
  globalsLeaf,
  marketLeaf,
  noLeaf,
  orderLeaf,
  withdrawalLeaf,
} from "../../../rollup/state/index.ts";
import { keccak256, toHex } from "../../../sdk/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { marketParameters, rollupParameters } from "../engine/world.ts";

/** The structs of contracts/derivatives/Leaves.sol, for a library that encodes by these texts. */
const types = {
  account:
    "tuple(address,uint16,int128,uint64,uint32,bytes32,bytes32,tuple(uint32,int64,int128,uint128)[])",
  keys: "tuple(uint8,address,uint8,uint64,uint128,uint32[])[]",
  windows: "tuple(uint8,uint64,uint256)[]",
  order:
    "tuple(uint32,uint32,uint64,bool,uint32,uint8,uint8,uint64,uint64,uint32,uint8,uint32,uint32,uint8,bool,uint64,uint64,bool)",
  market:
    "tuple(uint32,bytes32,uint32,uint64,uint32,uint32,uint64,uint32,uint32,int64,uint32,uint64,int128,int128,uint64,uint64,uint64,uint64,uint64,uint64)",
  globals:
    "tuple(bytes32,uint64,uint64,uint64,uint64,uint64,uint64,uint128,uint128,uint128,uint64,uint64,uint128,uint64,uint128,uint128)",
  withdrawal: "tuple(uint64,uint32,address,uint128)",
  marketParameters:
    "tuple(uint128,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint8,uint64,uint64,uint64,uint64,uint128,uint64,int64,uint64,uint64,uint64,uint64,uint128,tuple(uint128,uint64,uint64)[])",
  rollupParameters:
    "tuple(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint128,uint128,uint64)",
} as const;

function byLibrary(type: keyof typeof types, value: unknown): string {
  return AbiCoder.defaultAbiCoder().encode([types[type]], [value]).slice(2);
}

function hex(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

/** The ends of every range come up, and what is between them. */
class Values {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  uint(bits: number): number {
    const max = Math.min(2 ** bits, 2 ** 53) - 1;
    return this.#random.pick([0, 1, max, Math.floor(this.#random.fraction() * max)]);
  }

  int(): number {
    return this.#random.pick([-1, 1]) * this.uint(53) || 0;
  }

  wide(bits: number): bigint {
    const max = 2n ** BigInt(bits) - 1n;
    const any = BigInt(hex(keccak256(Uint8Array.of(this.#random.between(0, 255))))) & max;
    return this.#random.pick([0n, 1n, max, any]);
  }

  signed(bits: number): bigint {
    const half = this.wide(bits - 1);
    return this.#random.pick([half, -half - 1n]);
  }

  flag(): boolean {
    return this.#random.chance(0.5);
  }

  count(max: number): number {
    return this.#random.between(0, max);
  }

  address(): Uint8Array {
    return keccak256(Uint8Array.of(this.#random.between(0, 255))).slice(12);
  }

  list<T>(max: number, make: (at: number) => T): T[] {
    return Array.from({ length: this.count(max) }, (_, at) => make(at));
  }
}

function anyAccount(values: Values): Account {
  const places = values.list(4, (at) => 255 - 3 * at);
  return {
    id: AccountId(5),
    owner: values.address(),
    subId: values.uint(16),
    cash: values.signed(128),
    exposures: values.list(5, (at) => ({
      market: MarketId(at * 7),
      lots: at % 2 === 0 ? values.int() : 0,
      fundingIndex: values.signed(128),
      entryQuote: values.wide(128),
      orders: [],
      bidLots: 5,
      askLots: 6,
    })),
    keys: new Map(places.map((place) => [place, anyKey(values)])),
    windows: new Map(
      [...places, 0].map((place) => [place, { top: values.uint(53), used: values.wide(256) }]),
    ),
    liquidatedSinceMs: values.uint(53),
    openOrders: values.uint(32),
  };
}

function anyKey(values: Values): SessionKey {
  return {
    address: values.address(),
    scopes: values.count(7),
    markets: values.list(5, () => MarketId(values.uint(32))),
    expiryMs: values.uint(53),
    maxNotional: values.wide(128),
  };
}

function anyOrder(values: Values): Order {
  return {
    account: AccountId(values.uint(32)),
    market: MarketId(values.uint(32)),
    number: values.uint(53),
    isBuy: values.flag(),
    priceTicks: values.uint(32),
    timeInForce: 2,
    flags: values.count(15),
    validUntilMs: values.uint(53),
    clientId: values.uint(53),
    guard: values.flag()
      ? {
          market: values.uint(32),
          op: 3,
          priceTicks: values.uint(32),
          maxAgeMs: values.uint(32),
        }
      : undefined,
    key: values.uint(8),
    isLiquidation: values.flag(),
    lots: values.uint(53),
    batch: values.uint(53),
    isDormant: values.flag(),
    slot: -1,
    live: 0,
    at: -1,
  };
}

function anyMarketParameters(values: Values): MarketParameters {
  const numbers = Object.fromEntries(
    Object.entries(marketParameters)
      .filter(([, value]) => typeof value === "number")
      .map(([name]) => [name, values.uint(53)]),
  );
  return {
    ...marketParameters,
    ...numbers,
    unit: values.wide(128),
    smallNotional: values.wide(128),
    takeoverNotionalMax: values.wide(128),
    interestPpb: values.int(),
    bufferMode: (["off", "restrict", "delever"] as const)[values.count(2)] ?? "off",
    tiers: values.list(3, () => ({
      notionalMax: values.wide(128),
      initialPpm: values.uint(53),
      maintenancePpm: values.uint(53),
    })),
  };
}

function anyMarket(values: Values): Market {
  return {
    id: MarketId(values.uint(32)),
    parameters: anyMarketParameters(values),
    indexTicks: values.uint(32),
    indexTimeMs: values.uint(53),
    confidencePpm: values.uint(32),
    candidateTicks: values.uint(32),
    candidateTimeMs: values.uint(53),
    confirmationsLeft: values.count(2),
    markTicks: values.uint(32),
    basis: values.int(),
    lastAuctionTicks: values.uint(32),
    variance: values.uint(53),
    fundingIndex: values.signed(128),
    premiumSum: values.signed(128),
    premiumCount: values.uint(53),
    staleMs: values.uint(53),
    openLots: values.uint(53),
    bidDepth: values.uint(53),
    askDepth: values.uint(53),
    resumedBatch: values.flag() ? values.uint(53) : undefined,
  };
}

function anyGlobals(values: Values): Globals {
  return {
    parameters: rollupParameters,
    batch: values.uint(53),
    timeMs: values.uint(53),
    l1Index: values.uint(53),
    l1TimeMs: values.uint(53),
    l1HeardMs: values.uint(53),
    anchoredBatch: values.uint(53),
    anchoredTimeMs: values.uint(53),
    deposited: values.wide(128),
    withdrawn: values.wide(128),
    shortfall: values.wide(128),
    haltedBatch: values.uint(53),
    outflowSinceMs: values.uint(53),
    outflow: values.wide(128),
    takeoverDay: values.uint(53),
    takeoverUsed: values.wide(128),
    sumPositiveEquity: values.wide(128),
  };
}

function hashOf(encoded: Uint8Array): string {
  return ethersKeccak(encoded);
}

test("accounts are encoded as by a library that reads the struct's types", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const account = anyAccount(new Values(seed));
    const sorted = <T>(map: ReadonlyMap<number, T>) => [...map].sort(([a], [b]) => a - b);
    const keys = byLibrary(
      "keys",
      sorted(account.keys).map(([place, key]) => [
        place,
        hex(key.address),
        key.scopes,
        key.expiryMs,
        key.maxNotional,
        key.markets,
      ]),
    );
    const windows = byLibrary(
      "windows",
      sorted(account.windows).map(([place, { top, used }]) => [place, top, used]),
    );
    expect(toHex(encodeKeys(account.keys))).toBe(keys);
    expect(toHex(encodeWindows(account.windows))).toBe(windows);
    const expected = byLibrary("account", [
      hex(account.owner),
      account.subId,
      account.cash,
      account.liquidatedSinceMs,
      account.openOrders,
      account.keys.size === 0 ? hex(noLeaf) : ethersKeccak(`0x${keys}`),
      ethersKeccak(`0x${windows}`),
      account.exposures
        .filter(({ lots }) => lots !== 0)
        .map((each) => [each.market, each.lots, each.fundingIndex, each.entryQuote]),
    ]);
    expect(toHex(encodeAccountLeaf(account))).toBe(expected);
    expect(hex(accountLeaf(account))).toBe(ethersKeccak(`0x${expected}`));
  }
});

test("an account without keys and windows has no hash of either", () => {
  const account = genesisState(rollupParameters).accounts[1] as Account;
  expect(toHex(encodeAccountLeaf(account))).toBe(
    byLibrary("account", [hex(account.owner), 1, 0, 0, 0, hex(noLeaf), hex(noLeaf), []]),
  );
});

test("orders are encoded as by a library, and a free slot is no leaf", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const order = anyOrder(new Values(seed));
    const { guard } = order;
    const expected = byLibrary("order", [
      order.account,
      order.market,
      order.number,
      order.isBuy,
      order.priceTicks,
      order.timeInForce,
      order.flags,
      order.validUntilMs,
      order.clientId,
      guard?.market ?? 0,
      guard?.op ?? 0,
      guard?.priceTicks ?? 0,
      guard?.maxAgeMs ?? 0,
      order.key,
      order.isLiquidation,
      order.lots,
      order.batch,
      order.isDormant,
    ]);
    expect(toHex(encodeOrderLeaf(order))).toBe(expected);
    expect(hex(orderLeaf(order))).toBe(ethersKeccak(`0x${expected}`));
  }
  expect(orderLeaf(undefined)).toEqual(new Uint8Array(32));
});

test("markets, globals, withdrawals and parameters are encoded as by a library", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const values = new Values(seed);
    const market = anyMarket(values);
    const { parameters: p } = market;
    const parameters = byLibrary("marketParameters", [
      ...Object.entries(p)
        .filter(([name]) => name !== "tiers")
        .map(([, value]: [string, unknown]) =>
          typeof value === "string" ? ["off", "restrict", "delever"].indexOf(value) : value,
        ),
      p.tiers.map((tier) => [tier.notionalMax, tier.initialPpm, tier.maintenancePpm]),
    ]);
    expect(toHex(encodeMarketParameters(p))).toBe(parameters);
    const { id, parameters: _, resumedBatch, ...rest } = market;
    const expected = byLibrary("market", [
      id,
      ethersKeccak(`0x${parameters}`),
      ...Object.values(rest),
      resumedBatch ?? 0,
    ]);
    expect(toHex(encodeMarketLeaf(market))).toBe(expected);
    expect(hex(marketLeaf(market))).toBe(ethersKeccak(`0x${expected}`));

    const globals = anyGlobals(values);
    const { parameters: ofRollup, batch: __, ...others } = globals;
    const rollup = byLibrary(
      "rollupParameters",
      Object.values(ofRollup satisfies RollupParameters),
    );
    expect(toHex(encodeRollupParameters(ofRollup))).toBe(rollup);
    const all = byLibrary("globals", [ethersKeccak(`0x${rollup}`), ...Object.values(others)]);
    expect(toHex(encodeGlobalsLeaf(globals))).toBe(all);
    expect(hex(globalsLeaf(globals))).toBe(ethersKeccak(`0x${all}`));

    const withdrawal = {
      account: AccountId(values.uint(32)),
      to: values.address(),
      tokenAmount: values.wide(128),
    };
    const index = values.uint(53);
    const { account, to, tokenAmount } = withdrawal;
    const out = byLibrary("withdrawal", [index, account, hex(to), tokenAmount]);
    expect(toHex(encodeWithdrawalLeaf(index, withdrawal))).toBe(out);
    expect(hex(withdrawalLeaf(index, withdrawal))).toBe(hashOf(getBytes(`0x${out}`)));
  }
});

test("what a field's type cannot hold is refused, not cut", () => {
  const order = anyOrder(new Values(1));
  expect(() => encodeOrderLeaf({ ...order, priceTicks: 2 ** 32 })).toThrow("is no uint32");
  expect(() => encodeOrderLeaf({ ...order, lots: -1 })).toThrow("is no uint64");
  const account = anyAccount(new Values(1));
  expect(() => encodeAccountLeaf({ ...account, cash: 2n ** 127n })).toThrow("is no int128");
  expect(() => encodeAccountLeaf({ ...account, owner: new Uint8Array(19) })).toThrow("20 bytes");
});

test("the fast hash and the judge agree on every length around its blocks", async () => {
  const keccak = await fastKeccak();
  expect(keccak).not.toBe(keccak256);
  const bytes = Uint8Array.from({ length: 700 }, (_, at) => (at * 37) & 0xff);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    expect(toHex(keccak(part))).toBe(toHex(keccak256(part)));
  }
  // Each answer is the caller's own.
  const first = keccak(bytes);
  const copy = first.slice();
  keccak(bytes.subarray(1));
  expect(first).toEqual(copy);
});
