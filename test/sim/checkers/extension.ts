import { toHex } from "../../../base/index.ts";
import type { Header, QC } from "../../../protocol/index.ts";
import { hashOf } from "../hash-of.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";
import { certificatesIn } from "./one-block-per-view.ts";

/** I6: whatever is certified after a committed block stands on it, long before anyone finalizes it. */
export class Extension implements Checker {
  readonly #headers = new Map<string, Header>();
  readonly #certified = new Map<number, string>();
  #commit: QC | undefined;

  observe(observation: Observation): void {
    if (observation.type !== "said") return;
    const { message, process } = observation;
    // A block may be anyone's; that it is certified counts when an honest process says so.
    if (message.type === "propose") this.#headers.set(hashOf(message.header), message.header);
    if (process.isHonest) for (const qc of certificatesIn(message)) this.#onCertificate(qc);
  }

  #onCertificate(qc: QC): void {
    if (qc.kind === "skip") return;
    const isNews = !this.#certified.has(qc.view);
    this.#certified.set(qc.view, toHex(qc.hash));
    if (qc.kind === "commit" && qc.view > (this.#commit?.view ?? 0)) {
      this.#commit = qc;
      for (const view of this.#certified.keys()) this.#check(view, qc);
    }
    if (isNews && this.#commit !== undefined) this.#check(qc.view, this.#commit);
  }

  #check(view: number, commit: QC): void {
    if (view <= commit.view) return;
    let header = this.#headers.get(this.#certified.get(view) ?? "");
    while (header !== undefined && header.parentView > commit.view)
      header = this.#headers.get(toHex(header.parent));
    if (header !== undefined && toHex(header.parent) !== toHex(commit.hash))
      throw new Violation(
        "extension",
        `view ${view} was certified beside committed ${commit.view}`,
      );
  }
}
