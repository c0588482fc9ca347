// `npm run devnet`: Conclave on this machine, in real processes. With --smoke it checks its own promises and ends.

import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { CodedError } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { startBackground } from "./background.ts";
import { type Devnet, logsOf, startDevnet } from "./devnet.ts";
import { Display } from "./display.ts";
import { type Options, readOptions } from "./options.ts";
import { followersOf } from "./perpetuals/nodes.ts";
import { startTrading } from "./perpetuals/session.ts";
import { Processes } from "./processes.ts";
import { joining, runSmoke } from "./smoke.ts";
import { stopRequest } from "./stop-request.ts";
import { describe } from "./summary.ts";
import { runTraffic } from "./traffic.ts";
import { welcome } from "./welcome.ts";

const root = join(import.meta.dirname, "..", "..");

/** From one root on the L1 to the next, unless it is a smoke. */
const proposeSeconds = 15;
/** Long enough that who comes or goes right after a committee has begun has come or gone before the next is prepared. */
const smokeEpochSeconds = 25;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(root, args);
  if (typeof options === "number") return options;
  const folder = join(resolve(options.data), new Date().toISOString().replaceAll(/[:.]/g, "-"));
  mkdirSync(folder, { recursive: true });
  // What a program is to read goes to standard output alone, and what a person reads beside it.
  const display = new Display(options.smoke && options.json ? process.stderr : process.stdout);
  const processes = new Processes(logsOf(folder));
  const stop = new AbortController();
  let code = 1;
  try {
    const working = run({ options, folder, display, processes, signal: stop.signal });
    // A smoke that is stopped has not passed.
    code = await Promise.race([working, stopRequest().then(() => (options.smoke ? 1 : 0))]);
    return code;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    display.stop();
    display.print(`\n${error.message} (${error.code})`);
    return code;
  } finally {
    stop.abort();
    display.stop();
    await stopInOrder(processes);
    if (code === 0 && !options.keep) rmSync(folder, { recursive: true, force: true });
    else display.print(`  logs and data: ${folder}`);
  }
}

interface Run {
  readonly options: Options;
  readonly folder: string;
  readonly display: Display;
  readonly processes: Processes;
  /** Ends what goes on in this process. */
  readonly signal: AbortSignal;
}

async function run(request: Run): Promise<number> {
  const { options, folder, display, processes } = request;
  const say = (line: string): void => display.say(line);
  const devnet = await startDevnet({ root, folder }, processes, {
    validators: options.validators,
    ...(options.smoke ? { later: joining, epochSeconds: smokeEpochSeconds } : {}),
    perpetuals: options.perpetuals,
    usualPorts: !options.smoke,
    say,
  });
  const group = await createMclSealingGroup();
  if (!options.smoke) return runOn(request, devnet, group);
  say(`${options.transactions} transactions, ${options.rate} per second`);
  const summary = await runSmoke(devnet, processes, {
    ...options,
    group,
    signal: request.signal,
    deadline: performance.now() + options.timeout * 1_000,
    say,
    onStart: (background, trading) => display.watch(background, trading?.prices),
  });
  display.stop();
  for (const line of describe(summary)) display.print(line);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  return summary.ok ? 0 : 1;
}

/** Goes on until somebody stops it, or a process dies. */
async function runOn(
  { options, display, processes, signal }: Run,
  devnet: Devnet,
  group: SealingGroup,
): Promise<never> {
  const witnesses = devnet.validators;
  const traffic = { rate: options.rate, transactions: Number.POSITIVE_INFINITY };
  const background = await startBackground({
    ...traffic,
    devnet,
    processes,
    group,
    witnesses,
    signal,
    followers: followersOf(devnet, { proposeSeconds }),
  });
  display.print(welcome(devnet));
  const onFailure = (why: string): void => display.say(`a transaction was refused: ${why}`);
  if (options.rate > 0) void runTraffic({ ...background.traffic, onFailure });
  const trade = { ...options, submission: background.traffic, onFailure };
  const trading = await startTrading(devnet, processes, trade);
  display.watch(background, trading?.prices);
  await Promise.race([processes.failed, trading?.finished ?? processes.failed]);
  return processes.failed;
}

/** Those first that need the others. */
async function stopInOrder(processes: Processes): Promise<void> {
  for (const prefix of ["follower", "perpetuals", "proposer", "validator", ""])
    await processes.stopAll(prefix);
}

// Nothing is left to wait for but connections that nobody needs any more.
process.exit(await main(process.argv.slice(2)));
