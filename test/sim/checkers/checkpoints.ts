import { equalBytes, toHex } from "../../../base/index.ts";
import { type Checkpoint, encodeCheckpoint, quorum } from "../../../protocol/index.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * An honest process signs one checkpoint for a height in all its lives, its record is durable before anyone sees the
 * signature, all honest ones sign the same, and what is certified is what they signed. Where blocks become void, who has
 * opened one alone signs what nobody else does; what is certified is one all the same.
 */
export class Checkpoints implements Checker {
  readonly #seats: number;
  readonly #recordOf: (process: Process, height: number) => Uint8Array | undefined;
  readonly #mayDiffer: boolean;
  /** By height, and by who has signed it, in hex. */
  readonly #signed = new Map<number, Map<number, string>>();
  readonly #final = new Map<number, string>();
  readonly #certified = new Map<number, number>();

  /** `recordOf`: what the process would find on disk after a power cut of what it signed for a height. */
  constructor(
    seats: number,
    recordOf: (process: Process, height: number) => Uint8Array | undefined,
    mayDiffer = false,
  ) {
    this.#mayDiffer = mayDiffer;
    this.#seats = seats;
    this.#recordOf = recordOf;
  }

  /** The highest that was certified at this process. */
  heightOf(process: Process): number {
    return this.#certified.get(process.id) ?? 0;
  }

  observe(observation: Observation): void {
    const { process } = observation;
    if (!process.isHonest) return;
    if (observation.type === "said" && observation.message.type === "checkpoint-vote")
      this.#onSigned(process, observation.message.checkpoint);
    if (observation.type !== "certified") return;
    const { checkpoint, signers } = observation.certified;
    const { height } = checkpoint;
    const bytes = toHex(encodeCheckpoint(checkpoint));
    if (![...(this.#signed.get(height)?.values() ?? [])].includes(bytes))
      throw new Violation("checkpoints", `nobody honest signed what is certified`);
    if (new Set(signers).size < quorum(this.#seats))
      throw new Violation("checkpoints", `${bytes} is certified by too few`);
    const before = this.#final.get(height) ?? bytes;
    if (before !== bytes)
      throw new Violation("checkpoints", `two checkpoints are certified for height ${height}`);
    this.#final.set(height, bytes);
    this.#certified.set(process.id, Math.max(this.heightOf(process), checkpoint.height));
  }

  #onSigned(process: Process, checkpoint: Checkpoint): void {
    const { height } = checkpoint;
    const bytes = encodeCheckpoint(checkpoint);
    const record = this.#recordOf(process, height);
    if (record === undefined || !equalBytes(record, bytes))
      throw new Violation("checkpoints", `${process.id} could forget that it signed ${height}`);
    const signed = this.#signed.get(height) ?? new Map<number, string>();
    const text = toHex(bytes);
    const others = this.#mayDiffer ? [signed.get(process.id) ?? text] : [...signed.values()];
    if (others.some((other) => other !== text))
      throw new Violation("checkpoints", `two checkpoints are signed for height ${height}`);
    this.#signed.set(height, signed.set(process.id, text));
  }
}
