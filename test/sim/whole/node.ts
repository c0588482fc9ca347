// The core that production runs, as a node of the simulator: it recovers from the simulated disk, its jobs are
// answered after a while, what only the disk has is served by the production's archive, and its clock may be off.

import { decode, toHex, u64Bytes } from "../../../base/index.ts";
import { fromKeyedPoint } from "../../../crypto/index.ts";
import {
  type CommonEffect,
  decodeHeader,
  type Genesis,
  type Header,
  type Height,
  Micros,
  type QC,
  spaces,
  type ValidatorIndex,
} from "../../../protocol/index.ts";
import type { RoundAnswer, RoundJob } from "../../../epoch/index.ts";
import { Archive } from "../../../sequencer/archive.ts";
import { Core } from "../../../sequencer/core.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import type { CoreOptions, CorePorts } from "../../../sequencer/machines.ts";
import { Pruner } from "../../../sequencer/pruner.ts";
import { decodeFinalRecord, type EpochStart, type Recovery } from "../../../sequencer/records.ts";
import { loadRecovery, nextIncarnation } from "../../../sequencer/recovery.ts";
import type { Machine } from "../adversaries/index.ts";
import type { Host, NodeKind, Process, SimNode } from "../cluster.ts";
import type { SimDisk } from "../disk.ts";
import { type Observation, Violation } from "../observation.ts";
import { fakeLaneSignatures, fakeSignatures } from "../signatures.ts";
import type { LostShares } from "./lost-shares.ts";
import type { Sealing } from "./sealing.ts";

export type CoreClass = new (
  ports: CorePorts,
  options: CoreOptions,
  recovery: Recovery,
  now: Micros,
) => Core;

/** What production makes a node of. */
export interface CoreParts {
  readonly Core: CoreClass;
  readonly loadRecovery: typeof loadRecovery;
  readonly nextIncarnation: typeof nextIncarnation;
}

export const trueParts: CoreParts = { Core, loadRecovery, nextIncarnation };

export interface CoreKindOptions {
  readonly genesis: Genesis;
  readonly domain: Uint8Array;
  readonly sealing: Sealing;
  /** Where committees change: the place of a process in an epoch, and the key of its committee. */
  readonly epochs?: {
    readonly placeIn: (process: Process, epoch: EpochStart) => ValidatorIndex;
    readonly networkKeyOf: (process: Process) => Uint8Array;
    readonly sealingOf: (epoch: EpochStart) => Sealing;
    /** Where committees make their keys themselves: the work of a process for it. */
    readonly round?: (process: Process, epoch: EpochStart, job: RoundJob) => Promise<RoundAnswer>;
    /** Whether a process has its share of this key of its committee. */
    readonly holds: (process: Process, epoch: EpochStart, keyId: number) => boolean;
    /** It has no more use for its shares of it. */
    readonly retire: (process: Process, keyId: number) => void;
  };
  readonly partsOf: (process: Process) => CoreParts;
  /** What the clock of a process shows at this moment, µs. */
  readonly clockOf: (process: Process, now: Micros) => number;
  /** What it takes the time to be. */
  readonly onClock: (process: Process, now: Micros) => void;
  /** What a disk holds before the first start. */
  readonly furnish: (disk: SimDisk) => void;
  /** Makes an adversary, or a broken node, of an honest one. */
  readonly corrupt: (process: Process, core: Machine) => Machine;
  /** As `CoreOptions` has it. */
  readonly behindMax?: number;
  /** A process has fetched a state, and begins from it. */
  readonly onSynced?: (process: Process, height: Height) => void;
  /** A process has opened what a quorum could not, and goes back to before it. */
  readonly onRewound?: (process: Process) => void;
  /** Heights that a disk keeps; all of them unless said otherwise. */
  readonly retention?: number;
  /** Whose shares of which blocks are lost; none are unless said otherwise. */
  readonly lost?: LostShares;
  /** How long a worker takes for a job, µs. */
  readonly jobTime: () => { readonly min: number; readonly max: number };
  readonly observe: (observation: Observation) => void;
  /** Every start of a process. */
  readonly onBuilt: (process: Process, node: CoreNode) => void;
}

/** One life of a core, on a clock of its own. */
export class CoreNode implements SimNode<CoreEvent, CoreEffect> {
  readonly core: Core;
  readonly disk: SimDisk;
  readonly epoch: EpochStart;
  readonly #machine: Machine;
  readonly #clockOf: (now: Micros) => number;
  readonly #onStarted: () => void;
  readonly #onEffects: (effects: readonly CoreEffect[]) => void;
  readonly #isHonest: boolean;
  #last = 0;
  #isBroken = false;

