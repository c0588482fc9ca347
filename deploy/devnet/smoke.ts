// The smoke: a fixed number of transactions over all namespaces; in between three validators join, one is killed and
// restarted, and two leave; and then everything that must be true of it, asked of sources that do not trust one another.

import { setTimeout as sleep } from "node:timers/promises";
import { NonceManager } from "ethers";
import { assert } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { devAccount } from "./accounts.ts";
import { type Background, startBackground } from "./background.ts";
import { fastClient } from "./client.ts";
import { keysOf } from "./committee.ts";
import { namespaces } from "./contracts.ts";
import { type Devnet, reachEpoch } from "./devnet.ts";
import {
  allAnchored,
  allDelivered,
  allProposed,
  allRead,
  allSettled,
  allSubmitted,
  caughtUp,
  type Deadline,
  type Goal,
  reach,
} from "./goals.ts";
import { L1Reader } from "./l1-history.ts";
import type { Restart } from "./observations.ts";
import { observe } from "./observe.ts";
import type { PathName } from "./perpetuals/price-path.ts";
import { perpetualsNamespace } from "./perpetuals/deployment.ts";
import { followersOf } from "./perpetuals/nodes.ts";
import { startTrading, type TradingSession } from "./perpetuals/session.ts";
import type { Processes } from "./processes.ts";
import { leaveStake, registerOperator, type StakePlace } from "./staking.ts";
import { StreamCollector } from "./streams.ts";
import { type EventLoopDelay, type Summary, summarize } from "./summary.ts";
import { runTraffic } from "./traffic.ts";
import type { Validator } from "./validators.ts";

export interface SmokeOptions {
  readonly transactions: number;
  /** Per second. */
  readonly rate: number;
  /** Of the perpetuals rollup's prices, where there is one. */
  readonly path: PathName;
  readonly group: SealingGroup;
  readonly signal: AbortSignal;
  /** When the waiting ends, on the clock of `performance.now`. */
  readonly deadline: number;
  readonly say: (line: string) => void;
  /** Hears of what can be shown while it runs. */
  readonly onStart: (background: Background, trading: TradingSession | undefined) => void;
}

/** Often, since the last root is waited for. */
const proposeSeconds = 5;
/** How long the killed validator stays away, ms. */
const awayMs = 2_000;
/** Who come to the committee while it works, and how many leave it after that. */
export const joining = 3;
const leaving = 2;
/**
 * After that of the committee that made the key: the one that the newcomers join, and the one that some have left, which
 * is the one with a new key.
 */
const epochs = { joined: 2, left: 3 };

