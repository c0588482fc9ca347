import { toHex } from "../../../base/index.ts";
import type { Message } from "../../../protocol/index.ts";
import { hashOf } from "../hash-of.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import type { Secret } from "../whole/sealing.ts";
import { certificatesIn } from "./one-block-per-view.ts";

export interface SecrecyOptions {
  /** Whose share of what these bytes are. */
  readonly whatIs: (share: Uint8Array) => Secret | undefined;
  /** Seats whose shares open. */
  readonly threshold: number;
  /** Seats that hold back nothing from one another. */
  readonly byzantine: number;
  /** The point of a sealed transaction, in hex. */
  readonly pointOf: (id: string) => string | undefined;
}

/**
 * I7, three times. "early-share": a share leaves an honest process only for a block which that process has recorded as
 * final, in this life or an earlier one; and "no-early-opening": only for a block that a CommitQC has made final,
 * itself or through a descendant. What the process believes does not count; the certificate has to exist. "plaintext":
 * with all that the Byzantine seats could add, nobody has the shares to open what is in no final block.
 */
export class Secrecy implements Checker {
  readonly #options: SecrecyOptions;
  readonly #recorded = new Map<number, Set<string>>();
  /** Parents of proposed blocks, by hash. */
  readonly #parents = new Map<string, string>();
  readonly #final = new Set<string>();
  readonly #finalPoints = new Set<string>();
  readonly #seats = new Map<string, Set<number>>();

  constructor(options: SecrecyOptions) {
    this.#options = options;
  }

  observe(observation: Observation): void {
    const { process } = observation;
    if (observation.type === "said") this.#onSaid(observation.message, process.isHonest);
    if (!process.isHonest) return;
    if (observation.type === "ordered") {
      const { header, groups } = observation;
      const recorded = this.#recorded.get(process.id) ?? new Set<string>();
      this.#recorded.set(process.id, recorded.add(`${header.height} ${hashOf(header)}`));
      for (const id of groups.flatMap(({ ids }) => ids)) {
        const point = this.#options.pointOf(toHex(id));
        if (point !== undefined) this.#finalPoints.add(point);
      }
    }
    if (observation.type !== "said" || observation.message.type !== "shares") return;
    const { height, blockHash, slices } = observation.message;
    const hash = toHex(blockHash);
    for (const share of slices.flatMap(({ shares }) => shares)) this.#onShare(share);
    if (this.#recorded.get(process.id)?.has(`${height} ${hash}`) !== true)
      throw new Violation("early-share", `${process.id} let its shares of height ${height} go`);
    if (!this.#final.has(hash))
      throw new Violation("no-early-opening", `${process.id} opened height ${height} too early`);
  }

  #onSaid(message: Message, isHonest: boolean): void {
    if (message.type === "propose")
      this.#parents.set(hashOf(message.header), toHex(message.header.parent));
    if (!isHonest) return;
    for (const { kind, hash } of certificatesIn(message))
      if (kind === "commit") this.#finalize(toHex(hash));
  }

  #finalize(hash: string): void {
    for (let at: string | undefined = hash; at !== undefined && !this.#final.has(at);) {
      this.#final.add(at);
      at = this.#parents.get(at);
    }
  }

  #onShare(share: Uint8Array): void {
    const { whatIs, threshold, byzantine } = this.#options;
    const known = whatIs(share);
    if (known === undefined) return;
    const seats = this.#seats.get(known.point) ?? new Set<number>();
    this.#seats.set(known.point, seats.add(known.seat));
    if (seats.size + byzantine >= threshold && !this.#finalPoints.has(known.point))
      throw new Violation("plaintext", `what is not final can be read: ${known.point}`);
  }
}
