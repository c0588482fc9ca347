// All checkers of whole cores, those of consensus included, and the first violation that one of them saw.

import { fromHex, u64Bytes } from "../../../base/index.ts";
import { spaces } from "../../../protocol/index.ts";
import { Agreement } from "../checkers/agreement.ts";
import { OneBlockPerView } from "../checkers/certificates.ts";
import { Extension } from "../checkers/extension.ts";
import { NonEquivocation } from "../checkers/non-equivocation.ts";
import type { Process } from "../cluster.ts";
import type { SimDisk } from "../disk.ts";
import { type Observation, Violation } from "../observation.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Clients } from "./clients.ts";
import { Delivery } from "./delivery.ts";
import { Fairness } from "./fairness.ts";
import type { CoreObservation } from "./node.ts";
import type { SealingOracle } from "./oracle.ts";
import { Secrecy } from "./secrecy.ts";

export interface PanelOptions {
  readonly processes: readonly Process[];
  readonly clients: Clients;
  readonly oracle: SealingOracle;
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
  readonly #secrecy: Secrecy;
  readonly #ofConsensus = [
    this.agreement,
    new NonEquivocation(),
    new OneBlockPerView(),
    new Extension(),
  ];
  readonly #ignored: readonly string[];
  #violation: Violation | undefined;

  constructor({ processes, clients, oracle, diskOf, latestClock, ignored }: PanelOptions) {
    const honest = processes.filter((process) => process.isHonest);
    this.#ignored = ignored;
    this.delivery = new Delivery(clients);
    this.checkpoints = new Checkpoints(processes.length, (process, height) =>
      diskOf(process)?.readDurable(spaces.attested, u64Bytes(height)),
    );
    this.fairness = new Fairness({
      honest,
      isDurable: (process, id) => {
        const key = fromHex(id) ?? new Uint8Array(0);
        return diskOf(process)?.readDurable(spaces.stamp, key) !== undefined;
      },
      groupOf: (id) => clients.get(id)?.group ?? "",
      latestClock,
    });
    this.#secrecy = new Secrecy({
      oracle,
      byzantine: processes.length - honest.length,
      pointOf: (id) => clients.get(id)?.point,
    });
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  observe(observation: CoreObservation): void {
    if (this.#violation !== undefined) return;
    for (const checker of [this.fairness, this.#secrecy, this.delivery, this.checkpoints])
      this.#ask(() => checker.observe(observation));
    for (const told of toConsensus(observation))
      for (const checker of this.#ofConsensus) this.#ask(() => checker.observe(told));
  }

  #ask(question: () => void): void {
    try {
      question();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      if (!this.#ignored.includes(error.checker)) this.#violation ??= error;
    }
  }
}

/** The same for the checkers that know consensus alone. */
function toConsensus(observation: CoreObservation): Observation[] {
  const { process, type } = observation;
  if (type === "started" || type === "crashed") return [{ type, process }];
  if (type === "said" || type === "blamed") return [observation];
  if (type !== "ordered") return [];
  const { header, certificate, now } = observation;
  return [{ type: "finalized", process, headers: [header], certificate, now }];
}
