// The core that production runs, as a node of the simulator: it recovers from the simulated disk, its jobs are
// answered after a while, what only the disk has is served by the production's archive, and its clock may be off.

import { decode, toHex, u64Bytes } from "../../../base/index.ts";
import {
  type Batch,
  type CertifiedCheckpoint,
  type CommonEffect,
  decodeHeader,
  type Genesis,
  type Header,
  type Height,
  Micros,
  type QC,
  type Receipt,
  type RollupLeaf,
  spaces,
} from "../../../protocol/index.ts";
import { Archive } from "../../../sequencer/archive.ts";
import type {
  Core,
  CoreEffect,
  CoreEvent,
  CoreOptions,
  CorePorts,
} from "../../../sequencer/core.ts";
import { decodeFinalRecord, type FinalRecord, type Recovery } from "../../../sequencer/records.ts";
import { loadRecovery, nextIncarnation } from "../../../sequencer/recovery.ts";
import type { Host, NodeKind, Process, SimNode } from "../cluster.ts";
import type { SealingOracle } from "./oracle.ts";
import type { SimDisk } from "../disk.ts";
import { type Observation, Violation } from "../observation.ts";
import { fakeLaneSignatures, fakeSignatures } from "../signatures.ts";

/** What is seen of a core, beside what is seen of every process. */
export type CoreObservation =
  | Exclude<Observation, { type: "stamped" | "ordered" | "shared" | "finalized" | "delivered" }>
  /** By its own clock. Only on disk, or said to others, does it outlive a crash. */
  | {
      readonly type: "stamped";
      readonly process: Process;
      readonly id: string;
      readonly stamp: number;
    }
  | {
      readonly type: "answered";
      readonly process: Process;
      readonly ticket: number;
      readonly receipt: Receipt | undefined;
    }
  | {
      readonly type: "ordered";
      readonly process: Process;
      readonly now: Micros;
      readonly header: Header;
      readonly certificate: QC | undefined;
      readonly time: Micros;
      readonly groups: FinalRecord["groups"];
      readonly dropped: readonly { readonly id: Uint8Array; readonly reason: string }[];
    }
  | {
      readonly type: "delivered";
      readonly process: Process;
      readonly height: Height;
      readonly batches: readonly Batch[];
    }
  | {
      readonly type: "certified";
      readonly process: Process;
      readonly certified: CertifiedCheckpoint;
      readonly leaves: readonly RollupLeaf[];
    };

export type CoreSimNode = SimNode<CoreEvent, CoreEffect>;

export type CoreClass = new (
  ports: CorePorts,
  options: CoreOptions,
  recovery: Recovery,
  now: Micros,
) => Core;

export interface CoreKindOptions {
  readonly genesis: Genesis;
  readonly domain: Uint8Array;
  readonly oracle: SealingOracle;
  readonly classOf: (process: Process) => CoreClass;
  /** How far the clock of a process is off, µs. */
  readonly skewOf: (process: Process) => number;
  /** What a disk holds before the first start. */
  readonly furnish: (disk: SimDisk) => void;
  /** Makes an adversary, or a broken node, of an honest one. */
  readonly corrupt: (process: Process, node: CoreNode) => CoreSimNode;
  /** How long a worker takes for a job, µs. */
  readonly jobTime: { readonly min: number; readonly max: number };
  readonly observe: (observation: CoreObservation) => void;
  /** Every start of a process. */
  readonly onBuilt: (process: Process, node: CoreNode, disk: SimDisk) => void;
}

export class CoreNode implements CoreSimNode {
  readonly core: Core;
  readonly #skew: number;
  readonly #onStamp: (id: string, stamp: number) => void;

  constructor(core: Core, skew: number, onStamp: (id: string, stamp: number) => void) {
    this.core = core;
    this.#skew = skew;
    this.#onStamp = onStamp;
  }

  start(now: Micros): CoreEffect[] {
    return this.#look(this.core.start(this.#clock(now)));
  }

  step(event: CoreEvent): CoreEffect[] {
    return this.#look(this.core.step({ ...event, now: this.#clock(event.now) }));
  }

  #clock(now: Micros): Micros {
    return Micros(now + this.#skew);
  }

  #look(effects: CoreEffect[]): CoreEffect[] {
    for (const effect of effects)
      if (effect.type === "persist")
        for (const { space, key, value } of effect.writes)
          if (space === spaces.stamp && value !== undefined)
            this.#onStamp(toHex(key), decode(value, (reader) => reader.u64()) ?? 0);
    return effects;
  }
}

export function coreKind(options: CoreKindOptions): NodeKind<CoreEvent, CoreEffect> {
  const { genesis, domain, observe } = options;
  return {
    async build(process, disk, now) {
      const incarnation = await nextIncarnation(disk);
      if (incarnation === 1) options.furnish(disk);
      const recovery = await loadRecovery(disk, genesis);
      const { validator } = process;
      const ports = { votes: fakeSignatures(validator), lanes: fakeLaneSignatures(validator) };
      const skew = options.skewOf(process);
      const core = new (options.classOf(process))(
        ports,
        { genesis, index: validator, incarnation, domain },
        recovery,
        Micros(now + skew),
      );
      const node = new CoreNode(core, skew, (id, stamp) => {
        observe({ type: "stamped", process, id, stamp });
      });
      options.onBuilt(process, node, disk);
      return options.corrupt(process, node);
    },
    message: (now, from, message) => ({
      type: "message",
      now,
      from,
      epoch: genesis.committee.epoch,
      message,
    }),
    tick: (now) => ({ type: "tick", now }),
    connected: (now, peer) => ({ type: "peer-connected", now, peer }),
    carryOut: (effect, host) => carryOut(effect, host, options),
  };
}

function carryOut(
  effect: Exclude<CoreEffect, CommonEffect>,
  host: Host<CoreEvent>,
  { oracle, jobTime, observe }: CoreKindOptions,
): void {
  const { process, random } = host;
  switch (effect.type) {
    case "validate":
    case "compute-shares":
    case "open-batches":
    case "check-openings":
    case "unseal":
      return host.inject(random.between(jobTime.min, jobTime.max), (now) =>
        oracle.answer(effect, process.validator + 1, now),
      );
    case "serve-blocks":
    case "load-lanes":
    case "load-transactions":
    case "load-openings":
      return host.later(async () => {
        const message = await new Archive(host.disk).answer(effect);
        if (message !== undefined) host.send(effect.to, message);
      });
    case "answer": {
      const { ticket, result } = effect;
      const receipt = "receipt" in result ? result.receipt : undefined;
      return observe({ type: "answered", process, ticket, receipt });
    }
    case "ordered": {
      const { time, groups, dropped } = effect;
      const { header, certificate } = finalOnDisk(host.disk, effect.height);
      const { now } = host;
      return observe({ type: "ordered", process, now, header, certificate, time, groups, dropped });
    }
    case "delivered":
      return observe({ ...effect, process });
    case "certified":
    case "completed":
      return observe({ ...effect, type: "certified", process });
  }
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
