import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I9 (G3): what every honest process received before a block's time is ordered by that block at the latest, unless the
 * block is full. I10: block times do not decrease.
 */
export class Inclusion implements Checker {
  readonly #honest: number;
  readonly #blockMax: number;
  readonly #waiting = new Map<string, Map<number, number>>();
  readonly #ordered = new Set<string>();
  #height = 0;
  #time = 0;

  /** `honest`: how many processes are honest; `blockMax`: how much a block orders at most. */
  constructor(options: { readonly honest: number; readonly blockMax: number }) {
    this.#honest = options.honest;
    this.#blockMax = options.blockMax;
  }

  observe(observation: Observation): void {
    if (!observation.process.isHonest) return;
    if (observation.type === "stamped" && !this.#ordered.has(observation.id)) {
      const { process, id, stamp } = observation;
      const stamps = this.#waiting.get(id) ?? new Map<number, number>();
      if (!stamps.has(process.id)) this.#waiting.set(id, stamps.set(process.id, stamp));
    }
    if (observation.type === "ordered" && observation.height > this.#height)
      this.#onBlock(observation);
  }

  #onBlock({ height, ids, time }: Extract<Observation, { type: "ordered" }>): void {
    if (time < this.#time) throw new Violation("inclusion", `time went back at height ${height}`);
    this.#height = height;
    this.#time = time;
    for (const id of ids) {
      if (this.#ordered.has(id)) throw new Violation("inclusion", `${id} was ordered twice`);
      this.#ordered.add(id);
      this.#waiting.delete(id);
    }
    if (ids.length >= this.#blockMax) return;
    for (const [id, stamps] of this.#waiting)
      if (stamps.size >= this.#honest && Math.max(...stamps.values()) < time)
        throw new Violation(
          "inclusion",
          `height ${height} leaves out ${id}, which all had in time`,
        );
  }
}
