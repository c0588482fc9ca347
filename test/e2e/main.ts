// `npm run e2e:chaos`: a network of real processes, tormented by a seed, and held to everything it promises.

import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../../base/index.ts";
import { logsOf } from "../../deploy/devnet/devnet.ts";
import { Display } from "../../deploy/devnet/display.ts";
import { Processes } from "../../deploy/devnet/processes.ts";
import { stopRequest } from "../../deploy/devnet/stop-request.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { runChaos } from "./chaos.ts";
import { type Disk, hasDisks, runWithDisks } from "./disks.ts";
import { startTormented } from "./network.ts";
import { type Options, readOptions } from "./options.ts";
import { makePlan } from "./schedule.ts";
import { describe } from "./summary.ts";

const root = join(import.meta.dirname, "..", "..");

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(root, args);
  if (typeof options === "number") return options;
  const elsewhere = await runWithDisks();
  if (elsewhere !== undefined) return elsewhere;
  const folder = join(resolve(options.data), new Date().toISOString().replaceAll(/[:.]/g, "-"));
  mkdirSync(folder, { recursive: true });
  // What a program is to read goes to standard output alone, and what a person reads beside it.
  const display = new Display(options.json ? process.stderr : process.stdout);
  const processes = new Processes(logsOf(folder));
  const disks: Disk[] = [];
  const stop = new AbortController();
  let code = 1;
  try {
    const working = run({ options, folder, display, processes, disks, signal: stop.signal });
    // A run that is stopped has shown nothing.
    code = await Promise.race([working, stopRequest().then(() => 1), tooLong(options)]);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    display.print(`\n${error.message} (${error.code})`);
  } finally {
    stop.abort();
    for (const prefix of ["follower", "validator", ""]) await processes.stopAll(prefix);
    const isKept = code !== 0 || options.keep;
    for (const disk of disks) disk.close({ isKept });
    if (!isKept) rmSync(folder, { recursive: true, force: true });
    else display.print(`  logs, traces and data: ${folder}\n  again: ${again(options)}`);
  }
  return code;
}

interface Run {
  readonly options: Options;
  readonly folder: string;
  readonly display: Display;
  readonly processes: Processes;
  readonly disks: Disk[];
  /** Ends what goes on in this process. */
  readonly signal: AbortSignal;
}

async function run({ options, folder, display, processes, disks, signal }: Run): Promise<number> {
  const { validators, seed, minutes, rate } = options;
  const say = (line: string): void => display.say(line);
  const plan = makePlan({
    seed,
    validators,
    scenes: Math.ceil((minutes * 60_000) / sceneMs),
    adversaries: options.adversaries,
    hasDisks: hasDisks(),
    lastsMs: minutes < shortMinutes ? [800, 2_000] : [1_500, 10_000],
  });
  say(
    `seed ${seed}: ${plan.scenes.length} scenes; validator ${plan.byzantine} is corrupted at times`,
  );
  if (!hasDisks()) say("no disk will fail: this machine lets us mount none");
  const network = await startTormented({ root, folder }, processes, { validators, disks, say });
  try {
    const group = await createMclSealingGroup();
    const summary = await runChaos(network, processes, { plan, seed, rate, group, signal, say });
    for (const line of describe(summary)) display.print(line);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    return summary.ok ? 0 : 1;
  } finally {
    network.links.close();
  }
}

/** Rejects when a run has taken far more than its minutes: whatever holds it up, it ends. */
async function tooLong({ minutes }: Options): Promise<never> {
  const most = 5 * minutes + 10;
  await sleep(most * 60_000, undefined, { ref: false });
  throw new CodedError("TOO_LONG", `the run is not over after ${most} minutes`);
}

/** About what a scene takes with its mending. */
const sceneMs = 11_000;
const shortMinutes = 2;

function again({ validators, seed, minutes, rate, adversaries }: Options): string {
  const values = { validators, seed, minutes, rate, adversaries: adversaries.join(",") };
  const flags = Object.entries(values).map(([name, value]) => `--${name} ${value}`);
  return `npm run e2e:chaos -- ${flags.join(" ")}`;
}

// Nothing is left to wait for but connections that nobody needs any more.
process.exit(await main(process.argv.slice(2)));
