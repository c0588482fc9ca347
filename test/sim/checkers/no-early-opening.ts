import { toHex } from "../../../base/index.ts";
import { blockHash, type Header } from "../../../protocol/index.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import { certificatesIn } from "./certificates.ts";

/**
 * I7: an honest process lets go of its decryption shares only for a block that a CommitQC has made final, itself or
 * through a descendant. What the process believes does not count; the certificate has to exist.
 */
export class NoEarlyOpening implements Checker {
  readonly #headers = new Map<string, Header>();
  readonly #final = new Set<string>();

  observe(observation: Observation): void {
    if (observation.type === "said") {
      const { message, process } = observation;
      if (message.type === "propose")
        this.#headers.set(toHex(blockHash(message.header)), message.header);
      if (!process.isHonest) return;
      for (const { kind, hash } of certificatesIn(message))
        if (kind === "commit") this.#finalize(toHex(hash));
    }
    if (observation.type !== "shared" || !observation.process.isHonest) return;
    const { height, process } = observation;
    if (!this.#final.has(toHex(observation.blockHash)))
      throw new Violation("no-early-opening", `${process.id} opened height ${height} too early`);
  }

  #finalize(hash: string): void {
    for (let at = hash; !this.#final.has(at);) {
      this.#final.add(at);
      const header = this.#headers.get(at);
      if (header === undefined) return;
      at = toHex(header.parent);
    }
  }
}
