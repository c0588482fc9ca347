import { toHex } from "../../../base/index.ts";
import { faultyMax } from "../../../protocol/index.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I12: what a final block orders is on the disks of f+1 honest processes that no power cut can empty, from the moment at
 * which anyone honest takes the block for final.
 */
export class Availability implements Checker {
  readonly #honest: readonly Process[];
  readonly #seats: number;
  readonly #isDurable: (process: Process, id: Uint8Array) => boolean;
  #height = 0;

  constructor(options: {
    readonly seats: number;
    readonly honest: readonly Process[];
    /** Whether the process would have this transaction after a power cut. */
    readonly isDurable: (process: Process, id: Uint8Array) => boolean;
  }) {
    this.#honest = options.honest;
    this.#seats = options.seats;
    this.#isDurable = options.isDurable;
  }

  observe(observation: Observation): void {
    if (observation.type !== "ordered" || !observation.process.isHonest) return;
    const { header, groups } = observation;
    if (header.height <= this.#height) return;
    this.#height = header.height;
    for (const id of groups.flatMap(({ ids }) => ids)) {
      const holders = this.#honest.filter((process) => this.#isDurable(process, id));
      if (holders.length <= faultyMax(this.#seats))
        throw new Violation(
          "availability",
          `${toHex(id)} of height ${header.height} is with ${holders.length} only`,
        );
    }
  }
}
