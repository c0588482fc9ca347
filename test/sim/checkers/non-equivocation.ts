import { toHex } from "../../../base/index.ts";
import {
  type Lane,
  laneHash,
  type Message,
  type Shares,
  type VoteKind,
} from "../../../protocol/index.ts";
import type { Process } from "../cluster.ts";
import { hashOf } from "../hash-of.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I2, I3 and I11, over all lives of a process: one PREPARE and one COMMIT per view, never a COMMIT and a SKIP in one, one
 * message at a place of its lane, and shares for one block of a height. What an honest validator signed against this would
 * be slashed.
 */
export class NonEquivocation implements Checker {
  readonly #signed = new Map<string, string>();

  observe(observation: Observation): void {
    if (observation.type !== "said" || !observation.process.isHonest) return;
    if (observation.message.type === "lanes")
      for (const lane of observation.message.lanes) this.#onLane(lane, observation.process);
    if (observation.message.type === "shares")
      this.#onShares(observation.message, observation.process);
    this.#onVote(observation);
  }

  #onShares({ height, blockHash }: Shares, { id }: Process): void {
    const place = `${id} release ${height}`;
    const hash = toHex(blockHash);
    const earlier = this.#signed.get(place) ?? hash;
    if (earlier !== hash)
      throw new Violation("non-equivocation", `${id} gave shares for two blocks of ${height}`);
    this.#signed.set(place, hash);
  }

  #onVote(observation: Extract<Observation, { type: "said" }>): void {
    const statement = statementOf(observation.message);
    if (statement === undefined) return;
    const { kind, view, hash } = statement;
    const { id } = observation.process;
    const earlier = this.#signed.get(`${id} ${kind} ${view}`);
    if (earlier !== undefined && earlier !== hash)
      throw new Violation("non-equivocation", `${id} signed two ${kind}s in view ${view}`);
    this.#signed.set(`${id} ${kind} ${view}`, hash);
    const opposite = { prepare: undefined, commit: "skip", skip: "commit" }[kind];
    if (opposite !== undefined && this.#signed.has(`${id} ${opposite} ${view}`))
      throw new Violation("non-equivocation", `${id} signed COMMIT and SKIP in view ${view}`);
  }

  /** Its own only: for what it passes on of others it need not answer. */
  #onLane(lane: Lane, { id, validator }: Process): void {
    if (lane.owner !== validator) return;
    const place = `${id} lane ${lane.incarnation} ${lane.sequence}`;
    const hash = toHex(laneHash(lane));
    const earlier = this.#signed.get(place) ?? hash;
    if (earlier !== hash) throw new Violation("non-equivocation", `${id} forked its lane`);
    this.#signed.set(place, hash);
  }
}

function statementOf(message: Message): { kind: VoteKind; view: number; hash: string } | undefined {
  if (message.type === "vote")
    return { kind: message.kind, view: message.view, hash: toHex(message.hash) };
  if (message.type === "propose")
    return { kind: "prepare", view: message.header.view, hash: hashOf(message.header) };
  return undefined;
}
