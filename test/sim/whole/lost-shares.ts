import { toHex } from "../../../base/index.ts";
import { faultyMax, type Message } from "../../../protocol/index.ts";
import { filtered, isSaid, type Machine } from "../adversaries/adversary.ts";
import type { Process } from "../cluster.ts";

/** What is lost of a block: too many shares for anybody to open it, or so many that one alone does. */
type Loss = "all" | "all but one's" | "nothing";

/** So many blocks are lost in some way, the first of those that the run comes to. */
const lossesMax = 8;
/** Of first bytes of hashes: a quarter is lost to all, and another to all but one. */
const bounds = { all: 64, one: 128 };

/**
 * Seats that have lost their shares of some blocks, for good. f + 1 of them keep a block shut. Where it is f, and what
 * one more says of the block does not get through as long as there are faults, that one opens it alone: then the others
 * give it up, or hear of it in the end.
 */
export class LostShares {
  readonly #honest: readonly Process[];
  readonly #faulty: number;
  readonly #isHealed: () => boolean;
  readonly #losses = new Map<string, Loss>();
  #count = 0;

  constructor(honest: readonly Process[], seats: number, isHealed: () => boolean) {
    this.#honest = honest;
    this.#isHealed = isHealed;
    this.#faulty = faultyMax(seats);
  }

  /** Whether a process has none to give. */
  has(process: Process, blockHash: Uint8Array): boolean {
    const loss = this.#lossOf(blockHash);
    const seat = this.#honest.indexOf(process);
    if (seat < 0 || loss === "nothing") return false;
    return seat < this.#faulty || (loss === "all" && seat === this.#faulty);
  }

  isHeard(process: Process, message: Message): boolean {
    if (this.#isHealed() || process !== this.#honest.at(-1)) return true;
    if (message.type !== "shares" && message.type !== "opened") return true;
    return this.#lossOf(message.blockHash) !== "all but one's";
  }

  /** The machine, without what nobody hears of it. */
  muted(process: Process, machine: Machine): Machine {
    return filtered(machine, (effect) =>
      isSaid(effect) && !this.isHeard(process, effect.message) ? [] : [effect],
    );
  }

  #lossOf(blockHash: Uint8Array): Loss {
    const key = toHex(blockHash);
    const known = this.#losses.get(key);
    if (known !== undefined) return known;
    const [first = 0] = blockHash;
    const isOver = this.#count === lossesMax || first >= bounds.one;
    const loss = isOver ? "nothing" : first < bounds.all ? "all" : "all but one's";
    if (!isOver) this.#count += 1;
    this.#losses.set(key, loss);
    return loss;
  }
}
