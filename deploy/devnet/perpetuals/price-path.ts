// Prices of a world outside, drawn from a seed: a walk that keeps near its home, and crashes from which it is slow to
// recover. Integers throughout, so that a seed shows the same prices on every machine.

import type { Chance } from "./chance.ts";

export const pathNames = ["calm", "mixed", "crash"] as const;
export type PathName = (typeof pathNames)[number];

/** Between two steps of a path, ms. */
export const stepMs = 500;

interface Schedule {
  /** Steps until the first crash, and from one to the next; none without. */
  readonly first: number;
  readonly every: number;
}

/** `mixed` gives a user time to look around; `crash` gives gamblers just enough to be in it. */
const schedules: Readonly<Record<PathName, Schedule | undefined>> = {
  calm: undefined,
  mixed: { first: 180, every: 400 },
  crash: { first: 70, every: 200 },
};

/** How far a step goes either way, in millionths, and which part of the way home it goes. */
const stridePpm = 150;
const homePart = 64;
/**
 * A crash goes on for some seconds and takes minutes to be forgotten. Every other one begins with a leap that the oracle's
 * rules want confirmed: who is liquidated in a slide has time to be closed in slices, and in a leap has none.
 */
const leapPpm = 35_000;
const slideSteps = 36;
const slidePpm = 2_000;
const recoveryPart = 128;

export class PricePath {
  readonly #chance: Chance;
  readonly #schedule: Schedule | undefined;
  readonly #start: number;
  #home: number;
  #ticks: number;
  #step = 0;
  #crashes = 0;
  #slidesLeft = 0;

  constructor(chance: Chance, name: PathName, startTicks: number) {
    this.#chance = chance;
    this.#schedule = schedules[name];
    this.#start = startTicks;
    this.#home = startTicks;
    this.#ticks = startTicks;
  }

  get ticks(): number {
    return this.#ticks;
  }

  /** The price `stepMs` later. */
  next(): number {
    this.#step++;
    if (this.#isCrash()) {
      this.#crashes++;
      this.#slidesLeft = slideSteps;
      if (this.#crashes % 2 === 0) this.#fall(leapPpm);
    } else if (this.#slidesLeft > 0) {
      this.#fall(slidePpm);
      this.#slidesLeft--;
    } else this.#home += toward(this.#start - this.#home, recoveryPart);
    const stride = Math.max(1, scale(this.#ticks, stridePpm));
    this.#ticks += this.#chance.between(-stride, stride);
    this.#ticks = Math.max(1, this.#ticks + toward(this.#home - this.#ticks, homePart));
    return this.#ticks;
  }

  #isCrash(): boolean {
    if (this.#schedule === undefined) return false;
    const { first, every } = this.#schedule;
    return this.#step >= first && (this.#step - first) % every === 0;
  }

  /** Where it falls to is where it belongs, for a while. */
  #fall(byPpm: number): void {
    this.#ticks -= scale(this.#ticks, byPpm);
    this.#home = this.#ticks;
  }
}

function scale(ticks: number, byPpm: number): number {
  return Math.trunc((ticks * byPpm) / 1_000_000);
}

function toward(distance: number, part: number): number {
  return Math.trunc(distance / part);
}
