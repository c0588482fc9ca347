import { toHex } from "../../../base/index.ts";
import {
  encodeCommittee,
  isMember,
  type Message,
  type ValidatorIndex,
} from "../../../protocol/index.ts";
import type { EpochStart } from "../../../sequencer/records.ts";
import type { Process } from "../cluster.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I16: all honest processes begin an epoch from one block with one committee, none goes back to an earlier epoch, and
 * what one signs is of its own epoch, in which it has a seat.
 */
export class Epochs implements Checker {
  readonly #starts = new Map<number, string>();
  readonly #current = new Map<
    number,
    { readonly epoch: EpochStart; readonly place: ValidatorIndex }
  >();

  /** The epoch that the process is in, or was when it crashed; undefined before its first start. */
  of(process: Process): number | undefined {
    return this.#current.get(process.id)?.epoch.committee.epoch;
  }

  /** Every start of a process, with what it starts from. */
  begin(process: Process, epoch: EpochStart, place: ValidatorIndex): void {
    const { committee, height, hash } = epoch;
    const start = `${height} ${toHex(hash)} ${toHex(encodeCommittee(committee))}`;
    const known = this.#starts.get(committee.epoch) ?? start;
    if (known !== start)
      throw new Violation("epochs", `epoch ${committee.epoch} begins on two blocks`);
    this.#starts.set(committee.epoch, start);
    if (committee.epoch < (this.of(process) ?? 0))
      throw new Violation("epochs", `${process.id} went back to epoch ${committee.epoch}`);
    this.#current.set(process.id, { epoch, place });
  }

  observe(observation: Observation): void {
    if (observation.type !== "said" || !observation.process.isHonest) return;
    const signed = epochSigned(observation.message);
    const current = this.#current.get(observation.process.id);
    if (signed === undefined || current === undefined) return;
    const { committee } = current.epoch;
    const { id } = observation.process;
    if (signed !== committee.epoch)
      throw new Violation("epochs", `${id} signs in epoch ${signed} while in ${committee.epoch}`);
    if (!isMember(committee, current.place))
      throw new Violation("epochs", `${id} signs in epoch ${signed} without a seat`);
  }
}

/** In which epoch the speaker itself signs something; undefined for what it only passes on. */
export function epochSigned(message: Message): number | undefined {
  if (message.type === "vote") return message.epoch;
  if (message.type === "propose") return message.header.epoch;
  return message.type === "checkpoint-vote" ? message.checkpoint.epoch : undefined;
}
