// npm run sim: see options.ts for what it can be asked.

import { execFileSync } from "node:child_process";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { parseRunOptions, replayOf, type RunOptions, usage, UsageError } from "./options.ts";
import type { Observation } from "./observation.ts";
import { runEpochSeed } from "./epochs/campaign.ts";
import { runSeed } from "./replicas/campaign.ts";
import { runCoreSeed } from "./whole/campaign.ts";
import { chainId } from "./whole/clients.ts";
import { TrueSealing } from "./whole/true-sealing.ts";

const summed = ["views", "height", "events", "messages", "crashes"] as const;

try {
  const options = parseRunOptions(process.argv.slice(2));
  if (options === "help") say(usage);
  else process.exitCode = await runAll(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n--help says what there is\n`);
  process.exitCode = 2;
}

async function runAll(options: RunOptions): Promise<number> {
  const { seed: first, count, n } = options;
  const sealing = options.isSealed
    ? new TrueSealing(await createMclSealingGroup(), chainId, n)
    : undefined;
  const total = Object.fromEntries(summed.map((key) => [key, 0]));
  const started = performance.now();
  let failures = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      const report = await runOne(options, seed, sealing);
      for (const key of summed) total[key] = (total[key] ?? 0) + report[key];
      if (count === 1) say(line(report));
      if (options.isTwice) compare(line(report), replayOf(options, seed));
    } catch (error) {
      failures += 1;
      say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
      say(`again: npm run sim -- ${replayOf(options, seed).join(" ")}`);
    }
  }
  const spent = (performance.now() - started) / 1_000;
  say(
    `${count} seeds, n = ${n}, ${spent.toFixed(1)} s: ${JSON.stringify(total)}, ${failures} failures`,
  );
  return failures === 0 ? 0 : 1;
}

type Report = Record<(typeof summed)[number], number> & { readonly coverage?: unknown };

async function runOne(
  options: RunOptions,
  seed: number,
  sealing: TrueSealing | undefined,
): Promise<Report> {
  const { n, views, adversaries } = options;
  const common = {
    seed,
    n,
    views,
    ...(adversaries === undefined ? {} : { adversaryNames: adversaries }),
    ...(options.hasTrace ? { watch: print } : {}),
  };
  if (options.harness === "replicas") return runSeed(common);
  if (options.harness === "epochs") return runEpochSeed(common);
  return runCoreSeed({ ...common, ...(sealing === undefined ? {} : { sealing }) });
}

function compare(report: string, again: readonly string[]): void {
  const output = execFileSync(process.execPath, [import.meta.filename, ...again], {
    encoding: "utf8",
  });
  const [other = ""] = output.split("\n");
  if (other !== report) throw new Error(`another process came to ${other}, and this to ${report}`);
}

function line(report: Report): string {
  return JSON.stringify(report, (_key, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
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
