// npm run sim -- --core --seed 1 --count 20 --n 4 --seconds 10: runs whole cores, and says how to see a failure again.
// With --twice, each seed also runs in a process of its own, which must come to the same trace.

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { type CoreReport, runCoreSeed } from "./campaign.ts";
import type { CoreObservation } from "./node.ts";

const { values } = parseArgs({
  options: {
    core: { type: "boolean" },
    seed: { type: "string", default: "1" },
    /** How many seeds, from that one on. */
    count: { type: "string", default: "1" },
    n: { type: "string", default: "4" },
    /** Simulated seconds under faults. */
    seconds: { type: "string", default: "10" },
    twice: { type: "boolean", default: false },
    /** Prints what every process says and suffers. */
    trace: { type: "boolean", default: false },
  },
});
const [first = 1, count = 1, n = 4, seconds = 10] = [
  values.seed,
  values.count,
  values.n,
  values.seconds,
].map(Number);

const summed = [
  "seconds",
  "views",
  "height",
  "delivered",
  "crashes",
  "events",
  "messages",
] as const;
const total = Object.fromEntries(summed.map((key) => [key, 0]));
const startedAt = performance.now();
let failures = 0;
for (let seed = first; seed < first + count; seed++) {
  const again = ["--core", "--seed", seed, "--n", n, "--seconds", seconds].join(" ");
  try {
    const report = await runCoreSeed({
      seed,
      n,
      seconds,
      ...(values.trace ? { watch: print } : {}),
    });
    for (const key of summed) total[key] = (total[key] ?? 0) + report[key];
    if (count === 1) say(JSON.stringify(report));
    if (values.twice) compare(report, again);
  } catch (error) {
    failures += 1;
    say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    say(`again: npm run sim -- ${again}`);
  }
}
const spent = Math.round((performance.now() - startedAt) / 1_000);
say(`${count} seeds, n = ${n}, ${spent} s: ${JSON.stringify(total)}, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

function compare(report: CoreReport, again: string): void {
  const run = new URL("../run.ts", import.meta.url).pathname;
  const output = execFileSync(process.execPath, [run, ...again.split(" ")], { encoding: "utf8" });
  const [line = ""] = output.split("\n");
  if (line !== JSON.stringify(report)) throw new Error(`another process came to ${line}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function print(observation: CoreObservation, now: number): void {
  const { id, isHonest } = observation.process;
  const what = Object.entries(observation)
    .filter(([key]) => key !== "process" && key !== "now")
    .map(([, value]) => (typeof value === "object" ? JSON.stringify(value, shorten) : value));
  say(`${(now / 1e6).toFixed(6)} ${id}${isHonest ? "" : "!"} ${what.join(" ")}`);
}

function shorten(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value.subarray(0, 4)).join(".");
  return value;
}
