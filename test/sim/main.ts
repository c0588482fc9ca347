// npm run sim -- --seed 1 --count 100 --n 4 --views 200: runs seeds, says what they did, and how to see a failure again.
// With --sealed, whole validators with the true sealing; for long runs of them, without, see core/main.ts.

import { parseArgs } from "node:util";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { runSeed } from "./campaign.ts";
import { runCoreSeed } from "./core-campaign.ts";
import { coreSetting } from "./core-node.ts";
import { rarities } from "./coverage.ts";
import type { Observation } from "./observation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    /** How many seeds, from that one on. */
    count: { type: "string", default: "1" },
    n: { type: "string", default: "4" },
    views: { type: "string", default: "200" },
    sealed: { type: "boolean", default: false },
    /** Prints what every process says and suffers. */
    trace: { type: "boolean", default: false },
  },
});
const first = Number(values.seed);
const count = Number(values.count);
const n = Number(values.n);
const views = Number(values.views);
if (![first, count, n, views].every(Number.isSafeInteger)) throw new Error("numbers are needed");

const started = performance.now();
const total = { views: 0, height: 0, events: 0, messages: 0, crashes: 0 };
const coverage = new Map<string, number>();
let failures = 0;
const setting = values.sealed ? coreSetting(await createMclSealingGroup(), n) : undefined;
const watch = values.trace ? { watch: print } : {};
for (let seed = first; seed < first + count; seed++) {
  try {
    if (setting === undefined) await runReplicas(seed);
    else await runCores(seed, setting);
  } catch (error) {
    failures += 1;
    say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const sealed = values.sealed ? " --sealed" : "";
    say(`again: npm run sim -- --seed ${seed} --n ${n} --views ${views}${sealed}`);
  }
}
const seconds = (performance.now() - started) / 1_000;
say(
  `${count} seeds, n = ${n}: ${total.views} views, height ${total.height}, ${total.events} events, ` +
    `${total.messages} messages, ${total.crashes} crashes, ${failures} failures; ` +
    `${(count / seconds).toFixed(1)} seeds/s, ${Math.round(total.events / seconds)} events/s`,
);
if (!values.sealed)
  for (const rarity of rarities) say(`  ${coverage.get(rarity) ?? 0} x ${rarity}`);
process.exitCode = failures === 0 ? 0 : 1;

async function runReplicas(seed: number): Promise<void> {
  const report = await runSeed({ seed, n, views, ...watch });
  for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report[key];
  for (const [rarity, times] of report.coverage)
    coverage.set(rarity, (coverage.get(rarity) ?? 0) + times);
}

/** Faults last as long as the views would; every other seed has no crashes, and its order is checked by every stamp. */
async function runCores(seed: number, setting: ReturnType<typeof coreSetting>): Promise<void> {
  const faultTime = views * setting.genesis.parameters.viewTimeout;
  const hasCrashes = seed % 2 === 0;
  const options = { seed, setting, transactions: Math.ceil(views / 2), hasCrashes };
  const report = await runCoreSeed({ ...options, faultTime, ...watch });
  for (const key of ["height", "events", "messages", "crashes"] as const) total[key] += report[key];
}

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
