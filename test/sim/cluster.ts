// Processes that run state machines on simulated time, network and disks, the way the node runs them: effects are
// carried out strictly in order, across steps as well, and a synced write holds up all that comes after it.

import {
  type CommonEffect,
  Epoch,
  type Message,
  type Micros,
  type ValidatorIndex,
} from "../../protocol/index.ts";
import type { Write } from "../../base/index.ts";
import { SimDisk } from "./disk.ts";
import type { Era, Seen } from "./faults.ts";
import { Network } from "./network.ts";
import type { Observation } from "./observation.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

/** A state machine under test: one validator's mind, without hands. */
export interface SimNode<Event, Effect> {
  start(now: Micros): readonly Effect[];
  step(event: Event): readonly Effect[];
}

/** What the world does for a node besides the common effects. */
export interface Host<Event> {
  readonly process: Process;
  readonly now: Micros;
  readonly disk: SimDisk;
  readonly random: SeededRandom;
  send(to: ValidatorIndex, message: Message): void;
  /** Makes an event happen to this node, unless it crashes before. */
  inject(delay: number, event: (now: Micros) => Event): void;
  /** Does something that has to be waited for; simulated time stands still meanwhile. */
  later(work: () => Promise<void>): void;
  /** Makes the node anew from what the disk holds, as its host does; what it waits for is forgotten, what it wrote not. */
  rebuild(): void;
  observe(observation: Observation): void;
}

/** How nodes of one kind are made and spoken to. */
export interface NodeKind<Event, Effect extends { readonly type: string }> {
  build(process: Process, disk: SimDisk, now: Micros): Promise<SimNode<Event, Effect>>;
  /** `epoch`: in which its sender said it. */
  message(now: Micros, from: ValidatorIndex, message: Message, epoch: Epoch): Event;
  tick(now: Micros): Event;
  connected(now: Micros, peer: ValidatorIndex): Event;
  /**
   * The place that `other` has in the peer table of `process`; undefined when it has none there, and hears and says
   * nothing. By default all know one another by their seats.
   */
  placeOf?(process: Process, other: Process): ValidatorIndex | undefined;
  /** In which the process is at this moment; the first by default. */
  epochOf?(process: Process): Epoch;
  /** Carries out what is not common to all machines. */
  carryOut(effect: Exclude<Effect, CommonEffect>, host: Host<Event>): void;
}

/**
 * A running or crashed process: an identity on the network, a disk and a clock. Which seat it has is for the node it
 * runs to say; twins are two processes with one seat.
 */
export interface Process {
  readonly id: number;
  /** Its seat in the first epoch. */
  readonly validator: ValidatorIndex;
  readonly isHonest: boolean;
}

export interface ClusterOptions<Event, Effect extends { readonly type: string }> {
  readonly kind: NodeKind<Event, Effect>;
  readonly processes: readonly Process[];
  readonly tickInterval: number;
  /** How long a synced write takes, µs. */
  readonly fsync: { readonly min: number; readonly max: number };
  /** How many times as long it takes at this process. */
  readonly diskFactor?: (process: Process) => number;
  /** Whether the process dies right after it carried out this effect. */
  readonly isFatal: (process: Process, effect: Seen) => boolean;
  /** How long a crashed process stays away, µs. */
  readonly downTime: { readonly min: number; readonly max: number };
  /** The planted driver bug: what later steps send does not wait for the writes of earlier ones. */
  readonly sendsOvertakeBarriers?: boolean;
  /** The planted disk bug: of a batch that was being written, the first records may come through without the others. */
  readonly tearsBatches?: boolean;
  readonly observe: (observation: Observation) => void;
}

/** What is under way: a message, and the epoch in which it was said. */
interface Spoken {
  readonly message: Message;
  readonly epoch: Epoch;
}

interface Life<Event, Effect> {
  readonly node: SimNode<Event, Effect>;
  readonly pending: Effect[];
  /** What is being synced at this moment. */
  writing: readonly Write[] | undefined;
}

export class Cluster<Event, Effect extends { readonly type: string }> {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #options: ClusterOptions<Event, Effect>;
  readonly #network: Network<Spoken>;
  readonly #disks: readonly SimDisk[];
  readonly #lives: (Life<Event, Effect> | undefined)[] = [];
  readonly #away = new Set<number>();
  crashes = 0;

