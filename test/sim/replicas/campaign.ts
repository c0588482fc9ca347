// One run from one seed: faults for a number of views, then calm, in which everything must get going again.

import { Replica, type ReplicaOptions, type VoteSignatures } from "../../../consensus/index.ts";
import { Height, Micros, type ValidatorIndex } from "../../../protocol/index.ts";
import {
  adversaries,
  type AdversaryName,
  consensusAdversaries,
  type Machine,
} from "../adversaries/index.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Extension } from "../checkers/extension.ts";
import { NonEquivocation } from "../checkers/non-equivocation.ts";
import { OneBlockPerView } from "../checkers/one-block-per-view.ts";
import { Cluster, type Process, type SimNode } from "../cluster.ts";
import { committeeOf } from "../committee.ts";
import type { CommonOptions, CommonReport } from "../campaign-options.ts";
import { Coverage } from "../coverage.ts";
import { type Boundary, calm, type Era, healedCore, nextEra, pickCore, spared } from "../faults.ts";
import { type Observation, Violation } from "../observation.ts";
import { parameters } from "../parameters.ts";
import { layOut, pickAdversaries } from "../processes.ts";
import { SeededRandom } from "../random.ts";
import { fakeLaneSignatures, fakeSignatures } from "../signatures.ts";
import { World } from "../world.ts";
import {
  type ReplicaClass,
  replicaKind,
  type ReplicaNode,
  type ToyEffect,
  type ToyEvent,
} from "./node.ts";
import { decodeToyPayload, encodeToyPayload } from "./toy-application.ts";

export interface CampaignOptions extends CommonOptions {
  readonly replicaClass?: ReplicaClass;
  readonly signaturesOf?: (validator: ValidatorIndex) => VoteSignatures;
  /** Processes die after effects of this kind only; of a kind that changes by default. */
  readonly crashAfter?: Boundary;
}

/** Everything must be final by then, in calm, µs. */
const recoveryMax = 20_000_000;
/** Until the last crashed process is back, µs. */
const settlingTime = 1_000_000;
const tickInterval = 20_000;
/** In calm, disks are as fast as the timeout of a view expects them to be, µs. */
const calmFsync = 5_000;

/** Who is Byzantine in the run of this seed, by seat. */
export function wickedOf({
  seed,
  n,
  adversaryNames: names = consensusAdversaries,
}: Pick<CommonOptions, "seed" | "n" | "adversaryNames">): ReadonlyMap<number, AdversaryName> {
  return pickAdversaries(new SeededRandom(seed), n, names);
}

