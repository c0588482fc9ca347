import { toHex } from "../../../base/index.ts";
import type { Message, QC } from "../../../protocol/index.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/** I4 and the heart of the safety proof: a view certifies one block at most, and none that is committed is skipped. */
export class OneBlockPerView implements Checker {
  readonly #certified = new Map<number, string>();
  readonly #committed = new Set<number>();
  readonly #skipped = new Set<number>();

  observe(observation: Observation): void {
    if (observation.type !== "said" || !observation.process.isHonest) return;
    for (const qc of certificatesIn(observation.message)) this.#onCertificate(qc);
  }

  #onCertificate({ kind, view, hash }: QC): void {
    if (kind === "skip") this.#skipped.add(view);
    if (kind === "commit") this.#committed.add(view);
    if (this.#skipped.has(view) && this.#committed.has(view))
      throw new Violation("certificates", `view ${view} is both committed and skipped`);
    if (kind === "skip") return;
    const earlier = this.#certified.get(view);
    if (earlier !== undefined && earlier !== toHex(hash))
      throw new Violation("certificates", `view ${view} certifies two blocks`);
    this.#certified.set(view, toHex(hash));
  }
}

/** All certificates that a message carries. */
export function certificatesIn(message: Message): QC[] {
  const isNamed = (qc: QC | undefined): qc is QC => qc !== undefined;
  if (message.type === "certificate") return [message.qc];
  if (message.type === "propose")
    return [message.parentQC, message.commitQC, ...message.skips].filter(isNamed);
  if (message.type === "vote") return [message.justification, message.commitQC].filter(isNamed);
  return message.type === "status" ? [message.entry, message.commitQC].filter(isNamed) : [];
}
