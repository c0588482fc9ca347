import { Micros } from "../protocol/index.ts";

/** The machine's wall clock, never going back: a step backwards of the system's time is waited out. */
export function systemClock(): { now(): Micros } {
  let last = 0;
  return {
    now() {
      // Whole milliseconds from the wall, and a count within them, so that stamps are distinct.
      last = Math.max(Date.now() * 1_000, last + 1);
      return Micros(last);
    },
  };
}
