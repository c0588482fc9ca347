// One run of whole cores from one seed: faults for so many seconds, then calm, in which all that honest nodes cannot
// have forgotten must be ordered, opened, delivered and certified, and soon.

import { blockHash, faultyMax, type Genesis, type Parameters } from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import { promiseSpaces } from "../../../sequencer/promises.ts";
import {
  adversaries,
  type AdversaryName,
  adversaryNames,
  type Machine,
} from "../adversaries/index.ts";
import { Cluster, type Process } from "../cluster.ts";
import type { DiskCopy } from "../disk.ts";
import type { CommonOptions, CommonReport } from "../campaign-options.ts";
import { Coverage } from "../coverage.ts";
import {
  calm,
  type Era,
  type FaultName,
  healedCore,
  nextEra,
  pickCore,
  type Seen,
  spared,
} from "../faults.ts";
import { type Observation, Violation } from "../observation.ts";
import { parameters as quickParameters } from "../parameters.ts";
import { layOut, pickAdversaries } from "../processes.ts";
import { SeededRandom } from "../random.ts";
import { World } from "../world.ts";
import { AccountedSealing } from "./accounted-sealing.ts";
import { Clients, type Sent } from "./clients.ts";
import { LostShares } from "./lost-shares.ts";
import { coreKind, type CoreNode, type CoreParts, trueParts } from "./node.ts";
import { Clocks } from "./clocks.ts";
import { Panel } from "./panel.ts";
import type { Sealing } from "./sealing.ts";
import { domain, furnish, genesisOf, toolsOf } from "./setting.ts";
import { Traffic } from "./traffic.ts";

export interface CoreCampaignOptions extends CommonOptions {
  /** The committee's key; one that only keeps accounts by default. */
  readonly sealing?: Sealing;
  /** What runs in place of production's parts. */
  readonly coreParts?: CoreParts;
  /** Only one honest process runs it; all others the true one. */
  readonly isMutantAlone?: boolean;
  /**
   * One honest process is given old copies of its disk back after crashes: of all but the safety store, or, which is
   * the planted bug, of all there is.
   */
  readonly setBack?: "store" | "everything";
  /** Honest seats that do what only this adversary would. */
  readonly honestAre?: AdversaryName;
  /** One honest process is away while the chain grows, and comes back with its old disk or with none. */
  readonly absence?: Absence;
  /** Heights that each disk keeps; all of them unless said otherwise. */
  readonly retention?: number;
  /** Some seats have lost their shares of some blocks. */
  readonly losesShares?: boolean;
  /** How long a block of theirs waits to be declared void, µs; 0 for ever. */
  readonly voidAfter?: number;
  /** Checkers that keep silent, so that it shows whether another one notices. */
  readonly ignored?: readonly string[];
}

export interface Absence {
  /** The height at which it leaves, and how many come while it is away. */
  readonly from: number;
  readonly heights: number;
  /** As `CoreOptions` has it, for all processes. */
  readonly behindMax: number;
  readonly losesDisk: boolean;
}

export interface CoreReport extends CommonReport {
  readonly transactions: number;
  readonly delivered: number;
  readonly certified: number;
  /** How many blocks were declared void, and how often somebody went back from having opened one. */
  readonly voided: number;
  readonly rewound: number;
  /** Heights of the states that honest processes fetched. */
  readonly synced: readonly number[];
  /** Simulated seconds. */
  readonly seconds: number;
  /** The longest that f+1 receipts waited in calm, µs. */
  readonly longestInclusion: number;
  /** The largest that everything that grows ever was, and its bound. */
  readonly peaks: ReadonlyMap<string, { readonly size: number; readonly max: number }>;
}

const parameters: Parameters = { ...quickParameters, checkpointHeights: 8 };
/** Where shares get lost, µs. */
const voidAfter = 600_000;

/** What the parts beside consensus say, and a process may just have said when it dies. */
const spoken = ["shares", "opened", "lanes", "transactions", "checkpoint-vote"] as const;
const tickInterval = 20_000;
/** Until the last crashed process is back and has caught its breath, µs. */
const settlingTime = 1_500_000;
/** All that is promised is kept by then, in calm, µs. */
const recoveryMax = 30_000_000;
/** In calm, disks and workers are as fast as the timeout of a view expects them to be, µs. */
const calmFsync = 5_000;
const calmJobTime = 20_000;
/** How long there are new transactions in calm, µs. */
const calmTime = 1_000_000;
/** Things that happen between two looks at what everyone holds. */
const eventsBetweenChecks = 500;
/** Heights in which a node at the tip may be behind the highest. */
const lagMax = 3;

