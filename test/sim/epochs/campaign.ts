// One run of whole cores whose committee changes, from one seed: epochs end while links break and processes die, members
// leave and come, some after they followed for long and some that were never there before. In the calm at the end all
// must be in the last epoch and have delivered everything.

import { fromHex } from "../../../base/index.ts";
import { sealedKeyId, type SealingGroup } from "../../../crypto/index.ts";
import {
  type Committee,
  Epoch,
  type Genesis,
  isSealedTo,
  keysOf,
  type L1Event,
  type Parameters,
  quorum,
  spaces,
  ValidatorIndex,
} from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import { falseDealer } from "../adversaries/false-dealer.ts";
import type { Machine } from "../adversaries/index.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Delivery } from "../checkers/delivery.ts";
import { Epochs, epochSigned } from "../checkers/epochs.ts";
import { Keys } from "../checkers/keys.ts";
import { Secrecy } from "../checkers/secrecy.ts";
import { Extension } from "../checkers/extension.ts";
import { NonEquivocation } from "../checkers/non-equivocation.ts";
import { OneBlockPerView } from "../checkers/one-block-per-view.ts";
import { Cluster, type Process } from "../cluster.ts";
import { calm, type Era, nextEra } from "../faults.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import { parameters as quickParameters } from "../parameters.ts";
import { SeededRandom } from "../random.ts";
import { Clients, type Sent } from "../whole/clients.ts";
import { coreKind, type CoreNode, type CoreParts, trueParts } from "../whole/node.ts";
import { domain, furnish, genesisOf, toolsOf } from "../whole/setting.ts";
import { Traffic } from "../whole/traffic.ts";
import { World } from "../world.ts";
import { Committees, networkKeyOf } from "./committees.ts";
import { Rounds } from "./rounds.ts";

export interface EpochCampaignOptions {
  readonly seed: number;
  /** Of the committees, one after another. */
  readonly sizes?: readonly number[];
  /** Committees hand on the key themselves, with this; without, whoever comes next is announced to every process. */
  readonly group?: SealingGroup;
  /** Every second committee makes a new key beside the old one, which is accepted for so many heights more. */
  readonly keyOverlap?: number;
  /** A process that lies in all rounds, and does everything else as it should. */
  readonly falseDealer?: number;
  /** Without faults: nothing breaks and nobody dies. */
  readonly isCalm?: boolean;
  /** What runs in place of the core. */
  readonly coreParts?: CoreParts;
  readonly watch?: (observation: Observation, now: number) => void;
}

export interface EpochReport {
  /** Of the last epoch. */
  readonly views: number;
  readonly height: number;
  readonly transactions: number;
  readonly crashes: number;
  /** How often a process ordered what was sealed to a key that was being replaced, or left it out because that was over. */
  readonly keys: Keys["counts"];
  readonly events: number;
  readonly messages: number;
  /** Simulated seconds. */
  readonly seconds: number;
  readonly traceHash: string;
}

const second = 1_000_000;
const parameters: Parameters = {
  ...quickParameters,
  checkpointHeights: 8,
  epochTime: 3 * second,
};
/** Where rounds are held: what is said in a window has to be heard while links break and processes die. */
const roundParameters = { epochTime: second, dkgWindow: 8 };
/** Eight processes, of which each committee takes some. */
const processCount = 8;
const defaultSizes = [4, 5, 7, 4] as const;
const tickInterval = 20_000;
/** Of faults. */
const faultyTime = 15 * second;
const settlingTime = 2 * second;
const recoveryMax = 90 * second;
/** A key that retires within so many heights may do so before what is sealed to it is reported once more. */
const lateHeights = 100;
/** Within the lifetime of a stamp, even of one from the beginning of the faults. */
const keptMax = 12 * second;

export function runEpochSeed(options: EpochCampaignOptions): Promise<EpochReport> {
  return new EpochCampaign(options).run();
}

class EpochCampaign {
  readonly #options: EpochCampaignOptions;
  readonly #random: SeededRandom;
  readonly #world = new World();
  readonly #processes: readonly Process[];
  readonly #committees: Committees;
  readonly #rounds: Rounds | undefined;
  readonly #cluster: Cluster<CoreEvent, CoreEffect>;
  readonly #clients: Clients;
  readonly #nodes = new Map<number, CoreNode>();
  readonly #traffic: Traffic;
  readonly #epochs = new Epochs();
  readonly #agreement = new Agreement();
  readonly #keys: Keys;
  readonly #secrecy: Secrecy;
  /** Of the newest epoch that a process has begun. */
  #newest: Committee;
  readonly #delivery: Delivery;
  /** What is promised of views, in each epoch by itself. */
  readonly #ofEpoch = new Map<number, readonly Checker[]>();
  readonly #last: number;
  /** By transaction: processes that had stamped it when they began an epoch. */
  readonly #holders = new Map<string, Set<number>>();
  #era: Era = { ...calm, duration: 0 };
  #violation: Violation | undefined;

