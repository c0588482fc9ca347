// All checkers of whole cores, those of consensus included, and the first violation that one of them saw.

import { fromHex, u64Bytes } from "../../../base/index.ts";
import { spaces } from "../../../protocol/index.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Checkpoints } from "../checkers/checkpoints.ts";
import { Delivery } from "../checkers/delivery.ts";
import { Extension } from "../checkers/extension.ts";
import { Fairness } from "../checkers/fairness.ts";
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
  /** Checkers that keep silent. */
  readonly ignored: readonly string[];
}

export class Panel {
  readonly agreement: Agreement = new Agreement();
  readonly delivery: Delivery;
  readonly checkpoints: Checkpoints;
  readonly fairness: Fairness;
  readonly #checkers: readonly Checker[];
  readonly #ignored: readonly string[];
  #violation: Violation | undefined;

  constructor(options: PanelOptions) {
    const { seats, byzantine, honest, clients, sealing, diskOf } = options;
    this.#ignored = options.ignored;
    this.delivery = new Delivery(clients);
    this.checkpoints = new Checkpoints(seats, (process, height) =>
      diskOf(process)?.readDurable(spaces.attested, u64Bytes(height)),
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
    this.#checkers = [
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
    for (const checker of this.#checkers)
      try {
        checker.observe(observation);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        if (!this.#ignored.includes(error.checker)) this.#violation ??= error;
      }
  }
}
