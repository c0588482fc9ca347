import { equalBytes } from "../../../base/index.ts";
import { blockHash } from "../../../protocol/index.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/** I7: an honest process lets go of its decryption shares only for a block that it has seen become final. */
export class NoEarlyOpening implements Checker {
  readonly #finalAt = new Map<number, Uint8Array>();

  observe(observation: Observation): void {
    if (!observation.process.isHonest) return;
    if (observation.type === "finalized")
      for (const header of observation.headers) this.#finalAt.set(header.height, blockHash(header));
    if (observation.type !== "shared") return;
    const { height, process } = observation;
    const final = this.#finalAt.get(height);
    if (final === undefined || !equalBytes(final, observation.blockHash))
      throw new Violation("no-early-opening", `${process.id} opened height ${height} too early`);
  }
}
