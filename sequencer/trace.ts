// For tests that watch from outside: one JSON line for each thing whose order is a promise, in the order in which the
// node did them, and when, in microseconds since 1970. Off unless a file is named.

import { closeSync, openSync, writeSync } from "node:fs";

export interface Trace {
  write(event: string, data: Record<string, unknown>): void;
  close(): void;
}

export function openTrace(path: string | undefined): Trace | undefined {
  if (path === undefined || path === "") return undefined;
  const file = openSync(path, "a");
  return {
    // Synchronous: a line is out before what it tells of, so that a kill cannot swap them.
    write: (event, data) =>
      void writeSync(file, `${JSON.stringify({ event, at: now(), ...data })}\n`),
    close: () => closeSync(file),
  };
}

/** Finer than the milliseconds of the wall clock, and comparable between the processes of one machine. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000);
}