  constructor(world: World, random: SeededRandom, options: ClusterOptions<Event, Effect>) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#disks = options.processes.map(() => new SimDisk());
    this.#network = new Network(world, random, (from, to, spoken) =>
      this.#deliver(from, to, spoken),
    );
  }

  get network(): Network<Spoken> {
    return this.#network;
  }

  isUp(process: Process): boolean {
    return this.#lives[process.id] !== undefined;
  }

  node(process: Process): SimNode<Event, Effect> | undefined {
    return this.#lives[process.id]?.node;
  }

  async start(process: Process): Promise<void> {
    if (this.isUp(process) || this.#away.has(process.id)) return;
    const { kind, tickInterval } = this.#options;
    const node = await kind.build(process, this.#disk(process), this.#world.now);
    // Two starts may have been under way.
    if (this.isUp(process) || this.#away.has(process.id)) return;
    const life: Life<Event, Effect> = { node, pending: [], writing: undefined };
    this.#lives[process.id] = life;
    this.#options.observe({ type: "started", process });
    this.#world.trace(1, process.id);
    this.#enqueue(process, life, node.start(this.#world.now));
    this.#keepTicking(process, life, this.#random.between(0, tickInterval));
    this.#connect(process);
  }

  /** It stops in peace, with all that it wrote on disk, and starts again at once. */
  restart(process: Process): void {
    const life = this.#lives[process.id];
    if (life === undefined) return;
    const disk = this.#disk(process);
    if (life.writing !== undefined) disk.writeNow(life.writing, true);
    for (const effect of life.pending.splice(0))
      if (isPersist(effect)) disk.writeNow(effect.writes, effect.sync);
      else this.#act(process, life, effect);
    this.#lives[process.id] = undefined;
    this.#world.trace(7, process.id);
    this.#options.observe({ type: "crashed", process });
    this.#world.after(0, () => this.start(process));
  }

  /** What is wrong with the world from now on; who is to die or to stop at once does. */
  enter(era: Omit<Era, "duration">): void {
    this.#network.weather = era.weather;
    this.#network.cut = era.isCut;
    this.#network.slowness = era.slowness;
    if (era.isBlackout) for (const process of this.#options.processes) this.crash(process);
    for (const process of era.restarts) this.restart(process);
  }

  /** Power is lost; the process comes back by itself after a while. */
  crash(process: Process): void {
    const life = this.#lives[process.id];
    if (life === undefined) return;
    this.crashes += 1;
    this.#lives[process.id] = undefined;
    const { tearsBatches = false } = this.#options;
    this.#disk(process).crash(this.#random, { unfinished: life.writing, tearsBatches });
    this.#world.trace(2, process.id);
    this.#options.observe({ type: "crashed", process });
    const { min, max } = this.#options.downTime;
    // Often back at once, while all the others are still in the same view.
    const downTime = this.#random.between(min, this.#random.chance(0.5) ? 3 * min : max);
    this.#world.after(downTime, () => this.start(process));
  }

  /** Power is lost, and does not come back until `bringBack`. */
  takeAway(process: Process): void {
    this.#away.add(process.id);
    this.crash(process);
  }

  async bringBack(process: Process): Promise<void> {
    this.#away.delete(process.id);
    await this.start(process);
  }

  /** Makes something happen to a process, if it is up. */
  inject(process: Process, event: (now: Micros) => Event): void {
    this.#happen(process, event);
  }

  #disk(process: Process): SimDisk {
    const disk = this.#disks[process.id];
    if (disk === undefined) throw new Error("every process has a disk");
    return disk;
  }

  /** Each learns that the other is there. */
  #connect(process: Process): void {
    const { kind, processes } = this.#options;
    for (const other of processes) {
      if (!this.isUp(other) || !this.isUp(process)) continue;
      const [there, here] = [this.#placeOf(process, other), this.#placeOf(other, process)];
      if (there !== undefined) this.#happen(process, (now) => kind.connected(now, there));
      if (here !== undefined) this.#happen(other, (now) => kind.connected(now, here));
    }
  }

  /** Undefined for a stranger, and for oneself and one's twin. */
  #placeOf(process: Process, other: Process): ValidatorIndex | undefined {
    if (process.validator === other.validator) return undefined;
    const { kind } = this.#options;
    return kind.placeOf === undefined ? other.validator : kind.placeOf(process, other);
  }

  #keepTicking(process: Process, life: Life<Event, Effect>, delay: number): void {
    this.#world.after(delay, () => {
      if (this.#lives[process.id] !== life) return;
      this.#step(process, life, this.#options.kind.tick(this.#world.now));
      this.#keepTicking(process, life, this.#options.tickInterval);
    });
  }

  #deliver(from: number, to: number, { message, epoch }: Spoken): void {
    const sender = this.#options.processes[from];
    const receiver = this.#options.processes[to];
    if (sender === undefined || receiver === undefined) return;
    const place = this.#placeOf(receiver, sender);
    if (place === undefined) return;
    this.#happen(receiver, (now) => this.#options.kind.message(now, place, message, epoch));
  }

  #happen(process: Process, event: (now: Micros) => Event): void {
    const life = this.#lives[process.id];
    if (life !== undefined) this.#step(process, life, event(this.#world.now));
  }

  #step(process: Process, life: Life<Event, Effect>, event: Event): void {
    this.#world.trace(3, process.id);
    this.#enqueue(process, life, life.node.step(event));
  }

  #enqueue(process: Process, life: Life<Event, Effect>, effects: readonly Effect[]): void {
    const isRushing = this.#options.sendsOvertakeBarriers === true && life.writing !== undefined;
    // Only what has its own barrier in front of it still waits.
    const rushed = isRushing && !effects.some(isBarrier) ? effects.filter(isMessage) : [];
    const rest = effects.filter((effect) => !rushed.includes(effect));
    for (const effect of rushed) this.#carryOut(process, life, effect);
    life.pending.push(...rest);
    this.#pump(process, life);
  }

  #pump(process: Process, life: Life<Event, Effect>): void {
    while (life.writing === undefined && this.#lives[process.id] === life) {
      const effect = life.pending.shift();
      if (effect === undefined) return;
      this.#carryOut(process, life, effect);
    }
  }

  #carryOut(process: Process, life: Life<Event, Effect>, effect: Effect): void {
    if (isPersist(effect) && effect.sync) return this.#sync(process, life, effect);
    this.#act(process, life, effect);
    // Between any two effects a process may die.
    if (this.#lives[process.id] === life && this.#options.isFatal(process, effect))
      this.crash(process);
  }

  #act(process: Process, life: Life<Event, Effect>, effect: Effect): void {
    if (isCommon(effect)) return this.#carryOutCommon(process, effect);
    const host = this.#host(process, life);
    this.#options.kind.carryOut(effect as Exclude<Effect, CommonEffect>, host);
  }

  #carryOutCommon(process: Process, effect: CommonEffect): void {
    switch (effect.type) {
      case "persist":
        return this.#disk(process).writeNow(effect.writes, false);
      case "send":
        return this.#send(process, effect.to, effect.message);
      case "broadcast":
        return this.#broadcast(process, effect.message);
      case "fault": {
        const { peer, code } = effect;
        return this.#options.observe({ type: "blamed", process, peer, code });
      }
    }
  }

  #sync(
    process: Process,
    life: Life<Event, Effect>,
    effect: Extract<CommonEffect, { type: "persist" }>,
  ): void {
    life.writing = effect.writes;
    const { min, max } = this.#options.fsync;
    const factor = this.#options.diskFactor?.(process) ?? 1;
    this.#world.after(this.#random.between(min, max) * factor, () => {
      if (this.#lives[process.id] !== life) return;
      life.writing = undefined;
      this.#disk(process).writeNow(effect.writes, true);
      if (this.#options.isFatal(process, effect)) return this.crash(process);
      this.#pump(process, life);
    });
  }

  #broadcast(process: Process, message: Message): void {
    this.#said(process, message);
    for (const other of this.#options.processes)
      if (this.#placeOf(process, other) !== undefined)
        this.#network.send(process.id, other.id, this.#spoken(process, message));
  }

  #send(process: Process, to: ValidatorIndex, message: Message): void {
    this.#said(process, message);
    for (const other of this.#options.processes)
      if (this.#placeOf(process, other) === to)
        this.#network.send(process.id, other.id, this.#spoken(process, message));
  }

  #spoken(process: Process, message: Message): Spoken {
    return { message, epoch: this.#options.kind.epochOf?.(process) ?? Epoch(0) };
  }

  #said(process: Process, message: Message): void {
    this.#options.observe({ type: "said", process, message, now: this.#world.now });
  }

  #host(process: Process, life: Life<Event, Effect>): Host<Event> {
    return {
      process,
      now: this.#world.now,
      disk: this.#disk(process),
      random: this.#random,
      send: (to, message) => this.#send(process, to, message),
      inject: (delay, event) =>
        this.#world.after(delay, () => {
          if (this.#lives[process.id] === life) this.#step(process, life, event(this.#world.now));
        }),
      later: (work) =>
        this.#world.after(0, () => (this.#lives[process.id] === life ? work() : undefined)),
      rebuild: () => this.restart(process),
      observe: this.#options.observe,
    };
  }
}

function isCommon(effect: { readonly type: string }): effect is CommonEffect {
  const { type } = effect;
  return type === "persist" || type === "send" || type === "broadcast" || type === "fault";
}

function isPersist(effect: {
  readonly type: string;
}): effect is Extract<CommonEffect, { type: "persist" }> {
  return effect.type === "persist";
}

function isMessage(effect: { readonly type: string }): boolean {
  return effect.type === "send" || effect.type === "broadcast";
}

function isBarrier(effect: { readonly type: string }): boolean {
  return isPersist(effect) && effect.sync;
}
