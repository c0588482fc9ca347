// npm run sim:swarm: many seeds over several processes, in ranges that are finished once. What is finished is appended to
// a file, so that a swarm that was stopped goes on where it was.

import { fork } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { consensusRarities, coreRarities } from "./coverage.ts";
import { campaignOf } from "./campaigns.ts";
import { replayOf, type ReplayOptions, toInteger, UsageError } from "./options.ts";
import { say } from "./telling.ts";

const usage = `npm run sim:swarm -- [options]: runs seeds until so many views are simulated.

  --views N        views in all, those of earlier calls with this file included (1000000)
  --workers N      processes (2)
  --n N            seats of every committee, in place of a mixture of 4 to 16
  --whole PERCENT  of the ranges that are of whole cores (10)
  --progress FILE  where finished ranges are kept (sim-swarm.log)
  --help           this text

A range that is finished is not run again: with the same file the swarm goes on. What is rare has to have happened
somewhere in ${toThousands(100_000)} views and more, or the swarm fails.
`;

/** From here on rare things must have been seen. */
const rareFrom = 100_000;
const seedsPerRange = { replicas: 40, whole: 8 };
/** Seats of the committees, in turn; small ones are where Byzantine seats weigh most. */
const sizes = [4, 4, 7, 4, 5, 4, 16, 4, 10, 6] as const;

interface Range extends ReplayOptions {
  /** Ranges are numbered; the number says all of them. */
  readonly number: number;
  readonly first: number;
  readonly count: number;
}

interface Finished {
  readonly range: number;
  readonly harness: string;
  readonly n: number;
  readonly seeds: readonly [number, number];
  readonly sums: Readonly<Record<(typeof summed)[number], number>>;
  readonly adversaries: Readonly<Record<string, number>>;
  readonly coverage: Readonly<Record<string, number>>;
  /** How to see each failure again. */
  readonly failures: readonly string[];
}

const summed = ["views", "height", "events", "messages", "crashes"] as const;

if (process.send === undefined) process.exitCode = await main();
else process.on("message", (range: Range) => void work(range));

/** The parent: hands out ranges, keeps what comes back. */
async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = parse();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options === "help") {
    say(usage);
    return 0;
  }
  const { workers, progress } = options;
  const finished = readProgress(progress);
  const started = performance.now();
  if (finished.length > 0) say(`${finished.length} ranges are finished already in ${progress}`);
  const done = new Set(finished.map(({ range }) => range));
  let next = 0;
  const isDone = (): boolean => sum(finished).views >= options.views;
  const takeNext = (): Range => {
    while (done.has(next)) next++;
    done.add(next);
    return rangeOf(next, options);
  };
  const keep = (result: Finished): void => {
    finished.push(result);
    appendFileSync(progress, `${JSON.stringify(result)}\n`);
    for (const failure of result.failures) say(`FAILED: ${failure}`);
    if (finished.length % 10 === 0) say(tell(finished, started));
  };
  await Promise.all(Array.from({ length: workers }, () => attend(takeNext, isDone, keep)));
  return conclude(finished, started);
}

