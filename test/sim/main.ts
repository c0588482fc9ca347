// npm run sim -- --seed 1 --count 100 --n 4 --views 200: runs seeds, says what they did, and how to see a failure again.

import { parseArgs } from "node:util";
import { runSeed } from "./campaign.ts";
import { rarities } from "./coverage.ts";
import type { Observation } from "./observation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    /** How many seeds, from that one on. */
    count: { type: "string", default: "1" },
    n: { type: "string", default: "4" },
    views: { type: "string", default: "200" },
    /** Prints what every process says and suffers. */
    trace: { type: "boolean", default: false },
  },
});
const [first, count, n, views] = [values.seed, values.count, values.n, values.views].map(Number);
if (first === undefined || count === undefined || n === undefined || views === undefined)
  throw new Error("numbers are needed");

const started = performance.now();
const total = { views: 0, height: 0, events: 0, messages: 0, crashes: 0 };
const coverage = new Map<string, number>();
let failures = 0;
for (let seed = first; seed < first + count; seed++) {
  try {
    const report = await runSeed({ seed, n, views, ...(values.trace ? { watch: print } : {}) });
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report[key];
    for (const [rarity, times] of report.coverage)
      coverage.set(rarity, (coverage.get(rarity) ?? 0) + times);
    if (count === 1) say(JSON.stringify(report));
  } catch (error) {
    failures += 1;
    say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    say(`again: npm run sim -- --seed ${seed} --n ${n} --views ${views}`);
  }
}
const seconds = (performance.now() - started) / 1_000;
say(
  `${count} seeds, n = ${n}: ${total.views} views, height ${total.height}, ${total.events} events, ` +
    `${total.messages} messages, ${total.crashes} crashes, ${failures} failures; ` +
    `${(count / seconds).toFixed(1)} seeds/s, ${Math.round(total.events / seconds)} events/s`,
);
for (const rarity of rarities) say(`  ${coverage.get(rarity) ?? 0} x ${rarity}`);
process.exitCode = failures === 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function print(observation: Observation, now: number): void {
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
