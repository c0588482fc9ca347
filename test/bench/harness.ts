// How a benchmark measures and what it prints: a figure, its unit, the machine, the load and the seed. CPU time where
// it can be had, because machines are shared; and two things that are to be compared in one run, with their ratio.

import { availableParallelism, cpus, loadavg } from "node:os";
import { percentile } from "../../deploy/devnet/percentiles.ts";

export interface Figure {
  /** Slash-separated, stable: "sealing/mcl/validate/cpu-ms". */
  readonly name: string;
  /** Undefined when it could not be measured here. */
  readonly value: number | undefined;
  readonly unit: string;
  /** Why there is no value. */
  readonly absent?: string;
}

export interface Report {
  readonly figures: readonly Figure[];
  /** For people only: figures beside what they are to be compared with. */
  readonly table: readonly string[];
}

/** CPU milliseconds of this process for one call, the median of several rounds after one to warm up. */
export function cpuMs(work: () => void, rounds = 5): number {
  work();
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return median(times);
}

/** CPU milliseconds of this process for each of what the work did. */
export async function cpuOf(work: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}

/** The smallest value that so many of all (from 0 to 1) do not exceed. */
export function percentileOf(values: readonly number[], share: number): number {
  return percentile(values, share) ?? Number.NaN;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What takes long says how far it is, beside what programs read. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** For people: aligned lines under a heading that says where and how. For programs: one JSON object a line. */
export function print({ figures, table }: Report, options: { json: boolean; seed: number }): void {
  if (options.json) {
    for (const figure of figures)
      process.stdout.write(`${JSON.stringify({ ...figure, value: figure.value ?? null })}\n`);
    return;
  }
  const model = cpus()[0]?.model ?? "unknown processor";
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(`${model}, ${availableParallelism()} cores, Node ${process.versions.node}`);
  console.log(`load ${load.join(" ")}, seed ${options.seed}`);
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, unit, absent } of figures) {
    const shown = value === undefined ? `absent: ${absent}` : `${precise(value)} ${unit}`;
    console.log(`${name.padEnd(width)}  ${shown}`);
  }
  for (const line of table) console.log(line);
}

function precise(value: number): string {
  return value.toPrecision(4).padStart(10);
}
