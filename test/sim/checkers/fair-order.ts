import { type Checker, type Observation, Violation } from "../observation.ts";

/** I8 (G2): if every honest process received x before any honest process received z, x is ordered before z. */
export class FairOrder implements Checker {
  readonly #honest: number;
  /** By transaction, then by process. */
  readonly #stamps = new Map<string, Map<number, number>>();
  readonly #done = new Set<string>();
  #height = 0;

  /** `honest`: how many processes are honest. Who has not received it yet may receive it at any later time. */
  constructor(honest: number) {
    this.#honest = honest;
  }

  observe(observation: Observation): void {
    if (!observation.process.isHonest) return;
    if (observation.type === "stamped") return this.#onStamp(observation);
    if (observation.type !== "ordered" || observation.height <= this.#height) return;
    this.#height = observation.height;
    for (const id of observation.ids) this.#onOrdered(id);
  }

  #onStamp({ process, id, stamp }: Extract<Observation, { type: "stamped" }>): void {
    const stamps = this.#stamps.get(id) ?? new Map<number, number>();
    // The first stamp is the one that counts: a restart may stamp again.
    if (!stamps.has(process.id)) this.#stamps.set(id, stamps.set(process.id, stamp));
  }

  /** Nothing that everyone had before anyone had this one may still be waiting. */
  #onOrdered(later: string): void {
    const earliest = Math.min(...(this.#stamps.get(later)?.values() ?? []));
    for (const [id, stamps] of this.#stamps) {
      if (id === later || this.#done.has(id) || stamps.size < this.#honest) continue;
      if (Math.max(...stamps.values()) < earliest)
        throw new Violation("fair-order", `${later} was ordered before ${id}, which all had first`);
    }
    this.#done.add(later);
  }
}
