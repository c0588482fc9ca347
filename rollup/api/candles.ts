// Prices by spans of time. A span in which nothing traded has no candle.

import { Recent } from "./recent.ts";
import type { CandleJson } from "./wire.ts";

export const spans = { "1s": 1_000, "1m": 60_000, "5m": 300_000, "1h": 3_600_000 } as const;
export type Span = keyof typeof spans;
export const spanNames = Object.keys(spans) as Span[];

/** Of each span so many candles are kept. */
export const candlesMax = 500;

export class Candles {
  readonly #spanMs: number;
  readonly #recent: Recent<CandleJson> = new Recent(candlesMax);

  constructor(span: Span) {
    this.#spanMs = spans[span];
  }

  /** What the candle is with the trade in it. Time does not go back. */
  add(timeMs: number, priceTicks: number, lots: number): CandleJson {
    const startMs = timeMs - (timeMs % this.#spanMs);
    const { last } = this.#recent;
    const isNew = last === undefined || last.startMs !== startMs;
    const before = isNew ? fresh(startMs, priceTicks) : last;
    const candle = {
      ...before,
      highTicks: Math.max(before.highTicks, priceTicks),
      lowTicks: Math.min(before.lowTicks, priceTicks),
      closeTicks: priceTicks,
      lots: before.lots + lots,
      trades: before.trades + 1,
    };
    if (isNew) this.#recent.push(candle);
    else this.#recent.replaceLast(candle);
    return candle;
  }

  /** The newest last. */
  latest(count: number): CandleJson[] {
    return this.#recent.latest(count);
  }
}

function fresh(startMs: number, ticks: number): CandleJson {
  const prices = { openTicks: ticks, highTicks: ticks, lowTicks: ticks, closeTicks: ticks };
  return { startMs, ...prices, lots: 0, trades: 0 };
}
