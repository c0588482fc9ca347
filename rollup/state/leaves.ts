// What the state's trees are made of. A leaf is the hash of what `abi.encode` makes of a struct that stands in
// contracts/derivatives/Leaves.sol: contracts rebuild it from what they are shown, so the two change together or not at all.

import { keccak256 } from "../../sdk/index.ts";
import type {
  Account,
  Globals,
  Market,
  NonceWindow,
  Order,
  SessionKey,
  Withdrawal,
} from "../engine/index.ts";
import type { Keccak } from "./keccak.ts";
import { hashParameters } from "./parameter-leaves.ts";
import { Words } from "./words.ts";

/** Where there is nothing. */
export const noLeaf: Uint8Array = new Uint8Array(32);

export function accountLeaf(account: Account, keccak: Keccak = keccak256): Uint8Array {
  return keccak(encodeAccountLeaf(account, keccak));
}

/** Its positions alone: what it has open orders in without a position is told by the orders. */
export function encodeAccountLeaf(account: Account, keccak: Keccak = keccak256): Uint8Array {
  const positions = account.exposures.filter(({ lots }) => lots !== 0);
  const fields = 8;
  const words = new Words(1 + fields + 1 + 4 * positions.length)
    .offset(1)
    .address(account.owner)
    .uint(16, account.subId)
    .int128(account.cash)
    .uint(64, account.liquidatedSinceMs)
    .uint(32, account.openOrders)
    .bytes32(account.keys.size === 0 ? noLeaf : keccak(encodeKeys(account.keys)))
    .bytes32(account.windows.size === 0 ? noLeaf : keccak(encodeWindows(account.windows)))
    .offset(fields)
    .uint(64, positions.length);
  for (const { market, lots, fundingIndex, entryQuote } of positions)
    words.uint(32, market).int64(lots).int128(fundingIndex).uint128(entryQuote);
  return words.finish();
}

/** A list of structs that hold a list each: first where every one of them begins, then they. */
export function encodeKeys(keys: ReadonlyMap<number, SessionKey>): Uint8Array {
  const sorted = byPlace(keys);
  const fields = 6;
  const sizes = sorted.map(([, { markets }]) => fields + 1 + markets.length);
  const words = new Words(2 + sizes.reduce((sum, size) => sum + 1 + size, 0));
  words.offset(1).uint(64, sorted.length);
  let begins = sorted.length;
  for (const size of sizes) {
    words.offset(begins);
    begins += size;
  }
  for (const [place, { address, scopes, expiryMs, maxNotional, markets }] of sorted) {
    words.uint(8, place).address(address).uint(8, scopes).uint(64, expiryMs).uint128(maxNotional);
    words.offset(fields).uint(64, markets.length);
    for (const market of markets) words.uint(32, market);
  }
  return words.finish();
}

export function encodeWindows(windows: ReadonlyMap<number, NonceWindow>): Uint8Array {
  const words = new Words(2 + 3 * windows.size).offset(1).uint(64, windows.size);
  for (const [place, { top, used }] of byPlace(windows))
    words.uint(8, place).uint(64, top).uint256(used);
  return words.finish();
}

/** No leaf where no order stands. */
export function orderLeaf(order: Order | undefined, keccak: Keccak = keccak256): Uint8Array {
  return order === undefined ? noLeaf : keccak(encodeOrderLeaf(order));
}

export function encodeOrderLeaf(order: Order): Uint8Array {
  const { guard } = order;
  return new Words(18)
    .uint(32, order.account)
    .uint(32, order.market)
    .uint(64, order.number)
    .flag(order.isBuy)
    .uint(32, order.priceTicks)
    .uint(8, order.timeInForce)
    .uint(8, order.flags)
    .uint(64, order.validUntilMs)
    .uint(64, order.clientId)
    .uint(32, guard?.market ?? 0)
    .uint(8, guard?.op ?? 0)
    .uint(32, guard?.priceTicks ?? 0)
    .uint(32, guard?.maxAgeMs ?? 0)
    .uint(8, order.key)
    .flag(order.isLiquidation)
    .uint(64, order.lots)
    .uint(64, order.batch)
    .flag(order.isDormant)
    .finish();
}

export function marketLeaf(market: Market, keccak: Keccak = keccak256): Uint8Array {
  return keccak(encodeMarketLeaf(market, keccak));
}

export function encodeMarketLeaf(market: Market, keccak: Keccak = keccak256): Uint8Array {
  return new Words(20)
    .uint(32, market.id)
    .bytes32(hashParameters(market.parameters, keccak))
    .uint(32, market.indexTicks)
    .uint(64, market.indexTimeMs)
    .uint(32, market.confidencePpm)
    .uint(32, market.candidateTicks)
    .uint(64, market.candidateTimeMs)
    .uint(32, market.confirmationsLeft)
    .uint(32, market.markTicks)
    .int64(market.basis)
    .uint(32, market.lastAuctionTicks)
    .uint(64, market.variance)
    .int128(market.fundingIndex)
    .int128(market.premiumSum)
    .uint(64, market.premiumCount)
    .uint(64, market.staleMs)
    .uint(64, market.openLots)
    .uint(64, market.bidDepth)
    .uint(64, market.askDepth)
    .uint(64, market.resumedBatch ?? 0)
    .finish();
}

export function globalsLeaf(globals: Globals, keccak: Keccak = keccak256): Uint8Array {
  return keccak(encodeGlobalsLeaf(globals, keccak));
}

/** Without the batch: that stands in the root itself. */
export function encodeGlobalsLeaf(globals: Globals, keccak: Keccak = keccak256): Uint8Array {
  return new Words(16)
    .bytes32(hashParameters(globals.parameters, keccak))
    .uint(64, globals.timeMs)
    .uint(64, globals.l1Index)
    .uint(64, globals.l1TimeMs)
    .uint(64, globals.l1HeardMs)
    .uint(64, globals.anchoredBatch)
    .uint(64, globals.anchoredTimeMs)
    .uint128(globals.deposited)
    .uint128(globals.withdrawn)
    .uint128(globals.shortfall)
    .uint(64, globals.haltedBatch)
    .uint(64, globals.outflowSinceMs)
    .uint128(globals.outflow)
    .uint(64, globals.takeoverDay)
    .uint128(globals.takeoverUsed)
    .uint128(globals.sumPositiveEquity)
    .finish();
}

/** `index` counts over the rollup's whole life. */
export function withdrawalLeaf(
  index: number,
  withdrawal: Withdrawal,
  keccak: Keccak = keccak256,
): Uint8Array {
  return keccak(encodeWithdrawalLeaf(index, withdrawal));
}

export function encodeWithdrawalLeaf(
  index: number,
  { account, to, tokenAmount }: Withdrawal,
): Uint8Array {
  return new Words(4).uint(64, index).uint(32, account).address(to).uint128(tokenAmount).finish();
}

function byPlace<T>(items: ReadonlyMap<number, T>): (readonly [number, T])[] {
  return [...items].sort(([a], [b]) => a - b);
}