  constructor(parts: {
    readonly core: Core;
    readonly disk: SimDisk;
    readonly epoch: EpochStart;
    readonly machine: Machine;
    readonly isHonest: boolean;
    readonly clockOf: (now: Micros) => number;
    readonly onStarted: () => void;
    readonly onEffects: (effects: readonly CoreEffect[]) => void;
  }) {
    this.core = parts.core;
    this.disk = parts.disk;
    this.epoch = parts.epoch;
    this.#machine = parts.machine;
    this.#isHonest = parts.isHonest;
    this.#clockOf = parts.clockOf;
    this.#onStarted = parts.onStarted;
    this.#onEffects = parts.onEffects;
  }

  start(now: Micros): readonly CoreEffect[] {
    const effects = this.#try(() => this.#machine.start(this.clock(now)));
    this.#onStarted();
    return this.#look(effects);
  }

  step(event: CoreEvent): readonly CoreEffect[] {
    if (this.#isBroken) return [];
    return this.#look(
      this.#try(() => this.#machine.step({ ...event, now: this.clock(event.now) })),
    );
  }

  /** As the system clock of a node: a step backwards is waited out. */
  clock(now: Micros): Micros {
    this.#last = Math.max(this.#last, this.#clockOf(now));
    return Micros(this.#last);
  }

  /** An invariant that breaks stops a node. It may not break in an honest one. */
  #try(work: () => readonly CoreEffect[]): readonly CoreEffect[] {
    try {
      return work();
    } catch (error) {
      this.#isBroken = true;
      if (this.#isHonest) throw toViolation(error);
      return [];
    }
  }

  #look(effects: readonly CoreEffect[]): readonly CoreEffect[] {
    this.#onEffects(effects);
    return effects;
  }
}

export function coreKind(options: CoreKindOptions): NodeKind<CoreEvent, CoreEffect> {
  const { genesis, domain, observe } = options;
  const nodes = new Map<number, CoreNode>();
  return {
    async build(process, disk, now) {
      pruners.delete(disk);
      const parts = options.partsOf(process);
      const incarnation = await parts.nextIncarnation(disk);
      if (incarnation === 1) options.furnish(disk);
      const recovery = await parts.loadRecovery(disk, genesis);
      const { epoch } = recovery;
      const validator = options.epochs?.placeIn(process, epoch) ?? process.validator;
      const seated = epoch.committee.members[validator]?.networkKey ?? new Uint8Array(32);
      const networkKey = options.epochs?.networkKeyOf(process) ?? seated;
      const votes = fakeSignatures(validator);
      const ports: CorePorts = {
        votes,
        lanes: fakeLaneSignatures(validator),
        // They know seats alone, so those of any committee.
        verifyAggregateOf: (_, { signers, digest, signature }) =>
          votes.verifyAggregate(signers, digest, signature),
      };
      const clockOf = (at: Micros): number => {
        const time = options.clockOf(process, at);
        options.onClock(process, Micros(time));
        return time;
      };
      const core = new parts.Core(
        ports,
        {
          genesis,
          index: validator,
          networkKey,
          incarnation,
          domain,
          ...spread(options.behindMax),
        },
        recovery,
        Micros(clockOf(now)),
      );
      const node = new CoreNode({
        core,
        disk,
        epoch,
        machine: options.corrupt(process, core),
        isHonest: process.isHonest,
        clockOf,
        onStarted() {
          const { executed, delivered } = core.progress;
          observe({ type: "resumed", process, executed, delivered });
        },
        onEffects(effects) {
          for (const effect of effects) if (effect.type === "persist") onPersist(effect, process);
        },
      });
      nodes.set(process.id, node);
      options.onBuilt(process, node);
      return node;
    },
    message: (now, from, message, epoch) => ({ type: "message", now, from, epoch, message }),
    tick: (now) => ({ type: "tick", now }),
    connected: (now, peer) => ({ type: "peer-connected", now, peer }),
    epochOf: ({ id }) => nodes.get(id)?.epoch.committee.epoch ?? genesis.committee.epoch,
    carryOut(effect, host) {
      const { process } = host;
      const epoch = nodes.get(process.id)?.epoch;
      const { epochs } = options;
      if (epoch === undefined || epochs === undefined)
        return carryOut(effect, host, { ...options, place: process.validator });
      const place = epochs.placeIn(process, epoch);
      const { round } = epochs;
      if (effect.type === "key-retired") return epochs.retire(process, effect.keyId);
      if (effect.type === "compute-shares") {
        const keyIds = new Set(effect.points.map((point) => fromKeyedPoint(point).keyId));
        if (![...keyIds].every((keyId) => epochs.holds(process, epoch, keyId))) return;
      }
      if (effect.type === "round-job" && round !== undefined)
        return host.later(async () => {
          const answer = await round(process, epoch, effect.job);
          const delay = host.random.between(options.jobTime().min, options.jobTime().max);
          host.inject(delay, (now) => ({ type: "round-done", now, answer }));
        });
      carryOut(effect, host, { ...options, sealing: epochs.sealingOf(epoch), place });
    },
  };

  function onPersist(
    { writes }: Extract<CommonEffect, { type: "persist" }>,
    process: Process,
  ): void {
    for (const { space, key, value } of writes) {
      if (space !== spaces.stamp || value === undefined) continue;
      const stamp = decode(value, (reader) => reader.u64()) ?? 0;
      observe({ type: "stamped", process, id: toHex(key), stamp });
    }
  }
}

