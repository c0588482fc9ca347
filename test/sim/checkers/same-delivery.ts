import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/** What the rollups get is the same from every honest process, at every height, in every life; and nothing is void. */
export class SameDelivery implements Checker {
  readonly #payloadsAt = new Map<number, string>();
  readonly #payloadsBy = new Map<number, Set<string>>();

  /** Payloads that this process has delivered in any life. */
  countOf(process: Process): number {
    return this.#payloadsBy.get(process.id)?.size ?? 0;
  }

  observe(observation: Observation): void {
    if (observation.type !== "delivered" || !observation.process.isHonest) return;
    const { process, height, payloads } = observation;
    const delivered = JSON.stringify(payloads);
    const earlier = this.#payloadsAt.get(height);
    if (earlier !== undefined && earlier !== delivered)
      throw new Violation("same-delivery", `${process.id} delivers otherwise at ${height}`);
    if (payloads.includes("void"))
      throw new Violation("same-delivery", `${process.id} could not open height ${height}`);
    this.#payloadsAt.set(height, delivered);
    const own = this.#payloadsBy.get(process.id) ?? new Set();
    this.#payloadsBy.set(process.id, own);
    for (const payload of payloads) own.add(payload);
  }
}
