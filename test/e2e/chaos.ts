// A run: a network under load, scene after scene, and then everything that must be true of it, asked of sources that do
// not trust one another.

import type { SealingGroup } from "../../crypto/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { domainsOf } from "../../deploy/devnet/background.ts";
import { namespaces } from "../../deploy/devnet/contracts.ts";
import { Follower } from "../../deploy/devnet/follower.ts";
import { allAnchored, type Deadline, type Goal, reach } from "../../deploy/devnet/goals.ts";
import { L1Reader } from "../../deploy/devnet/l1-history.ts";
import { chainsOf } from "../../deploy/devnet/observe.ts";
import type { Processes } from "../../deploy/devnet/processes.ts";
import { StreamCollector } from "../../deploy/devnet/streams.ts";
import { Traders } from "../../deploy/devnet/traders.ts";
import { faultyMax } from "../../protocol/index.ts";
import { Book } from "./book.ts";
import { hasDisks } from "./disks.ts";
import { stop } from "./faults.ts";
import { Heights } from "./heights.ts";
import { bringLoad } from "./load.ts";
import type { TormentedNetwork } from "./network.ts";
import type { ChaosObservations, SceneRecord } from "./observations.ts";
import { mustBeNoted } from "./perjurer.ts";
import { play } from "./scenes.ts";
import { servedBy } from "./serving.ts";
import { describeScene, type Plan } from "./schedule.ts";
import { type ChaosSummary, describeRecord, summarize } from "./summary.ts";

export interface ChaosOptions {
  readonly plan: Plan;
  readonly seed: number;
  /** Transactions per second. */
  readonly rate: number;
  readonly group: SealingGroup;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What may pass after the last scene until everything is delivered and settled. */
const lastMsMax = 120_000;

/** Throws what a process died of that nobody touched. */
export async function runChaos(
  network: TormentedNetwork,
  processes: Processes,
  options: ChaosOptions,
): Promise<ChaosSummary> {
  const started = performance.now();
  const { devnet } = network;
  const { validators } = devnet;
  const { plan, seed, say } = options;
  const honest = validators.map(({ index }) => index).filter((index) => index !== plan.byzantine);
  const needed = faultyMax(validators.length) + 1;
  const owners = validators.map(({ index }) => devAccount(index + 1).address);
  const book = new Book(needed);
  const looking = new AbortController();
  const signal = AbortSignal.any([looking.signal, options.signal]);
  const surroundings = await surround(network, processes, { ...options, book, honest, signal });
  const { heights, load, collectors, followers, l1, failed } = surroundings;
  const scenes: SceneRecord[] = [];
  try {
    for (const [index, scene] of plan.scenes.entries()) {
      say(`scene ${index + 1} of ${plan.scenes.length}: ${describeScene(scene)}`);
      const stage = { network, heights, honest, seed: seed + index, failed };
      const record = await play(scene, stage);
      scenes.push(record);
      say(`  ${describeRecord(record)}; ${book.count} brought, ${book.outstanding} outstanding`);
      // What comes after that would only hide what happened here.
      if (record.recoveryMs === undefined) break;
    }
    say("that was all; waiting until everything is delivered and settled");
    load.stop();
    await Promise.race([load.finished, failed]);
    const deadline: Deadline = { at: performance.now() + lastMsMax, failed };
    const liar = mustPay(scenes) ? plan.byzantine : undefined;
    const goals = [
      allDelivered(book),
      allAnchored(l1, { collectors, followers }),
      convicted(l1, liar === undefined ? undefined : owners[liar]),
    ];
    const missing = await reach(goals, deadline);
    const history = await l1.history();
    const anchored = Math.max(0, ...history.checkpoints.map(({ height }) => height));
    const trusted = validators.filter(({ index }) => honest.includes(index));
    const chains = await chainsOf(trusted, anchored);
    const served = await Promise.all(trusted.map((each) => servedBy(each, namespaces)));
    looking.abort();
    const endings = await Promise.all(trusted.map(stop));
    const lies = [...collectors, ...followers].flatMap((each) => each.lies);
    const observations: ChaosObservations = {
      ...history,
      brought: book.brought(),
      streams: collectors.map((each) => each.stream()),
      followers: followers.map((each) => each.history()),
      traces: trusted.map((each) => each.trace()),
      chains,
      scenes,
      served: served.flat(),
      slashed: history.slashed.map((address) => owners.indexOf(address)),
      byzantine: plan.byzantine,
      lies: lies.flatMap(({ endpoint, code }) =>
        trusted
          .filter(({ api }) => api.url === endpoint)
          .map(({ index }) => ({ validator: index, code })),
      ),
      missing,
      endings,
      needed,
    };
    return summarize(observations, {
      latencies: book.latencies(),
      hasDisks: hasDisks(),
      seconds: (performance.now() - started) / 1_000,
    });
  } finally {
    load.stop();
    looking.abort();
  }
}

interface Surroundings {
  readonly heights: Heights;
  readonly load: { readonly stop: () => void; readonly finished: Promise<void> };
  readonly collectors: readonly StreamCollector[];
  readonly followers: readonly Follower[];
  readonly l1: L1Reader;
  readonly failed: Promise<never>;
}

interface SurroundRequest extends ChaosOptions {
  readonly book: Book;
  readonly honest: readonly number[];
}

/** Starts what goes on through all scenes: the load, the followers, and those who look on. */
async function surround(
  { devnet }: TormentedNetwork,
  processes: Processes,
  request: SurroundRequest,
): Promise<Surroundings> {
  const { genesis, validators, deployment, provider, place } = devnet;
  const { book, honest, group, rate, signal } = request;
  const l1 = await L1Reader.open(place.root, provider, deployment);
  const followers = namespaces.map((namespace) => new Follower(namespace));
  await Promise.all(followers.map((follower) => follower.start(devnet, processes)));
  const endpoints = validators.map(({ api }) => api.url);
  const onDelivered = (id: string): void => book.deliver(id);
  const collectors = namespaces.map(
    (namespace) => new StreamCollector(namespace, { genesis, group, endpoints, onDelivered }),
  );
  const heights = new Heights();
  const enough = new AbortController();
  const load = bringLoad({
    genesis,
    group,
    endpoints,
    traders: new Traders(domainsOf(devnet)),
    book,
    honest,
    rate,
    height: () => heights.final(honest),
    signal: AbortSignal.any([enough.signal, signal]),
  });
  const working = Promise.all([
    load,
    heights.run(validators, signal),
    ...collectors.map((each) => each.run(signal)),
  ]);
  const failed = Promise.race([processes.failed, rejectionOf(working)]);
  // Whoever does not wait for it at the moment is not to die of it.
  failed.catch(() => undefined);
  const stoppable = { stop: () => enough.abort(), finished: load };
  return { heights, load: stoppable, collectors, followers, l1, failed };
}

function allDelivered(book: Book): Goal {
  return () =>
    book.outstanding === 0
      ? []
      : [`${book.outstanding} of ${book.promised} promised transactions are not delivered`];
}

/** Whether somebody lied so that all could prove it. */
function mustPay(scenes: readonly SceneRecord[]): boolean {
  return scenes.some(({ adversary }) => mustBeNoted(adversary).length > 0);
}

function convicted(l1: L1Reader, liar: string | undefined): Goal {
  if (liar === undefined) return () => [];
  return async () =>
    (await l1.slashed()).includes(liar) ? [] : [`the liar ${liar} is not convicted on L1`];
}

function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}
