// One run of whole validators from one seed: traders submit sealed transactions while things go wrong, and in the calm
// after it all of them must have been delivered everywhere, in the same order.

import { toHex } from "../../base/index.ts";
import { type Message, ValidatorIndex } from "../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../sequencer/core.ts";
import { Agreement } from "./checkers/agreement.ts";
import { OneBlockPerView } from "./checkers/certificates.ts";
import { Extension } from "./checkers/extension.ts";
import { FairOrder } from "./checkers/fair-order.ts";
import { Inclusion } from "./checkers/inclusion.ts";
import { NoEarlyOpening } from "./checkers/no-early-opening.ts";
import { NonEquivocation } from "./checkers/non-equivocation.ts";
import { SameDelivery } from "./checkers/same-delivery.ts";
import { Cluster, type Process } from "./cluster.ts";
import {
  type CoreClass,
  coreKind,
  type CoreSetting,
  firstL1Block,
  sealedTransaction,
} from "./core-node.ts";
import { calm, type Era, nextEra } from "./faults.ts";
import { type Checker, type Observation, Violation } from "./observation.ts";
import { SeededRandom } from "./random.ts";
import { World } from "./world.ts";

export interface CoreCampaignOptions {
  readonly seed: number;
  readonly coreClass?: CoreClass;
  readonly setting: CoreSetting;
  readonly transactions: number;
  /** Whether processes crash. Without crashes, order and inclusion are checked against the stamps as well. */
  readonly hasCrashes: boolean;
  /** How long faults last, µs. */
  readonly faultTime: number;
  /** Sees everything as well, to print it. */
  readonly watch?: (observation: Observation, now: number) => void;
}

export interface CoreCampaignReport {
  readonly height: number;
  readonly events: number;
  readonly messages: number;
  readonly crashes: number;
  readonly delivered: number;
  readonly traceHash: string;
}

const recoveryMax = 30_000_000;

export async function runCoreSeed(options: CoreCampaignOptions): Promise<CoreCampaignReport> {
  const { seed, setting, hasCrashes, faultTime } = options;
  const random = new SeededRandom(seed);
  const world = new World();
  const processes = setting.genesis.committee.members.map((_, id): Process => ({
    id,
    validator: ValidatorIndex(id),
    isHonest: true,
  }));
  const agreement = new Agreement();
  const delivery = new SameDelivery();
  const checkers: Checker[] = [
    new NoEarlyOpening(),
    agreement,
    delivery,
    new NonEquivocation(),
    new OneBlockPerView(),
    new Extension(),
  ];
  if (!hasCrashes)
    checkers.push(
      new FairOrder(processes.length),
      new Inclusion({ honest: processes.length, blockMax: 256 }),
    );
  let violation: Violation | undefined;
  let era: Era = { ...calm, duration: 0 };
  const observe = (observation: Observation): void => {
    options.watch?.(observation, world.now);
    if (observation.type === "started") readL1(observation.process);
    try {
      for (const seen of [observation, ...factsIn(observation)])
        for (const checker of checkers) checker.observe(seen);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation ??= error;
    }
  };
  const cluster = new Cluster<CoreEvent, CoreEffect>(world, random, {
    kind: coreKind(setting, options.coreClass),
    processes,
    tickInterval: 10_000,
    fsync: { min: 100, max: 4_000 },
    downTime: { min: 10_000, max: 800_000 },
    isFatal: (process, effect) => hasCrashes && era.isFatal(process, effect),
    observe,
  });

  /** The watcher of L1 reads again what the node has not kept. */
  function readL1(process: Process): void {
    world.after(20_000, () =>
      cluster.inject(process, (now) => ({ type: "l1", now, block: firstL1Block })),
    );
  }

  let submitted = 0;
  const submit = (nonce: number): void => {
    const transaction = sealedTransaction(setting, nonce);
    for (const process of processes)
      world.after(random.between(500, 40_000), () =>
        cluster.inject(process, (now) => ({ type: "submit", now, ticket: nonce, transaction })),
      );
  };
  const keepSubmitting = (): void => {
    if (submitted >= options.transactions) return;
    submit(submitted++);
    world.after(random.between(1_000, 150_000), keepSubmitting);
  };

  for (const process of processes) await cluster.start(process);
  world.after(1_000_000, keepSubmitting);
  await world.run(1_000_000);
  for (const end = world.now + faultTime; world.now < end;) {
    era = nextEra(random, processes);
    cluster.network.weather = era.weather;
    cluster.network.cut = era.isCut;
    if (hasCrashes && era.isBlackout) for (const process of processes) cluster.crash(process);
    await world.run(era.duration, () => violation !== undefined);
    if (violation !== undefined) throw violation;
  }
  era = { ...calm, duration: 0 };
  cluster.network.weather = era.weather;
  cluster.network.cut = era.isCut;
  await world.run(1_000_000);
  submitted = options.transactions;
  for (let nonce = 0; nonce < options.transactions; nonce++) submit(nonce);
  const isDone = (): boolean =>
    violation !== undefined ||
    processes.every((process) => delivery.countOf(process) >= options.transactions);
  await world.run(recoveryMax, isDone);
  if (violation !== undefined) throw violation;
  if (!isDone())
    throw new Violation(
      "liveness",
      processes
        .map((process) => {
          const node = cluster.node(process) as { progress?: object } | undefined;
          return `${process.id}: ${delivery.countOf(process)} of ${options.transactions} ${JSON.stringify(node?.progress)}`;
        })
        .join("; "),
    );
  return {
    height: agreement.height,
    events: world.events,
    messages: cluster.network.messages,
    crashes: cluster.crashes,
    delivered: options.transactions,
    traceHash: world.traceHash,
  };
}

/** What a message on the wire shows of stamps and shares. */
function factsIn(observation: Observation): Observation[] {
  if (observation.type !== "said") return [];
  const { process, message } = observation;
  return [...stampsIn(process, message), ...sharesIn(process, message)];
}

function stampsIn(process: Process, message: Message): Observation[] {
  if (message.type !== "lanes") return [];
  const own = message.lanes.filter((lane) => lane.owner === process.validator);
  return own.flatMap((lane) =>
    lane.entries.map(
      ({ id, stamp }) => ({ type: "stamped", process, id: toHex(id), stamp }) as const,
    ),
  );
}

function sharesIn(process: Process, message: Message): Observation[] {
  if (message.type !== "shares") return [];
  const { height, blockHash } = message;
  return [{ type: "shared", process, height, blockHash }];
}