/** Throws a `Violation` when a checker finds one. */
export function runSeed(options: CampaignOptions): Promise<CommonReport> {
  return new Campaign(options).run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #random: SeededRandom;
  readonly #world = new World();
  readonly #wicked: ReadonlyMap<number, AdversaryName>;
  readonly #processes: readonly Process[];
  readonly #honest: readonly Process[];
  readonly #cluster: Cluster<ToyEvent, ToyEffect>;
  readonly #agreement = new Agreement();
  readonly #coverage = new Coverage((process) => this.#replica(process)?.view);
  readonly #checkers = [
    this.#coverage,
    this.#agreement,
    new NonEquivocation(),
    new OneBlockPerView(),
    new Extension(),
  ];
  readonly #itemsBy = new Map<number, Set<number>>();
  #era: Era = { ...calm, duration: 0 };
  #items = 0;
  #isOver = false;
  #violation: Violation | undefined;
  #views = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    const { seed, n } = options;
    this.#random = new SeededRandom(seed);
    const names = options.adversaryNames ?? consensusAdversaries;
    const picked = pickAdversaries(this.#random, n, names);
    this.#wicked = options.wicked ?? picked;
    this.#processes = layOut(n, this.#wicked);
    this.#honest = this.#processes.filter((process) => process.isHonest);
    const optionsOf = ({ validator }: Process): ReplicaOptions => ({
      committee: committeeOf(n),
      index: validator,
      domain: new Uint8Array(32).fill(1),
      origin: { height: Height(0), hash: new Uint8Array(32).fill(2) },
      parameters,
    });
    const signaturesOf = options.signaturesOf ?? fakeSignatures;
    const honest = replicaKind(options.replicaClass ?? Replica, optionsOf, signaturesOf);
    const fsyncMax = this.#random.pick([1_000, 5_000, 5_000, 80_000]);
    this.#cluster = new Cluster(this.#world, this.#random, {
      kind: {
        ...honest,
        build: async (process, disk, now) => {
          const node = (await honest.build(process, disk, now)) as ReplicaNode;
          const final = node.replica.finalHeight;
          this.#observe({ type: "resumed", process, executed: final, delivered: final });
          return this.#corrupt(process, node, optionsOf(process), signaturesOf);
        },
      },
      processes: this.#processes,
      tickInterval,
      fsync: { min: 100, max: fsyncMax },
      diskFactor: (process) =>
        this.#isOver ? Math.min(1, calmFsync / fsyncMax) : this.#era.diskFactor(process),
      downTime: { min: 10_000, max: 800_000 },
      isFatal: (process, effect) => this.#era.isFatal(process, effect),
      sendsOvertakeBarriers: options.sendsOvertakeBarriers ?? false,
      tearsBatches: options.tearsBatches ?? false,
      observe: (observation) => this.#observe(observation),
    });
  }

  async run(): Promise<CommonReport> {
    for (const process of this.#processes) await this.#cluster.start(process);
    this.#keepSubmitting();
    await this.#sufferFaults();
    const healedAt = this.#world.now;
    if (this.#options.mode !== "safety") await this.#recover();
    return {
      views: this.#viewsReached(),
      height: this.#agreement.height,
      events: this.#world.events,
      messages: this.#cluster.network.messages,
      crashes: this.#cluster.crashes,
      traceHash: this.#world.traceHash,
      recovery: this.#world.now - healedAt,
      adversaries: [...this.#wicked.values()],
      coverage: this.#coverage.counts,
    };
  }

  async #sufferFaults(): Promise<void> {
    const end = this.#world.now + this.#options.views * parameters.viewTimeout;
    while (this.#viewsReached() < this.#options.views && this.#world.now < end) {
      const { crashAfter, without = [] } = this.#options;
      this.#enter(spared(nextEra(this.#random, this.#processes, crashAfter), without));
      await this.#world.run(this.#era.duration, () => this.#violation !== undefined);
      if (this.#violation !== undefined) throw this.#violation;
    }
  }

  /** I13: in calm, every item is final soon at every honest process that is well, and none stays behind. */
  async #recover(): Promise<void> {
    const core = this.#random.chance(0.5)
      ? this.#honest
      : pickCore(this.#random, this.#honest, this.#options.n);
    const isForAll = core === this.#honest;
    this.#enter({
      ...(isForAll ? calm : healedCore(this.#random, this.#processes, core)),
      duration: 0,
    });
    this.#isOver = true;
    await this.#world.run(settlingTime);
    const goal = this.#agreement.height + 2;
    this.#submitAgain(core);
    const isDone = (): boolean =>
      this.#violation !== undefined ||
      core.every(
        (process) =>
          this.#agreement.heightOf(process) >= goal &&
          (this.#itemsBy.get(process.id)?.size ?? 0) >= this.#items,
      );
    await this.#world.run(recoveryMax, isDone);
    if (this.#violation !== undefined) throw this.#violation;
    if (!isDone()) throw new Violation("liveness", this.#describe(goal, core));
  }

  #enter(era: Era): void {
    this.#era = era;
    this.#cluster.enter(era);
  }

  /** A stream of items that reach each node at its own time, if at all. */
  #keepSubmitting(): void {
    if (this.#isOver) return;
    const item = ++this.#items;
    for (const process of this.#processes) {
      if (this.#random.chance(0.1)) continue;
      const delay = this.#random.between(500, 30_000);
      for (const [inFull, extra] of [
        [false, 0],
        [true, this.#random.between(0, 80_000)],
      ] as const)
        this.#world.after(delay + extra, () =>
          this.#cluster.inject(process, (now) => ({ type: "item", now, item, inFull })),
        );
    }
    this.#world.after(this.#random.between(1_000, 120_000), () => this.#keepSubmitting());
  }

  /** Those who crashed forgot what they had received; clients say again what is not final. */
  #submitAgain(core: readonly Process[]): void {
    for (const process of core)
      for (let item = 1; item <= this.#items; item++)
        this.#cluster.inject(process, (now) => ({ type: "item", now, item, inFull: true }));
  }

  #observe(observation: Observation): void {
    this.#options.watch?.(observation, this.#world.now);
    if (this.#violation !== undefined) return;
    const { isHonest } = observation.process;
    if (isHonest && observation.type === "said" && observation.message.type === "status")
      this.#views = Math.max(this.#views, observation.message.view);
    if (isHonest && observation.type === "finalized") {
      const items = this.#itemsBy.get(observation.process.id) ?? new Set();
      this.#itemsBy.set(observation.process.id, items);
      for (const { payload } of observation.headers)
        for (const item of decodeToyPayload(payload)?.items ?? []) items.add(item);
    }
    try {
      for (const checker of this.#checkers) checker.observe(observation);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation = error;
    }
  }

  #viewsReached(): number {
    const views = this.#honest.map((process) => this.#replica(process)?.view ?? 0);
    return Math.max(this.#views, ...views);
  }

  /** Of an honest process that is up. */
  #replica(process: Process): ReplicaNode["replica"] | undefined {
    return (this.#cluster.node(process) as ReplicaNode | undefined)?.replica;
  }

  #describe(goal: number, core: readonly Process[]): string {
    const states = core.map((process) => {
      const items = this.#itemsBy.get(process.id)?.size ?? 0;
      const { view, finalHeight } = this.#replica(process) ?? { view: "down", finalHeight: 0 };
      return `${process.id}: view ${view}, height ${finalHeight}/${goal}, items ${items}/${this.#items}`;
    });
    return states.join("; ");
  }

  /** Adversaries speak to whole cores; of those, the events and effects of consensus are these very ones. */
  #corrupt(
    process: Process,
    node: ReplicaNode,
    options: ReplicaOptions,
    signaturesOf: (validator: ValidatorIndex) => VoteSignatures,
  ): SimNode<ToyEvent, ToyEffect> {
    const name = this.#wicked.get(process.validator);
    if (name === undefined) return node;
    const { committee, index, domain } = options;
    const corrupted = adversaries[name].corrupt(node as unknown as Machine, {
      index,
      committee,
      parameters,
      domain,
      random: new SeededRandom(this.#options.seed, process.id + 1),
      votes: signaturesOf(index),
      lanes: fakeLaneSignatures(index),
      emptyPayload: () => encodeToyPayload({ items: [], time: Micros(Number.MAX_SAFE_INTEGER) }),
    });
    return corrupted as unknown as SimNode<ToyEvent, ToyEffect>;
  }
}