function spread(behindMax: number | undefined): { readonly behindMax?: number } {
  return behindMax === undefined ? {} : { behindMax };
}

function toViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  return new Violation("assertion", error instanceof Error ? (error.stack ?? "") : String(error));
}

function carryOut(
  effect: Exclude<CoreEffect, CommonEffect>,
  host: Host<CoreEvent>,
  options: CoreKindOptions & { readonly place: ValidatorIndex },
): void {
  const { sealing, jobTime, observe, retention, onSynced, place } = options;
  const { process, random, now } = host;
  // What is signed is not forged here: nobody has another's keys.
  if (effect.type === "validate" && effect.transaction.version === 2)
    return host.inject(random.between(jobTime().min, jobTime().max), (at) => ({
      type: "validated",
      now: at,
      id: effect.id,
      isValid: true,
    }));
  if (effect.type === "compute-shares" && options.lost?.has(process, effect.blockHash)) return;
  switch (effect.type) {
    case "validate":
    case "compute-shares":
    case "open-batches":
    case "check-openings":
    case "unseal":
      return host.inject(random.between(jobTime().min, jobTime().max), (at) =>
        sealing.answer(effect, place + 1, at),
      );
    case "round-job":
      throw new Violation("rounds", "in a network without rounds nothing is to be done for one");
    case "serve-blocks":
    case "load-lanes":
    case "load-transactions":
    case "load-openings":
    case "load-snapshot":
    case "load-epoch-end":
      return host.later(async () => {
        const message = await new Archive(host.disk).answer(effect);
        const isHeard = message !== undefined && options.lost?.isHeard(process, message) !== false;
        if (isHeard) host.send(effect.to, message);
      });
    case "answer": {
      const { ticket, result } = effect;
      const receipt = "receipt" in result ? result.receipt : undefined;
      return observe({ type: "answered", process, ticket, receipt, now });
    }
    case "ordered": {
      const { time, groups, dropped } = effect;
      const { header, certificate } = finalOnDisk(host.disk, effect.height);
      observe({ type: "finalized", process, headers: [header], certificate, now });
      return observe({ type: "ordered", process, now, header, time, groups, dropped });
    }
    case "delivered":
      return observe({ ...effect, process });
    case "certified":
    case "completed":
      return observe({ ...effect, type: "certified", process });
    case "rewound":
      options.onRewound?.(process);
      return host.rebuild();
    case "epoch-ended":
      return host.rebuild();
    case "key-retired":
      throw new Violation("rounds", "in a network without rounds no key is replaced");
    case "stranded":
      throw new Violation("rewinding", `nothing is left from before height ${effect.height}`);
    case "state-synced":
      onSynced?.(process, effect.height);
      return host.rebuild();
    case "prune": {
      if (retention === undefined) return;
      const { delivered, snapshot } = effect;
      // L1 takes what there is at once here, so that only the retention and the snapshots hold anything back.
      const keeping = { delivered, snapshot, anchored: delivered, retention };
      return host.later(async () => void (await prunerOf(host.disk).portion(keeping)));
    }
  }
}

/** By disk; what it remembers, it forgets with the life of its node. */
const pruners = new WeakMap<SimDisk, Pruner>();

function prunerOf(disk: SimDisk): Pruner {
  const pruner = pruners.get(disk) ?? new Pruner(disk);
  pruners.set(disk, pruner);
  return pruner;
}

/** Whoever says that a block is ordered has written which one. */
function finalOnDisk(
  disk: SimDisk,
  height: Height,
): { header: Header; certificate: QC | undefined } {
  const value = disk.read(spaces.ordered, u64Bytes(height));
  const record = value === undefined ? undefined : decodeFinalRecord(value);
  const bytes = record === undefined ? undefined : disk.read(spaces.block, record.hash);
  const header = bytes === undefined ? undefined : decodeHeader(bytes);
  if (record === undefined || header === undefined)
    throw new Violation("records", `height ${height} is ordered and not written`);
  return { header, certificate: record.certificate };
}