/** One child process, for as long as there is something to do. */
function attend(
  takeNext: () => Range,
  isDone: () => boolean,
  keep: (result: Finished) => void,
): Promise<void> {
  const child = fork(import.meta.filename, [], { serialization: "advanced" });
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      if (isDone()) child.disconnect();
      else child.send(takeNext());
    };
    child.on("message", (result: Finished) => {
      keep(result);
      goOn();
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with ${code}`));
    });
    goOn();
  });
}

/** The child: runs the seeds of one range. */
async function work(range: Range): Promise<void> {
  const sums = Object.fromEntries(summed.map((key) => [key, 0])) as Record<
    (typeof summed)[number],
    number
  >;
  const adversaries: Record<string, number> = {};
  const coverage: Record<string, number> = {};
  const failures: string[] = [];
  const campaign = campaignOf(undefined, range.n);
  for (let seed = range.first; seed < range.first + range.count; seed++)
    try {
      const report = await campaign(range, seed);
      for (const key of summed) sums[key] += report[key];
      for (const name of report.adversaries) adversaries[name] = (adversaries[name] ?? 0) + 1;
      for (const [rarity, times] of report.coverage)
        coverage[rarity] = (coverage[rarity] ?? 0) + times;
    } catch (error) {
      const [first = ""] = String(error).split("\n");
      failures.push(`npm run sim -- ${replayOf(range, seed).join(" ")}: ${first.slice(0, 300)}`);
    }
  const { number, harness, n, first, count } = range;
  const seeds = [first, first + count - 1] as const;
  process.send?.({ range: number, harness, n, seeds, sums, adversaries, coverage, failures });
}

function rangeOf(number: number, { whole, n }: Pick<Options, "whole" | "n">): Range {
  const isWhole = (number * 37) % 100 < whole;
  const harness = isWhole ? "whole" : "replicas";
  const count = seedsPerRange[harness];
  const turn = isWhole ? Math.floor(number / 7) : number;
  return {
    number,
    harness,
    mode: turn % 4 === 3 ? "safety" : "liveness",
    n: n ?? sizes[turn % sizes.length] ?? 4,
    views: isWhole ? 120 : 250,
    adversaries: undefined,
    wicked: undefined,
    without: [],
    isSealed: false,
    losesShares: false,
    first: 1 + number * 100,
    count,
  };
}

function conclude(finished: readonly Finished[], started: number): number {
  const { views } = sum(finished);
  const failures = finished.flatMap((each) => each.failures);
  const coverage = merge(finished.map((each) => each.coverage));
  const expected = [
    ...consensusRarities,
    ...(finished.some(({ harness }) => harness === "whole") ? coreRarities : []),
  ];
  const missing = expected.filter((rarity) => coverage[rarity] === undefined);
  say(tell(finished, started));
  const used = Object.entries(merge(finished.map((each) => each.adversaries)));
  say(`Byzantine seats: ${used.map(([name, times]) => `${times} ${name}`).join(", ")}`);
  for (const rarity of expected) say(`  ${coverage[rarity] ?? 0} x ${rarity}`);
  for (const failure of failures) say(`FAILED: ${failure}`);
  if (missing.length > 0) say(`never happened: ${missing.join("; ")}`);
  return failures.length > 0 || (missing.length > 0 && views >= rareFrom) ? 1 : 0;
}

function tell(finished: readonly Finished[], started: number): string {
  const total = sum(finished);
  const numbers = summed.map((key) => `${toThousands(total[key])} ${key}`).join(", ");
  const seeds = finished.reduce((all, { seeds: [from, to] }) => all + to - from + 1, 0);
  const whole = sum(finished.filter(({ harness }) => harness === "whole")).views;
  const spent = Math.round((performance.now() - started) / 1_000);
  return `${seeds} seeds: ${numbers}; ${toThousands(whole)} of the views by whole cores; ${spent} s now`;
}

function sum(finished: readonly Finished[]): Record<(typeof summed)[number], number> {
  const all = merge(finished.map(({ sums }) => sums));
  return Object.fromEntries(summed.map((key) => [key, all[key] ?? 0])) as ReturnType<typeof sum>;
}

function merge(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const each of counts)
    for (const [key, times] of Object.entries(each)) all[key] = (all[key] ?? 0) + times;
  return all;
}

function readProgress(file: string): Finished[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // A line that was being written when the power went is run again.
  return lines.flatMap((text) => {
    try {
      return [JSON.parse(text) as Finished];
    } catch {
      return [];
    }
  });
}

interface Options {
  readonly views: number;
  readonly workers: number;
  readonly whole: number;
  /** Undefined for a mixture. */
  readonly n: number | undefined;
  readonly progress: string;
}

function parse(): Options | "help" {
  const { values } = parseArgs({
    options: {
      views: { type: "string", default: "1000000" },
      workers: { type: "string", default: "2" },
      whole: { type: "string", default: "10" },
      n: { type: "string" },
      progress: { type: "string", default: "sim-swarm.log" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.progress === "") throw new UsageError("--progress is the name of a file");
  return {
    views: toInteger("--views", values.views, 1, 1e12),
    workers: toInteger("--workers", values.workers, 1, 64),
    whole: toInteger("--whole", values.whole, 0, 100),
    n: values.n === undefined ? undefined : toInteger("--n", values.n, 4, 128),
    progress: values.progress,
  };
}

function toThousands(value: number): string {
  return value.toLocaleString("en-US");
}