/** No longer is waited for the chain to grow while one is away, µs; and how long there are faults when it is back. */
const absenceMax = 150_000_000;
const returnTime = 2_000_000;

/** Who is Byzantine in the run of this seed, by seat. */
export function wickedOf({
  seed,
  n,
  adversaryNames: names = adversaryNames,
}: Pick<CommonOptions, "seed" | "n" | "adversaryNames">): ReadonlyMap<number, AdversaryName> {
  return pickAdversaries(new SeededRandom(seed, 17), n, names);
}

/** Throws a `Violation` when a checker finds one. */
export function runCoreSeed(options: CoreCampaignOptions): Promise<CoreReport> {
  return new CoreCampaign(options).run();
}

class CoreCampaign {
  readonly #options: CoreCampaignOptions;
  readonly #random: SeededRandom;
  readonly #world = new World();
  readonly #genesis: Genesis;
  readonly #wicked: ReadonlyMap<number, AdversaryName>;
  readonly #processes: readonly Process[];
  readonly #honest: readonly Process[];
  readonly #clocks: Clocks;
  readonly #cluster: Cluster<CoreEvent, CoreEffect>;
  readonly #clients: Clients;
  readonly #nodes = new Map<number, CoreNode>();
  readonly #coverage = new Coverage(({ id }) => this.#nodes.get(id)?.core.progress.view);
  readonly #panel: Panel;
  readonly #traffic: Traffic;
  readonly #lost: LostShares | undefined;
  #rewound = 0;
  #backup: DiskCopy | undefined;
  #era: Era = { ...calm, duration: 0 };
  #violation: Violation | undefined;
  readonly #synced: number[] = [];
  #views = 0;
  #deliveredCount = 0;
  #latestClock = 0;
  #isHealed = false;
  #checkedAt = 0;

