import { toHex } from "../../../base/index.ts";
import { faultyMax } from "../../../protocol/index.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

export interface InclusionBoundOptions {
  readonly seats: number;
  /** µs. */
  readonly bound: number;
  /** Valid, paid for, and not about to expire: nothing may drop it. */
  readonly isSure: (id: string) => boolean;
}

/**
 * I9 (G4): once links are good, a transaction for which f+1 validators have signed receipts is ordered within the bound,
 * whatever f Byzantine seats do. One of the f+1 is honest, which is enough.
 */
export class InclusionBound implements Checker {
  readonly #options: InclusionBoundOptions;
  readonly #receipts = new Map<string, Set<number>>();
  /** When the last receipt that it takes was signed, of what is not ordered yet. */
  readonly #since = new Map<string, number>();
  readonly #done = new Set<string>();
  #stableSince: number | undefined;
  #longest = 0;

  constructor(options: InclusionBoundOptions) {
    this.#options = options;
  }

  /** The longest that any had to wait, µs. */
  get longest(): number {
    return this.#longest;
  }

  get hasWaiting(): boolean {
    return this.#since.size > 0;
  }

  /** From this moment on the bound holds. */
  stabilize(now: number): void {
    this.#stableSince = now;
  }

  /** Whether all that is still waiting has time left. */
  check(now: number): void {
    for (const [id, since] of this.#since) this.#measure(id, since, now);
  }

  observe(observation: Observation): void {
    if (observation.type === "answered") this.#onAnswer(observation);
    if (observation.type !== "ordered" || !observation.process.isHonest) return;
    const { groups, dropped, now } = observation;
    for (const id of [...groups.flatMap(({ ids }) => ids), ...dropped.map((each) => each.id)]) {
      const key = toHex(id);
      const since = this.#since.get(key);
      if (since !== undefined) this.#measure(key, since, now);
      this.#since.delete(key);
      this.#receipts.delete(key);
      this.#done.add(key);
    }
  }

  #onAnswer({ receipt, now }: Extract<Observation, { type: "answered" }>): void {
    if (receipt === undefined) return;
    const { seats, isSure } = this.#options;
    const id = toHex(receipt.id);
    if (this.#done.has(id) || !isSure(id)) return;
    const signers = this.#receipts.get(id) ?? new Set();
    this.#receipts.set(id, signers.add(receipt.validator));
    if (signers.size > faultyMax(seats) && !this.#since.has(id)) this.#since.set(id, now);
  }

  #measure(id: string, since: number, now: number): void {
    if (this.#stableSince === undefined) return;
    const waited = now - Math.max(since, this.#stableSince);
    this.#longest = Math.max(this.#longest, waited);
    if (waited > this.#options.bound)
      throw new Violation(
        "inclusion-bound",
        `${id} waits for ${waited} µs in spite of its receipts`,
      );
  }
}
