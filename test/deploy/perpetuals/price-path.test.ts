import { expect, test } from "vitest";
import { Chance } from "../../../deploy/devnet/perpetuals/chance.ts";
import { type PathName, PricePath, stepMs } from "../../../deploy/devnet/perpetuals/price-path.ts";
import { readPrice, reporterCount } from "../../../deploy/devnet/perpetuals/reporters.ts";

const start = 600_000;
const minute = 60_000 / stepMs;

function walk(name: PathName, steps: number, seed = 1): readonly number[] {
  const path = new PricePath(new Chance(seed, 0), name, start);
  return Array.from({ length: steps }, () => path.next());
}

function furthestPpm(prices: readonly number[]): number {
  return Math.max(...prices.map((ticks) => (Math.abs(ticks - start) * 1_000_000) / start));
}

test("a seed repeats its prices, and another has others", () => {
  expect(walk("crash", 500)).toEqual(walk("crash", 500));
  expect(walk("crash", 500, 2)).not.toEqual(walk("crash", 500));
});

test("prices are whole ticks above zero, however long it goes on", () => {
  expect(walk("crash", 20_000).every((ticks) => Number.isInteger(ticks) && ticks > 0)).toBe(true);
});

test("a calm price moves and stays near its home", () => {
  const prices = walk("calm", 60 * minute);
  expect(furthestPpm(prices)).toBeGreaterThan(500);
  expect(furthestPpm(prices)).toBeLessThan(10_000);
});

test("a crash comes within the first minute, takes more than a position of twenty times its margin bears, and heals", () => {
  const prices = walk("crash", 100 + minute);
  const low = Math.min(...prices);
  expect(prices.indexOf(low)).toBeLessThan(1.5 * minute);
  expect(low).toBeLessThan(0.95 * start);
  expect(prices.at(-1)).toBeGreaterThan((low + start) / 2 - 0.03 * start);
});

test("every other crash begins with a leap", () => {
  const prices = walk("crash", 1_000);
  const leaps = prices.filter((ticks, i) => i > 0 && ticks < 0.97 * (prices[i - 1] ?? 0));
  expect(leaps).toHaveLength(2);
});

test("a mixed path is calm for a minute, and falls within some", () => {
  expect(furthestPpm(walk("mixed", minute))).toBeLessThan(10_000);
  expect(furthestPpm(walk("mixed", 3 * minute))).toBeGreaterThan(50_000);
});

test("at least two reporters read a price nearly as it is, and sometimes one is missing", () => {
  const chance = new Chance(1, 0);
  const readings = Array.from({ length: 200 }, () => readPrice(chance, start));
  const counts = new Set(readings.map(({ length }) => length));
  expect(counts).toEqual(new Set([reporterCount - 1, reporterCount]));
  const off = readings.flat().map(({ priceTicks }) => Math.abs(priceTicks - start));
  expect(Math.max(...off)).toBeLessThan(start / 10_000);
});
