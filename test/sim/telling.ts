// How runs are told in the terminal.

import { toHex } from "../../base/index.ts";
import type { CommonReport } from "./campaign-options.ts";
import type { Observation } from "./observation.ts";

const bytesShown = 6;
const lengthMax = 400;

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A report as one line of JSON. */
export function line(report: CommonReport): string {
  return JSON.stringify(report, (_key, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  );
}

/** One thing that happened, on one line; Byzantine processes have an exclamation mark. */
export function describe(observation: Observation, now: number): string {
  const { id, isHonest } = observation.process;
  const what = Object.entries(observation)
    .filter(([key]) => key !== "process" && key !== "now")
    .map(([, value]) => (typeof value === "object" ? JSON.stringify(value, shorten) : value));
  const text = `${(now / 1e6).toFixed(6)} ${id}${isHonest ? "" : "!"} ${what.join(" ")}`;
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}

function shorten(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value.subarray(0, bytesShown)) : value;
}
