// Three reporters who look at the same price and read it a little differently, as sources of prices do.

import type { Chance } from "./chance.ts";

export interface Reading {
  /** Its place in the rollup's specification. */
  readonly reporter: number;
  readonly priceTicks: number;
  readonly confidencePpm: number;
}

export const reporterCount = 3;

const errorPpm = 30;
const confidencePpm = 200;
/** Who misses a turn now and then is not waited for: two are enough. */
const missesOnceIn = 8;

/** At least a quorum of them. */
export function readPrice(chance: Chance, priceTicks: number): readonly Reading[] {
  const absent = chance.once(missesOnceIn) ? chance.between(0, reporterCount - 1) : undefined;
  const error = Math.max(1, Math.trunc((priceTicks * errorPpm) / 1_000_000));
  return Array.from({ length: reporterCount }, (_, reporter) => ({
    reporter,
    priceTicks: Math.max(1, priceTicks + chance.between(-error, error)),
    confidencePpm,
  })).filter(({ reporter }) => reporter !== absent);
}
