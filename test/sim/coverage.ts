// Whether the rare things happen at all. A campaign that never restarts inside a skipped view proves nothing about
// it; what is counted here has to occur somewhere in the seeds of the gate.

import { toHex } from "../../base/index.ts";
import type { Message } from "../../protocol/index.ts";
import type { Checker, Observation } from "./observation.ts";

export const rarities = [
  "a view both certified and skipped",
  "a proposal over a gap of three views",
  "blocks asked for",
  "certificates of a gap asked for",
  "a PREPARE repeated after a restart",
  "a COMMIT repeated after a restart",
  "a SKIP repeated after a restart",
  "a SKIP after a PREPARE of the same view",
  "blocks final by a later one",
  "blamed: EQUIVOCATION",
  "blamed: BAD_CERTIFICATE",
  "blamed: BAD_VOTE_SIGNATURE",
  "blamed: UNJUSTIFIED_PROPOSAL",
] as const;
export type Rarity = (typeof rarities)[number];

/** Counts what is seen; finds fault with nothing. */
export class Coverage implements Checker {
  readonly counts: Map<Rarity, number> = new Map();
  readonly #lives = new Map<number, number>();
  /** In which life a statement was made first. */
  readonly #saidIn = new Map<string, number>();
  readonly #closings = new Map<number, string>();

  observe(observation: Observation): void {
    const { process } = observation;
    if (!process.isHonest) return;
    const life = this.#lives.get(process.id) ?? 0;
    if (observation.type === "started") this.#lives.set(process.id, life + 1);
    if (observation.type === "said") this.#onSaid(observation.message, process.id, life);
    if (observation.type === "blamed") this.#onBlamed(observation.code);
    if (observation.type === "finalized" && observation.headers.length > 1)
      this.#count("blocks final by a later one");
  }

  #onSaid(message: Message, id: number, life: number): void {
    if (message.type === "get-blocks") this.#count("blocks asked for");
    if (message.type === "get-certificates") this.#count("certificates of a gap asked for");
    if (message.type === "propose" && message.skips.length >= 3)
      this.#count("a proposal over a gap of three views");
    if (message.type === "certificate" && message.qc.kind !== "commit")
      this.#onClosing(message.qc.view, message.qc.kind);
    if (message.type !== "vote") return;
    const { kind, view, hash } = message;
    const key = `${id} ${kind} ${view} ${toHex(hash)}`;
    const saidIn = this.#saidIn.get(key);
    if (saidIn === undefined) this.#saidIn.set(key, life);
    if (saidIn !== undefined && saidIn < life)
      this.#count(`a ${kind.toUpperCase() as Uppercase<typeof kind>} repeated after a restart`);
    if (kind === "prepare") this.#saidIn.set(`${id} prepare ${view}`, life);
    if (kind === "skip" && this.#saidIn.has(`${id} prepare ${view}`))
      this.#count("a SKIP after a PREPARE of the same view");
  }

  #onClosing(view: number, kind: string): void {
    const earlier = this.#closings.get(view);
    if (earlier !== undefined && earlier !== kind) this.#count("a view both certified and skipped");
    this.#closings.set(view, kind);
  }

  #onBlamed(code: string): void {
    const rarity = rarities.find((each) => each === `blamed: ${code}`);
    if (rarity !== undefined) this.#count(rarity);
  }

  #count(rarity: Rarity): void {
    this.counts.set(rarity, (this.counts.get(rarity) ?? 0) + 1);
  }
}
