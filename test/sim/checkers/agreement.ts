import { toHex } from "../../../base/index.ts";
import type { Header } from "../../../protocol/index.ts";
import { hashOf } from "../hash-of.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/** I1: no two honest processes finalize different blocks of one height, and none leaves out a height. */
export class Agreement implements Checker {
  readonly #finalAt = new Map<number, string>();
  /** The last final header of each process's present life. */
  readonly #last = new Map<number, Header>();
  readonly #reached = new Map<number, number>();

  /** The highest final height of any honest process. */
  get height(): number {
    return Math.max(0, ...this.#finalAt.keys());
  }

  /** The highest that this process has finalized in any life. */
  heightOf(process: Process): number {
    return this.#reached.get(process.id) ?? 0;
  }

  observe(observation: Observation): void {
    const { process } = observation;
    if (!process.isHonest) return;
    if (observation.type === "started") this.#last.delete(process.id);
    // What it has on disk it does not tell again.
    if (observation.type === "resumed")
      this.#reached.set(process.id, Math.max(this.heightOf(process), observation.executed));
    if (observation.type !== "finalized") return;
    for (const header of observation.headers) this.#onFinal(process, header);
    const { certificate, headers } = observation;
    const top = headers.at(-1);
    if (certificate !== undefined && top !== undefined)
      if (certificate.kind !== "commit" || toHex(certificate.hash) !== hashOf(top))
        throw new Violation("agreement", `${process.id} shows a wrong certificate`);
  }

  #onFinal(process: Process, header: Header): void {
    const hash = hashOf(header);
    const last = this.#last.get(process.id);
    const reached = this.heightOf(process);
    const isNext =
      last === undefined
        ? header.height <= reached + 1
        : header.height === last.height + 1 && toHex(header.parent) === hashOf(last);
    if (!isNext) throw new Violation("agreement", `${process.id} left a gap at ${header.height}`);
    const agreed = this.#finalAt.get(header.height);
    if (agreed !== undefined && agreed !== hash)
      throw new Violation("agreement", `two final blocks of height ${header.height}`);
    this.#finalAt.set(header.height, hash);
    this.#last.set(process.id, header);
    this.#reached.set(process.id, Math.max(reached, header.height));
  }
}
