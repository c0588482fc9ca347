import { toHex } from "../../../base/index.ts";
import type { Message, VoteKind } from "../../../protocol/index.ts";
import { hashOf } from "../hash-of.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I2 and I3, over all lives of a process: one PREPARE and one COMMIT per view, and never a COMMIT and a SKIP in one.
 * What an honest validator signed against this would be slashed.
 */
export class NonEquivocation implements Checker {
  readonly #signed = new Map<string, string>();

  observe(observation: Observation): void {
    if (observation.type !== "said" || !observation.process.isHonest) return;
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
}

function statementOf(message: Message): { kind: VoteKind; view: number; hash: string } | undefined {
  if (message.type === "vote")
    return { kind: message.kind, view: message.view, hash: toHex(message.hash) };
  if (message.type === "propose")
    return { kind: "prepare", view: message.header.view, hash: hashOf(message.header) };
  return undefined;
}