  constructor(options: EpochCampaignOptions) {
    this.#options = options;
    const { seed, sizes = defaultSizes } = options;
    this.#last = sizes.length - 1;
    this.#random = new SeededRandom(seed, 27);
    this.#processes = Array.from({ length: processCount }, (_, id) => ({
      id,
      validator: ValidatorIndex(id),
      isHonest: true,
    }));
    this.#committees = new Committees(this.#processes, sizes, new SeededRandom(seed, 28));
    const { group } = options;
    const [first = []] = this.#committees.members;
    this.#rounds = group && new Rounds(group, first);
    const rounds = this.#rounds;
    const genesis = this.#genesis();
    const { committee } = genesis;
    const start = { committee, height: 0 as never, hash: new Uint8Array(32) };
    const sealing = this.#committees.sealingOf(start);
    this.#newest = committee;
    this.#clients = new Clients(new SeededRandom(seed, 29), sealing, () => this.#keyIds());
    this.#keys = new Keys({
      transactionOf: (id) => this.#clients.get(id)?.transaction,
      overlap: options.keyOverlap ?? 0,
    });
    this.#secrecy = new Secrecy({
      whatIs: (share) => this.#committees.whatIs(share),
      // Of the smallest committee.
      threshold: quorum(Math.min(...sizes)),
      byzantine: 0,
      pointOf: (id) => this.#clients.get(id)?.point,
    });
    this.#delivery = new Delivery(this.#clients);
    const jobTime = { min: 200, max: this.#random.pick([2_000, 20_000, 100_000]) };
    const kind = coreKind({
      genesis,
      domain,
      sealing,
      epochs: {
        placeIn: (process, epoch) => this.#committees.placeIn(process, epoch),
        networkKeyOf: ({ id }) => networkKeyOf(id),
        sealingOf: (epoch) => this.#committees.sealingOf(epoch),
        holds: (process, { committee: current }, keyId) =>
          rounds?.holds(process, current, keyId) ?? true,
        retire: (process, keyId) => rounds?.retire(process, keyId),
        ...(rounds === undefined
          ? {}
          : {
              round: (process, { committee: current }, job) => rounds.answer(process, current, job),
            }),
      },
      partsOf: () => options.coreParts ?? trueParts,
      clockOf: (_, now) => now,
      onClock: () => undefined,
      furnish: (disk) => furnish(disk, this.#world.now),
      corrupt: (process, core) => this.#corrupt(process, core, genesis),
      jobTime: () => jobTime,
      observe: (observation) => this.#observe(observation),
      onBuilt: (process, node) => this.#onBuilt(process, node),
    });
    this.#cluster = new Cluster(this.#world, this.#random, {
      kind: {
        ...kind,
        placeOf: (process, other) => {
          const epoch = this.#nodes.get(process.id)?.epoch;
          return epoch === undefined ? undefined : this.#committees.placeIn(other, epoch);
        },
      },
      processes: this.#processes,
      tickInterval,
      fsync: { min: 100, max: this.#random.pick([1_000, 5_000, 30_000]) },
      downTime: { min: 10_000, max: 900_000 },
      diskFactor: (process) => this.#era.diskFactor(process),
      isFatal: (process, effect) => this.#era.isFatal(process, effect),
      observe: (observation) => this.#observe(observation),
    });
    this.#traffic = new Traffic({
      world: this.#world,
      random: this.#random,
      cluster: this.#cluster,
      processes: this.#processes,
      clients: this.#clients,
      height: () => this.#agreement.height,
      hasStalls: false,
      l1Events: () => this.#l1Events(),
      l1Of: ({ id }) => this.#nodes.get(id)?.core.l1.number ?? 0,
    });
  }

  async run(): Promise<EpochReport> {
    const startedAt = this.#world.now;
    for (const process of this.#processes) {
      // Some that have no seat at first follow from the beginning; others come when they are needed, or later.
      const isFirst = this.#committees.members[0]?.includes(process) === true;
      const delay = isFirst || this.#random.chance(0.5) ? 0 : this.#random.between(0, faultyTime);
      this.#world.after(delay, () => this.#cluster.start(process));
      this.#traffic.keepReadingL1(process);
      if (this.#rounds === undefined) this.#keepAnnouncing(process);
    }
    this.#traffic.keepSubmitting();
    await this.#sufferFaults();
    await this.#recover();
    const views = [...this.#nodes.values()].map(({ core }) => core.progress.view);
    return {
      views: Math.max(...views),
      height: this.#agreement.height,
      transactions: this.#clients.all.length,
      crashes: this.#cluster.crashes,
      keys: this.#keys.counts,
      events: this.#world.events,
      messages: this.#cluster.network.messages,
      seconds: (this.#world.now - startedAt) / second,
      traceHash: this.#world.traceHash,
    };
  }

  async #sufferFaults(): Promise<void> {
    const end = this.#world.now + faultyTime;
    while (this.#world.now < end) {
      if (this.#options.isCalm !== true) this.#enter(nextEra(this.#random, this.#processes));
      await this.#pass(this.#options.isCalm === true ? second : this.#era.duration);
    }
  }

  async #recover(): Promise<void> {
    this.#enter({ ...calm, duration: 0 });
    await this.#pass(settlingTime);
    await this.#pass(recoveryMax, () => this.#isInLastEpoch());
    if (!this.#isInLastEpoch()) throw this.#failure("liveness", "not all are in the last epoch");
    this.#traffic.stopSubmitting();
    await this.#pass(settlingTime);
    const kept = this.#kept();
    const areOrdered = (): boolean => kept.every((id) => this.#delivery.whereIs(id) !== undefined);
    await this.#pass(keptMax, areOrdered);
    if (!areOrdered()) throw this.#failure("receipts", "what two disks hold is lost");
    const sure = this.#clients.all.filter(({ isSure, id }) => isSure && !this.#isTooLate(id));
    const isOrdered = ({ id }: Sent): boolean => this.#delivery.whereIs(id) !== undefined;
    this.#traffic.keepRepeating(sure, isOrdered, this.#processes);
    await this.#pass(recoveryMax, () => this.#isDelivered(sure));
    if (!this.#isDelivered(sure)) throw this.#failure("liveness", "not all is delivered");
    this.#checkShares();
  }

  /**
   * I17: every honest member of the last committee can give decryption shares that its verification keys check, and of a
   * key that has retired has nothing left.
   */
  #checkShares(): void {
    const rounds = this.#rounds;
    const members = this.#committees.members[this.#last] ?? [];
    for (const [seat, process] of members.entries()) {
      const node = this.#nodes.get(process.id);
      if (rounds === undefined || node === undefined) return;
      const { committee } = node.epoch;
      const { delivered } = node.core.progress;
      if (process.id === this.#options.falseDealer) continue;
      for (const { keyId, verificationKeys } of keysOf(committee)) {
        const verificationKey = verificationKeys[seat] ?? new Uint8Array();
        const has = rounds.holdsShare(process, committee.epoch, { keyId, verificationKey });
        const { retiring } = committee;
        const isOver = keyId === retiring?.keyId && delivered >= retiring.until;
        if (has === isOver)
          throw this.#failure(
            "shares",
            `${process.id} has ${has ? "a" : "no"} share of key ${keyId}`,
          );
      }
    }
  }

  /**
   * What at least two processes had stamped and on disk when they began an epoch, whether or not with a seat: no client has
   * to say it again, and yet it has to be ordered, in whatever epoch.
   */
  #kept(): string[] {
    return [...this.#holders]
      .filter(([id, holders]) => holders.size >= 2 && !this.#isTooLate(id))
      .map(([id]) => id);
  }

  /** Those that a client may seal to now: of the newest committee, while they are accepted. */
  #keyIds(): readonly number[] {
    return keysOf(this.#newest)
      .map(({ keyId }) => keyId)
      .filter((keyId) => isSealedTo(this.#newest, { keyId, height: this.#agreement.height }));
  }

  /** What is sealed to a key that has retired meanwhile, and is not ordered, never will be. */
  #isTooLate(id: string): boolean {
    const transaction = this.#clients.get(id)?.transaction;
    const keyId = transaction?.version === 1 ? sealedKeyId(transaction.body) : undefined;
    if (keyId === undefined || this.#delivery.whereIs(id) !== undefined) return false;
    const height = this.#agreement.height + lateHeights;
    return !isSealedTo(this.#newest, { keyId, height });
  }

  #noteHeld(process: Process, { disk, epoch }: CoreNode): void {
    if (epoch.committee.epoch === 0) return;
    for (const { id, isSure } of this.#clients.all) {
      const key = fromHex(id) ?? new Uint8Array(32);
      if (!isSure || disk.readDurable(spaces.stamp, key) === undefined) continue;
      const holders = this.#holders.get(id) ?? new Set<number>();
      this.#holders.set(id, holders.add(process.id));
    }
  }

  #isInLastEpoch(): boolean {
    return this.#processes.every(
      (process) => this.#cluster.isUp(process) && this.#epochs.of(process) === this.#last,
    );
  }

  #isDelivered(sure: readonly Sent[]): boolean {
    const heights = sure.map(({ id }) => this.#delivery.whereIs(id) ?? Infinity);
    const goal = Math.max(0, ...heights);
    return this.#processes.every((process) => this.#delivery.heightOf(process) >= goal);
  }

  /** Each process finds out in its own time who comes next, and after every start anew. */
  #keepAnnouncing(process: Process): void {
    this.#world.after(this.#random.between(100_000, 1_500_000), () => {
      const epoch = this.#nodes.get(process.id)?.epoch.committee.epoch ?? 0;
      const committee = this.#committees.at(epoch + 1);
      if (committee !== undefined)
        this.#cluster.inject(process, (now) => ({ type: "committee", now, committee }));
      this.#keepAnnouncing(process);
    });
  }

  /** L1 names who comes after the newest epoch that there is, again and again, as anybody may have it do. */
  #l1Events(): readonly L1Event[] {
    if (this.#rounds === undefined) return [];
    const epochs = [...this.#nodes.values()].map(({ epoch }) => epoch.committee.epoch);
    const next = Epoch(Math.max(0, ...epochs) + 1);
    const candidates = this.#committees.candidatesOf(next);
    return candidates === undefined ? [] : [{ type: "prepared", epoch: next, candidates }];
  }

  #corrupt(process: Process, core: Machine, genesis: Genesis): Machine {
    if (process.id !== this.#options.falseDealer) return core;
    const random = new SeededRandom(this.#options.seed, 30);
    return falseDealer.corrupt(core, toolsOf(process.validator, genesis, random));
  }

  #enter(era: Era): void {
    this.#era = era;
    this.#cluster.enter(era);
  }

  async #pass(duration: number, isDone: () => boolean = () => false): Promise<void> {
    let checkAt = 0;
    await this.#world.run(duration, () => {
      if (this.#violation !== undefined) return true;
      if (this.#world.now < checkAt) return false;
      checkAt = this.#world.now + tickInterval;
      return isDone();
    });
    if (this.#violation !== undefined) throw this.#violation;
  }

  #onBuilt(process: Process, node: CoreNode): void {
    const { committee } = node.epoch;
    this.#nodes.set(process.id, node);
    if (committee.epoch > this.#newest.epoch) this.#newest = committee;
    this.#noteHeld(process, node);
    this.#guard(() => {
      this.#keys.begin(node.epoch);
      this.#epochs.begin(process, node.epoch, this.#committees.placeIn(process, node.epoch));
    });
  }

  #observe(observation: Observation): void {
    this.#options.watch?.(observation, this.#world.now);
    if (observation.type === "delivered")
      this.#world.trace(5, observation.process.id, observation.height);
    const all = [
      this.#epochs,
      this.#agreement,
      this.#keys,
      this.#secrecy,
      this.#delivery,
      ...this.#checkersOf(observation),
    ];
    for (const checker of all) this.#guard(() => checker.observe(observation));
  }

  #checkersOf(observation: Observation): readonly Checker[] {
    const epoch = observation.type === "said" ? epochSigned(observation.message) : undefined;
    if (epoch === undefined) return [];
    const known = this.#ofEpoch.get(epoch) ?? [
      new NonEquivocation(),
      new OneBlockPerView(),
      new Extension(),
    ];
    this.#ofEpoch.set(epoch, known);
    return known;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation ??= error;
    }
  }

  #failure(checker: string, what: string): Violation {
    const states = this.#processes.map((process) => {
      const { epoch, view, final, executed, delivered } =
        this.#nodes.get(process.id)?.core.progress ?? {};
      return `${process.id}: ${JSON.stringify({ epoch, view, final, executed, delivered })}`;
    });
    const members = this.#committees.members.map((each) => each.map(({ id }) => id).join(","));
    return new Violation(
      checker,
      [what, ...states, `committees ${members.join(" | ")}`].join("; "),
    );
  }

  #parameters(): Parameters {
    if (this.#rounds === undefined) return parameters;
    const { keyOverlap } = this.#options;
    const rotation = keyOverlap === undefined ? {} : { keyEpochs: 2, keyOverlap };
    return { ...parameters, ...roundParameters, ...rotation };
  }

  #genesis(): Genesis {
    const rounds = this.#rounds;
    const committee =
      rounds === undefined ? this.#committees.at(0) : this.#committees.firstWith(rounds.dealt);
    if (committee === undefined) throw new Error("there is a first committee");
    return genesisOf(committee, this.#parameters());
  }
}
