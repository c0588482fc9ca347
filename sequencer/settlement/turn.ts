// Whose turn it is to bring something to L1. All validators see the same chain, so a number that it holds, such as how
// many checkpoints it has taken, gives the order; the one after waits for the one before.

export interface TurnOptions {
  /** This validator's place in the committee, and how many there are. */
  readonly index: number;
  readonly seats: number;
  /** How long each further validator waits for those before it, ms. */
  readonly failoverMs: number;
}

/**
 * And how many L1 blocks: whoever goes first can be included no sooner, and while L1 stands still nobody need pay for
 * being the second.
 */
const failoverBlocks = 2;

export class Turn {
  #options: TurnOptions;
  #since: { readonly key: number; readonly at: number; readonly block: number } | undefined;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Another committee: waiting begins anew. */
  enter(place: Pick<TurnOptions, "index" | "seats">): void {
    this.#options = { ...this.#options, ...place };
    this.clear();
  }

  /** Asked while the thing is to be done; `key` is the number that gives the order, `block` the newest on L1. */
  isMine(key: number, block: number, now: number): boolean {
    if (this.#since?.key !== key || block < this.#since.block)
      this.#since = { key, at: now, block };
    const { index, seats, failoverMs } = this.#options;
    const rank = (((index - key) % seats) + seats) % seats;
    const { at, block: first } = this.#since;
    return now - at >= rank * failoverMs && block - first >= rank * failoverBlocks;
  }

  /** There is nothing to do, or L1 was away and nobody could do it: waiting begins anew. */
  clear(): void {
    this.#since = undefined;
  }
}
