// All checkers of whole cores, those of consensus included, and the first violation that one of them saw.

import { fromHex, u64Bytes } from "../../../base/index.ts";
import { faultyMax, spaces } from "../../../protocol/index.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Availability } from "../checkers/availability.ts";
import { Checkpoints } from "../checkers/checkpoints.ts";
import { Delivery } from "../checkers/delivery.ts";
import { Extension } from "../checkers/extension.ts";
import { Fairness } from "../checkers/fairness.ts";
import { InclusionBound } from "../checkers/inclusion-bound.ts";
import { Memory } from "../checkers/memory.ts";
import { NonEquivocation } from "../checkers/non-equivocation.ts";
import { OneBlockPerView } from "../checkers/one-block-per-view.ts";
import { Secrecy } from "../checkers/secrecy.ts";
import type { Process } from "../cluster.ts";
import type { SimDisk } from "../disk.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import type { Clients } from "./clients.ts";
import type { Sealing } from "./sealing.ts";

export interface PanelOptions {
  /** Seats of the committee. */
  readonly seats: number;
  /** Seats that are not honest. */
  readonly byzantine: number;
  readonly honest: readonly Process[];
  readonly clients: Clients;
  readonly sealing: Sealing;
  readonly diskOf: (process: Process) => SimDisk | undefined;
  /** The latest clock of any honest process, µs. */
  readonly latestClock: () => number;
  /** Who listens and finds fault with nothing. */
  readonly listeners: readonly Checker[];
  /** Checkers that keep silent. */
  readonly ignored: readonly string[];
  /** A quorum may declare void what it cannot open. */
  readonly mayVoid: boolean;
}

/**
 * How long f+1 receipts may wait in calm, µs. Up to f views in a row may be lost to Byzantine leaders, each for its
 * timeout and the idle time that a leader may take, doubled at most once; and before that, lanes that were begun anew
 * speak after a heartbeat, and what was asked of a silent peer is asked of another one.
 */
function inclusionBound(seats: number): number {
  return 1_000_000 + (faultyMax(seats) + 1) * 500_000;
}

export class Panel {
  readonly agreement: Agreement = new Agreement();
  readonly delivery: Delivery;
  readonly checkpoints: Checkpoints;
  readonly fairness: Fairness;
  readonly inclusion: InclusionBound;
  readonly memory: Memory = new Memory();
  readonly #checkers: readonly Checker[];
  readonly #ignored: readonly string[];
  #violation: Violation | undefined;

  constructor(options: PanelOptions) {
    const { seats, byzantine, honest, clients, sealing, diskOf } = options;
    this.#ignored = options.ignored;
    this.delivery = new Delivery(clients);
    this.checkpoints = new Checkpoints(
      seats,
      (process, height) => diskOf(process)?.readDurable(spaces.attested, u64Bytes(height)),
      options.mayVoid,
    );
    this.fairness = new Fairness({
      honest,
      isDurable: (process, id) => {
        const key = fromHex(id) ?? new Uint8Array(0);
        return diskOf(process)?.readDurable(spaces.stamp, key) !== undefined;
      },
      groupOf: (id) => clients.get(id)?.group ?? "",
      latestClock: options.latestClock,
    });
    const secrecy = new Secrecy({
      whatIs: (share) => sealing.whatIs(share),
      threshold: sealing.threshold,
      byzantine,
      pointOf: (id) => clients.get(id)?.point,
    });
    this.inclusion = new InclusionBound({
      seats,
      bound: inclusionBound(seats),
      isSure: (id) => clients.get(id)?.isSure === true,
    });
    const availability = new Availability({
      seats,
      honest,
      isDurable: (process, id) =>
        diskOf(process)?.readDurable(spaces.transaction, id) !== undefined,
    });
    this.#checkers = [
      ...options.listeners,
      this.inclusion,
      availability,
      this.fairness,
      secrecy,
      this.delivery,
      this.checkpoints,
      this.agreement,
      new NonEquivocation(),
      new OneBlockPerView(),
      new Extension(),
    ];
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  observe(observation: Observation): void {
    if (this.#violation !== undefined) return;
    for (const checker of this.#checkers) this.ask(() => checker.observe(observation));
  }

  /** Notes the violation that a question brings to light. */
  ask(question: () => void): void {
    try {
      question();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      if (!this.#ignored.includes(error.checker)) this.#violation ??= error;
    }
  }
}
