// The smoke: a fixed number of transactions over all namespaces, a validator killed and restarted in between, and then
// everything that must be true of it, asked of sources that do not trust one another.

import { setTimeout as sleep } from "node:timers/promises";
import { assert } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { type Background, startBackground } from "./background.ts";
import { namespaces } from "./contracts.ts";
import type { Devnet } from "./devnet.ts";
import {
  allAnchored,
  allDelivered,
  allSettled,
  allSubmitted,
  caughtUp,
  type Deadline,
  reach,
} from "./goals.ts";
import { L1Reader } from "./l1-history.ts";
import type { Restart } from "./observations.ts";
import { observe } from "./observe.ts";
import type { Processes } from "./processes.ts";
import { StreamCollector } from "./streams.ts";
import { type EventLoopDelay, type Summary, summarize } from "./summary.ts";
import { runTraffic } from "./traffic.ts";
import type { Validator } from "./validators.ts";

export interface SmokeOptions {
  readonly transactions: number;
  /** Per second. */
  readonly rate: number;
  readonly group: SealingGroup;
  readonly signal: AbortSignal;
  /** When the waiting ends, on the clock of `performance.now`. */
  readonly deadline: number;
  readonly say: (line: string) => void;
  /** Hears of what can be shown while it runs. */
  readonly onStart: (background: Background) => void;
}

/** How long the killed validator stays away, ms. */
const awayMs = 2_000;

/** Throws what a process died of. */
export async function runSmoke(
  devnet: Devnet,
  processes: Processes,
  options: SmokeOptions,
): Promise<Summary> {
  const { validators, deployment, provider, place } = devnet;
  const { transactions, deadline: at, group, say } = options;
  const victim = validators.at(-1);
  assert(victim !== undefined, "a devnet has validators");
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const l1 = await L1Reader.open(place.root, provider, deployment);
  // The memory of transactions ends with a process: the one that will be killed is no witness.
  const witnesses = validators.slice(0, -1);
  const background = await startBackground({ ...options, devnet, processes, witnesses, signal });
  const { journal, watch, followers } = background;
  // Followed through the one that will be killed, and through the others after that.
  const endpoints = validators.map(({ api }) => api.url).toReversed();
  const collectors = namespaces.map(
    (namespace) => new StreamCollector(namespace, { ...devnet, group, endpoints }),
  );
  const following = Promise.all(collectors.map((each) => each.run(signal)));
  const failed = Promise.race([processes.failed, rejectionOf(following)]);
  const deadline: Deadline = { at, failed };
  try {
    options.onStart(background);
    // From here on it is measured: the delays of starting up are nobody's latency.
    await delaysOf(validators);
    const failures: string[] = [];
    const onFailure = (why: string): void => void failures.push(why);
    const traffic = runTraffic({ ...background.traffic, onFailure });
    const submitted = (share: number) =>
      allSubmitted(journal, () => Math.ceil(share * transactions) - failures.length);
    const late = [...(await reach([submitted(1 / 2)], deadline))];
    const delaysBefore = await delaysOf([victim]);
    const restart = await killAndRestart({ victim, witnesses, say, deadline });
    late.push(...(await reach([submitted(1)], deadline)));
    say("all are submitted; waiting until they are settled");
    const goals = [
      allSettled(journal),
      allDelivered(journal, collectors),
      allAnchored(l1, { collectors, followers }),
      caughtUp(victim, watch),
    ];
    const missing = [...late, ...(await reach(goals, deadline))];
    const delays = await delaysOf(validators);
    stop.abort();
    await Promise.all([traffic, following, background.finished]);
    const after = (await victim.api.status()).opened;
    const sources = { validators, journal, collectors, followers, l1 };
    const observations = await observe(sources, {
      wanted: transactions,
      restarts: [{ ...restart, after }],
    });
    const measured = { delays: [...delaysBefore, ...delays], journal, l1 };
    return await summarize(observations, { ...measured, missing, failures });
  } finally {
    stop.abort();
  }
}

function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

interface Killing {
  readonly victim: Validator;
  readonly witnesses: readonly Validator[];
  readonly say: (line: string) => void;
  readonly deadline: Deadline;
}

async function killAndRestart(killing: Killing): Promise<Omit<Restart, "after">> {
  const { victim, witnesses, say, deadline } = killing;
  const before = (await victim.api.status()).opened;
  say(`validator ${victim.index} is killed at height ${before} (kill -9)`);
  await victim.kill();
  await Promise.race([sleep(awayMs), deadline.failed]);
  const heights = await Promise.all(witnesses.map(async ({ api }) => (await api.status()).opened));
  const others = Math.max(...heights);
  say(`validator ${victim.index} is started again; the others are at height ${others}`);
  await victim.start();
  await victim.ready();
  return { validator: victim.index, before, others };
}

/** How late the main threads were since they were asked last. */
async function delaysOf(validators: readonly Validator[]): Promise<readonly EventLoopDelay[]> {
  return Promise.all(
    validators.map(async ({ index, api }) => ({
      validator: index,
      ...(await api.eventLoopDelay()),
    })),
  );
}
