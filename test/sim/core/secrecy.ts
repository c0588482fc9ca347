import { toHex } from "../../../base/index.ts";
import { blockHash } from "../../../protocol/index.ts";
import type { CoreObservation } from "./node.ts";
import type { SealingOracle } from "./oracle.ts";
import { Violation } from "../observation.ts";

export interface SecrecyOptions {
  readonly oracle: SealingOracle;
  /** Seats that hold back nothing from one another. */
  readonly byzantine: number;
  /** The point of a sealed transaction, in hex. */
  readonly pointOf: (id: string) => string | undefined;
}

/**
 * I7, twice. "early-share": a share leaves an honest process only for a block which that process has recorded as final,
 * in this life or an earlier one. "plaintext": with all that the Byzantine seats could add, nobody has the shares to
 * open what is in no final block.
 */
export class Secrecy {
  readonly #options: SecrecyOptions;
  readonly #finalAt = new Map<number, Set<string>>();
  readonly #finalPoints = new Set<string>();
  readonly #seats = new Map<string, Set<number>>();

  constructor(options: SecrecyOptions) {
    this.#options = options;
  }

  observe(observation: CoreObservation): void {
    const { process } = observation;
    if (!process.isHonest) return;
    if (observation.type === "ordered") {
      const { header, groups } = observation;
      const final = this.#finalAt.get(process.id) ?? new Set<string>();
      this.#finalAt.set(process.id, final.add(`${header.height} ${toHex(blockHash(header))}`));
      for (const id of groups.flatMap(({ ids }) => ids)) {
        const point = this.#options.pointOf(toHex(id));
        if (point !== undefined) this.#finalPoints.add(point);
      }
    }
    if (observation.type !== "said" || observation.message.type !== "shares") return;
    const { message } = observation;
    for (const share of message.slices.flatMap(({ shares }) => shares)) this.#onShare(share);
    const { height } = message;
    if (this.#finalAt.get(process.id)?.has(`${height} ${toHex(message.blockHash)}`) !== true)
      throw new Violation("early-share", `${process.id} let its shares of height ${height} go`);
  }

  #onShare(share: Uint8Array): void {
    const { oracle, byzantine } = this.#options;
    const known = oracle.whatIs(share);
    if (known === undefined) return;
    const seats = this.#seats.get(known.point) ?? new Set<number>();
    this.#seats.set(known.point, seats.add(known.seat));
    if (seats.size + byzantine >= oracle.threshold && !this.#finalPoints.has(known.point))
      throw new Violation("plaintext", `what is not final can be read: ${known.point}`);
  }
}