/** Throws what a process died of. */
export async function runSmoke(
  devnet: Devnet,
  processes: Processes,
  options: SmokeOptions,
): Promise<Summary> {
  const { validators, later, deployment, provider, place } = devnet;
  const { transactions, deadline: at, group, say } = options;
  const victim = validators.at(-1);
  assert(victim !== undefined, "a devnet has validators");
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const l1 = await L1Reader.open(place.root, provider, deployment);
  // The memory of transactions ends with a process: the one that will be killed is no witness.
  const witnesses = validators.slice(0, -1);
  let seated: readonly Validator[] = validators;
  const endpointsNow = (): readonly string[] => seated.map(({ api }) => api.url);
  const background = await startBackground({
    ...options,
    devnet,
    processes,
    witnesses,
    signal,
    followers: followersOf(devnet, { proposeSeconds }),
    endpoints: endpointsNow,
  });
  const { journal, watch, followers } = background;
  // Followed through the one that will be killed, and through the others after that.
  const endpoints = validators.map(({ api }) => api.url).toReversed();
  const collectors = namespaces.map(
    (namespace) => new StreamCollector(namespace, { ...devnet, group, endpoints }),
  );
  const following = Promise.all(collectors.map((each) => each.run(signal)));
  const closing = new AbortController();
  const complaints: string[] = [];
  const trading = await startTrading(devnet, processes, {
    path: options.path,
    submission: { ...background.traffic, signal: AbortSignal.any([closing.signal, signal]) },
    onFailure: (why) => void complaints.push(`of a bot: ${why}`),
  });
  const stopped = [following, trading?.finished].map(rejectionOf);
  const failed = Promise.race([processes.failed, ...stopped]);
  const deadline: Deadline = { at, failed };
  try {
    options.onStart(background, trading);
    // From here on it is measured: the delays of starting up are nobody's latency.
    await delaysOf(validators);
    const failures: string[] = [];
    const onFailure = (why: string): void => void failures.push(why);
    const { promise: until, resolve: release } = Promise.withResolvers<undefined>();
    let held: string | undefined;
    const onSealed = (id: string): void => void (held = id);
    const holdFirst = { until, onSealed };
    const traffic = runTraffic({ ...background.traffic, onFailure, holdFirst });
    await join(devnet, processes, { say, deadline });
    seated = [...validators, ...later];
    const delaysBefore = await delaysOf([victim]);
    const restart = await killAndRestart({ victim, witnesses, say, deadline });
    await leave(devnet, processes, { say, deadline });
    seated = [...validators.slice(leaving), ...later];
    release(undefined);
    const all = allSubmitted(journal, () => transactions - failures.length);
    const late = [...(await reach([all], deadline))];
    closing.abort();
    await trading?.finished;
    say("all are submitted; waiting until they are settled");
    const goals = [
      allSettled(journal),
      allDelivered(journal, collectors),
      allAnchored(l1, { collectors, followers }),
      allRead(l1),
      ...rootGoals(trading, collectors),
      caughtUp(victim, watch),
    ];
    const missing = [...late, ...(await reach(goals, deadline))];
    const delays = await delaysOf(validators);
    stop.abort();
    await Promise.all([traffic, following, background.finished]);
    const after = (await victim.api.status()).opened;
    const everyone = [...validators, ...later];
    const client = fastClient({ ...devnet, group, endpoints });
    const perpetuals = trading && { exchange: trading.exchange, vault: trading.vault };
    const sources = {
      validators: everyone,
      journal,
      collectors,
      followers,
      l1,
      client,
      perpetuals,
    };
    const { length: n } = validators;
    const observations = await observe(sources, {
      wanted: transactions,
      restarts: [{ ...restart, after }],
      sizes: [n, n, n + joining, n + joining - leaving],
      keyIds: [undefined, 1, 1, 2],
      held,
    });
    const measured = { delays: [...delaysBefore, ...delays], journal, l1 };
    const refused = [...failures, ...complaints];
    return await summarize(observations, { ...measured, missing, failures: refused });
  } finally {
    stop.abort();
  }
}

function rootGoals(
  trading: TradingSession | undefined,
  collectors: readonly StreamCollector[],
): readonly Goal[] {
  if (trading === undefined) return [];
  const own = collectors.filter(({ namespace }) => namespace === perpetualsNamespace);
  return own.map((each) => allProposed(trading.vault, each));
}

interface Change {
  readonly say: (line: string) => void;
  readonly deadline: Deadline;
}

/** They stake, start with nothing, catch up, take part in the next committee's key, and sit in it. */
async function join(
  devnet: Devnet,
  processes: Processes,
  { say, deadline }: Change,
): Promise<void> {
  const { later, addresses, place } = devnet;
  say(`${later.length} more validators stake and start; they have to be let in`);
  const stakes = stakesOf(devnet);
  for (const { index } of later) {
    const address = addresses[index] ?? "";
    await registerOperator(stakes, { index, address, ...(await keysOf(place.folder, index)) });
  }
  await Promise.all(later.map((validator) => validator.start()));
  const joined = reachEpoch([...devnet.validators, ...later], epochs.joined, processes);
  await Promise.race([joined, deadline.failed]);
  say(
    `epoch ${epochs.joined} has begun, with ${devnet.validators.length + later.length} validators`,
  );
}

async function leave(
  devnet: Devnet,
  processes: Processes,
  { say, deadline }: Change,
): Promise<void> {
  const { validators, later } = devnet;
  const leavers = validators.slice(0, leaving);
  say(`validators ${leavers.map(({ index }) => index).join(" and ")} leave the stake`);
  const stakes = stakesOf(devnet);
  for (const { index } of leavers) await leaveStake(stakes, index);
  const left = reachEpoch([...validators, ...later], epochs.left, processes);
  await Promise.race([left, deadline.failed]);
  say(
    `epoch ${epochs.left} has begun, with ${validators.length + later.length - leaving} validators`,
  );
}

function stakesOf({ place, provider, deployment }: Devnet): StakePlace {
  const minter = new NonceManager(devAccount(0).connect(provider));
  return { root: place.root, provider, minter, deployment };
}

function rejectionOf(promise: Promise<unknown> | undefined): Promise<never> {
  return new Promise((_, reject) => {
    promise?.catch(reject);
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