  constructor(options: CoreCampaignOptions) {
    this.#options = options;
    const { seed, n } = options;
    this.#random = new SeededRandom(seed, 17);
    const sealing = options.sealing ?? new AccountedSealing(n);
    this.#clients = new Clients(new SeededRandom(seed, 18), sealing);
    const { losesShares = false } = options;
    this.#genesis = genesisOf(sealing.committee, {
      ...parameters,
      voidAfter: losesShares ? (options.voidAfter ?? voidAfter) : parameters.voidAfter,
    });
    const picked = pickAdversaries(this.#random, n, options.adversaryNames ?? adversaryNames);
    this.#wicked = options.wicked ?? picked;
    this.#processes = layOut(n, this.#wicked);
    this.#honest = this.#processes.filter((process) => process.isHonest);
    this.#lost = losesShares ? new LostShares(this.#honest, n, () => this.#isHealed) : undefined;
    this.#clocks = new Clocks(this.#random, this.#processes, this.#isSpared("skew"));
    this.#panel = new Panel({
      seats: n,
      byzantine: this.#wicked.size,
      honest: this.#honest,
      clients: this.#clients,
      sealing,
      diskOf: ({ id }) => this.#nodes.get(id)?.disk,
      latestClock: () => this.#latestClock,
      listeners: [this.#coverage],
      ignored: options.ignored ?? [],
      mayVoid: losesShares,
    });
    const jobTimeMax = this.#random.pick([2_000, 20_000, 200_000]);
    const fsyncMax = this.#random.pick([1_000, 5_000, 5_000, 80_000]);
    this.#cluster = new Cluster(this.#world, this.#random, {
      kind: coreKind({
        genesis: this.#genesis,
        domain,
        sealing,
        partsOf: (process) => this.#partsOf(process),
        clockOf: (process, now) => this.#clocks.at(process, now),
        onClock: (process, now) => {
          if (process.isHonest) this.#latestClock = Math.max(this.#latestClock, now);
        },
        furnish: (disk) => furnish(disk, this.#world.now),
        corrupt: (process, core) => this.#corrupt(process, core),
        jobTime: () => ({ min: 200, max: this.#isHealed ? calmJobTime : jobTimeMax }),
        observe: (observation) => this.#observe(observation),
        ...(options.absence === undefined ? {} : { behindMax: options.absence.behindMax }),
        ...(this.#lost === undefined ? {} : { lost: this.#lost }),
        ...(options.retention === undefined ? {} : { retention: options.retention }),
        onRewound: ({ isHonest }) => void (this.#rewound += isHonest ? 1 : 0),
        onSynced: (process, height) => void (process.isHonest && this.#synced.push(height)),
        onBuilt: ({ id }, node) => this.#nodes.set(id, node),
      }),
      processes: this.#processes,
      tickInterval,
      fsync: { min: 100, max: fsyncMax },
      diskFactor: (process) =>
        this.#isHealed ? Math.min(1, calmFsync / fsyncMax) : this.#era.diskFactor(process),
      downTime: { min: 10_000, max: 900_000 },
      isFatal: (process, effect) => this.#era.isFatal(process, effect),
      sendsOvertakeBarriers: options.sendsOvertakeBarriers ?? false,
      tearsBatches: options.tearsBatches ?? false,
      observe: (observation) => this.#observe(observation),
    });
    this.#traffic = new Traffic({
      world: this.#world,
      random: this.#random,
      cluster: this.#cluster,
      processes: this.#processes,
      clients: this.#clients,
      height: () => this.#panel.agreement.height,
      hasStalls: !this.#isSpared("l1-stalls"),
      l1Of: ({ id }) => this.#nodes.get(id)?.core.l1.number ?? 0,
    });
  }

  async run(): Promise<CoreReport> {
    const startedAt = this.#world.now;
    for (const process of this.#processes) {
      await this.#cluster.start(process);
      this.#traffic.keepReadingL1(process);
    }
    this.#traffic.keepSubmitting();
    await this.#sufferFaults();
    const { absence } = this.#options;
    if (absence !== undefined) await this.#sufferAbsence(absence);
    const healedAt = this.#world.now;
    if (this.#options.mode !== "safety") await this.#recover();
    return {
      views: this.#views,
      height: this.#panel.agreement.height,
      transactions: this.#clients.all.length,
      delivered: this.#deliveredCount,
      voided: this.#panel.delivery.voidHeights.length,
      rewound: this.#rewound,
      synced: this.#synced,
      certified: Math.max(...this.#honest.map((each) => this.#panel.checkpoints.heightOf(each))),
      events: this.#world.events,
      messages: this.#cluster.network.messages,
      crashes: this.#cluster.crashes,
      seconds: (this.#world.now - startedAt) / 1e6,
      traceHash: this.#world.traceHash,
      recovery: this.#world.now - healedAt,
      adversaries: [...this.#wicked.values()],
      coverage: this.#coverage.counts,
      longestInclusion: this.#panel.inclusion.longest,
      peaks: this.#panel.memory.peaks,
    };
  }

  async #sufferFaults(): Promise<void> {
    const { views } = this.#options;
    const end = this.#world.now + views * parameters.viewTimeout;
    while (this.#views < views && this.#world.now < end) {
      this.#enter(this.#nextEra());
      await this.#pass(Math.min(this.#era.duration, end - this.#world.now));
    }
  }

  /** It is missed in calm, since with it away there is nobody to spare, and comes back into faults. */
  async #sufferAbsence({ from, heights, losesDisk }: Absence): Promise<void> {
    const process = this.#honest.at(-1);
    if (process === undefined) return;
    const { agreement } = this.#panel;
    this.#enter({ ...calm, duration: 0 });
    await this.#pass(absenceMax, () => agreement.height >= from);
    this.#cluster.takeAway(process);
    await this.#pass(absenceMax, () => agreement.height >= from + heights);
    // What its key has signed is kept in a store of its own.
    if (losesDisk) this.#nodes.get(process.id)?.disk.lose(promiseSpaces);
    await this.#cluster.bringBack(process);
    const end = this.#world.now + returnTime;
    while (this.#world.now < end) {
      this.#enter(this.#nextEra());
      await this.#pass(Math.min(this.#era.duration, end - this.#world.now));
    }
  }

  /**
   * I13. First what f+1 honest processes hold durably is ordered, though no client says it again: that is what their
   * receipts are worth. Then there are new transactions, which f+1 receipts get into a block within a bound. At last all
   * that clients repeat is delivered everywhere, and a checkpoint over it is certified.
   */
  async #recover(): Promise<void> {
    const core = this.#heal();
    this.#traffic.stopSubmitting();
    await this.#pass(settlingTime + this.#clocks.setRight());
    const kept = faultyMax(this.#options.n) + 1;
    const promised = this.#panel.fairness.waitingAt(kept, core);
    const areKept = (): boolean => {
      const waiting = new Set(this.#panel.fairness.waitingAt(kept, core));
      return !promised.some((id) => waiting.has(id));
    };
    await this.#pass(recoveryMax, areKept);
    const isHeard = this.#options.ignored?.includes("receipts") !== true;
    if (isHeard && !areKept())
      throw this.#failure("receipts", "what f+1 honest hold is not ordered", core);
    this.#panel.inclusion.stabilize(this.#world.now);
    this.#traffic.resumeSubmitting();
    await this.#pass(calmTime);
    this.#traffic.stopSubmitting();
    const sure = this.#clients.all.filter(({ isSure }) => isSure);
    const isOrdered = ({ id }: Sent): boolean => this.#panel.delivery.whereIs(id) !== undefined;
    this.#traffic.keepRepeating(sure, isOrdered, core);
    await this.#pass(recoveryMax, () => this.#isDelivered(sure, core));
    if (!this.#isDelivered(sure, core))
      throw this.#failure("liveness", "not all is delivered", core);
    const goal = this.#panel.agreement.height;
    await this.#pass(recoveryMax, () => this.#isCertified(goal, core));
    if (!this.#isCertified(goal, core))
      throw this.#failure("liveness", `${goal} is not certified`, core);
    this.#checkCalm(core);
  }

  /** Ends the faults for those who are answered: all honest processes, or as few of them as must do. */
  #heal(): readonly Process[] {
    const { n } = this.#options;
    const isForAll = this.#random.chance(0.5);
    const core = isForAll ? this.#honest : pickCore(this.#random, this.#honest, n);
    const era = isForAll ? calm : healedCore(this.#random, this.#processes, core);
    this.#isHealed = true;
    this.#enter({ ...era, duration: 0 });
    return core;
  }

  async #pass(duration: number, isDone: () => boolean = () => false): Promise<void> {
    let checkAt = 0;
    await this.#world.run(duration, () => {
      if (this.#violation !== undefined) return true;
      // What takes long to tell is asked once in a while only.
      if (this.#world.now < checkAt) return false;
      checkAt = this.#world.now + tickInterval;
      this.#panel.ask(() => this.#panel.inclusion.check(this.#world.now));
      this.#violation ??= this.#panel.violation;
      return isDone();
    });
    if (this.#violation !== undefined) throw this.#violation;
  }

  #isDelivered(sure: readonly Sent[], core: readonly Process[]): boolean {
    const heights = sure.map(({ id }) => this.#panel.delivery.whereIs(id) ?? Infinity);
    const goal = Math.max(0, ...heights);
    return core.every((process) => this.#panel.delivery.heightOf(process) >= goal);
  }

  #isCertified(goal: number, core: readonly Process[]): boolean {
    return core.every((process) => this.#panel.checkpoints.heightOf(process) >= goal);
  }

  /** I13, I14: in calm nobody stays behind, and nothing stays behind with anybody. */
  #checkCalm(core: readonly Process[]): void {
    const isOrdered = ({ id }: Sent): boolean => this.#panel.delivery.whereIs(id) !== undefined;
    const left = this.#clients.all.filter((sent) => !isOrdered(sent)).length;
    for (const process of core) {
      const node = this.#nodes.get(process.id);
      if (node === undefined) continue;
      const { final, executed, delivered, pooled } = node.core.progress;
      const isSmall =
        final >= this.#panel.agreement.height - lagMax &&
        delivered >= final - lagMax &&
        executed >= delivered &&
        pooled <= left;
      const what = `${process.id} holds what is done with`;
      if (!isSmall)
        this.#panel.ask(() => {
          throw this.#failure("memory", what, core);
        });
      const { memory } = this.#panel;
      this.#panel.ask(() => memory.checkCalm(process, node.core.gauges, left + lagMax));
    }
    this.#panel.ask(() => this.#panel.delivery.checkCalm(core));
    if (this.#panel.violation !== undefined) throw this.#panel.violation;
  }

  #nextEra(): Era {
    return spared(this.#nextFaults(), this.#options.without ?? []);
  }

  #nextFaults(): Era {
    const era = nextEra(this.#random, this.#processes);
    // Its own boundaries, as often as those of consensus.
    if (!this.#random.chance(0.4)) return era;
    const type = this.#random.pick(spoken);
    const rate = this.#random.pick([0.02, 0.1, 0.5]);
    return {
      ...era,
      isFatal: (process, effect) =>
        process.isHonest && typeSaid(effect) === type && this.#random.chance(rate),
    };
  }

  #enter(era: Era): void {
    this.#era = era;
    this.#cluster.enter(era);
  }

  #isSpared(fault: FaultName): boolean {
    return this.#options.without?.includes(fault) === true;
  }

  #observe(observation: Observation): void {
    this.#options.watch?.(observation, this.#world.now);
    if (this.#violation !== undefined) return;
    this.#note(observation);
    this.#panel.observe(observation);
    this.#checkMemory();
    this.#violation ??= this.#panel.violation;
  }

  /** Everyone's, every now and then. */
  #checkMemory(): void {
    if (this.#world.events < this.#checkedAt + eventsBetweenChecks) return;
    this.#checkedAt = this.#world.events;
    for (const process of this.#honest) {
      const gauges = this.#nodes.get(process.id)?.core.gauges ?? [];
      this.#panel.ask(() => this.#panel.memory.check(process, gauges));
    }
  }

  #note(observation: Observation): void {
    const { process, type } = observation;
    if (type === "answered") this.#violation ??= this.#traffic.checkAnswer(observation);
    if (type === "ordered")
      this.#world.trace(4, process.id, ...blockHash(observation.header).subarray(0, 8));
    if (type === "delivered")
      this.#world.trace(5, process.id, observation.height, observation.batches.length);
    if (type === "certified")
      this.#world.trace(6, process.id, observation.certified.checkpoint.height);
    if (!process.isHonest) return;
    if (type === "crashed" && process === this.#honest[0]) this.#setBack(process);
    if (type === "said" && observation.message.type === "status")
      this.#views = Math.max(this.#views, observation.message.view);
    if (type === "delivered")
      this.#deliveredCount += observation.batches.flatMap((each) => each.transactions).length;
  }

  /** Half of the crashes bring the last backup back, the others make a new one. */
  #setBack({ id }: Process): void {
    const { setBack } = this.#options;
    const disk = this.#nodes.get(id)?.disk;
    if (setBack === undefined || disk === undefined) return;
    const kept = setBack === "store" ? promiseSpaces : [];
    if (this.#backup !== undefined && this.#random.chance(0.5)) disk.setBack(this.#backup, kept);
    else this.#backup = disk.copy();
  }

  #partsOf(process: Process): CoreParts {
    const { coreParts = trueParts, isMutantAlone } = this.#options;
    return isMutantAlone !== true || process === this.#honest[0] ? coreParts : trueParts;
  }

  #corrupt(process: Process, core: Machine): Machine {
    const name = process.isHonest ? this.#options.honestAre : this.#wicked.get(process.validator);
    if (name === undefined) return this.#lost?.muted(process, core) ?? core;
    const random = new SeededRandom(this.#options.seed, process.id + 1);
    return adversaries[name].corrupt(core, toolsOf(process.validator, this.#genesis, random));
  }

  #failure(checker: string, what: string, core: readonly Process[]): Violation {
    const states = core.map((process) => {
      const progress = this.#nodes.get(process.id)?.core.progress;
      const { view, final, executed, delivered, l1, pooled } = progress ?? {};
      const certified = this.#panel.checkpoints.heightOf(process);
      return `${process.id}: ${JSON.stringify({ view, final, executed, delivered, certified, l1, pooled })}`;
    });
    const wicked = [...this.#wicked].map(([seat, name]) => `seat ${seat} is ${name}`);
    return new Violation(checker, [what, ...wicked, ...states].join("; "));
  }
}

function typeSaid(effect: Seen): string | undefined {
  return effect.message?.type;
}
