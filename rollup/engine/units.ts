// What is counted, and how it is rounded. Prices and sizes are safe integers; money, and every product of the two, is
// bigint. `/` of bigints truncates toward zero, which favours whoever is in debt: only the two divisions here are used.

import { assert, type Brand } from "../../sdk/index.ts";

/** 0 is the insurance fund, 1 takes the fees; others come with their first deposit. */
export type AccountId = Brand<number, "AccountId">;
export type MarketId = Brand<number, "MarketId">;
/** Where an order stands: dense, the lowest free one is the next. */
export type OrderSlot = Brand<number, "OrderSlot">;

/** A price; u32, above 0 where it is one. */
export type Ticks = number;
/** A size; at most 2^40 either way. */
export type Lots = number;
/** Money; 1e-12 USDC. */
export type Quanta = bigint;
/** Millionths. */
export type Ppm = number;

export const AccountId = (value: number): AccountId => value as AccountId;
export const MarketId = (value: number): MarketId => value as MarketId;
export const OrderSlot = (value: number): OrderSlot => value as OrderSlot;

export const insuranceId: AccountId = AccountId(0);
export const feesId: AccountId = AccountId(1);

/** Quanta in the smallest unit of the token on L1, which has six decimals. */
export const quantaPerToken: Quanta = 1_000_000n;
export const ppm: bigint = 1_000_000n;
/** The largest that a leaf of the state holds, where nothing is below 0. */
export const amountMax: Quanta = 2n ** 128n - 1n;
export const ticksMax: Ticks = 2 ** 32 - 1;

/** Toward minus infinity: what an account is credited. */
export function floorDiv(numerator: bigint, denominator: bigint): bigint {
  assert(denominator > 0n, "denominators are positive");
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}

/** Toward plus infinity: what an account must have or pay. */
export function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  assert(denominator > 0n, "denominators are positive");
  const quotient = numerator / denominator;
  return numerator > 0n && quotient * denominator !== numerator ? quotient + 1n : quotient;
}

/** `value * numerator / denominator` toward minus infinity, exact whatever the product's size. */
export function scaleFloor(value: number, numerator: number, denominator: number): number {
  return Number(floorDiv(BigInt(value) * BigInt(numerator), BigInt(denominator)));
}

export function scaleCeil(value: number, numerator: number, denominator: number): number {
  return Number(ceilDiv(BigInt(value) * BigInt(numerator), BigInt(denominator)));
}

/** The integer square root. What the processor's root says is corrected, so that it is exact on every machine. */
export function rootFloor(square: number): number {
  assert(Number.isSafeInteger(square) && square >= 0, "roots are of natural numbers");
  let root = Math.floor(Math.sqrt(square));
  while (root * root > square) root--;
  while ((root + 1) * (root + 1) <= square) root++;
  return root;
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

export function bigMin(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function bigMax(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function medianOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Of natural numbers, rounded down; exact, as the remainder is. */
export function intDiv(numerator: number, denominator: number): number {
  return (numerator - (numerator % denominator)) / denominator;
}

/** `value / 2^bits` toward minus infinity; exact, as only the exponent changes. */
export function floorShift(value: number, bits: number): number {
  return Math.floor(value / 2 ** bits);
}

/** Of an order, of a position, and of all that an account has open in a market. */
export const lotsMax: Lots = 2 ** 40;
