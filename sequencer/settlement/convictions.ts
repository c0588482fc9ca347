// Who is to be convicted on L1. Any validator may do it and the stake is lost once, so what L1 says when it is asked
// decides whether there is anything left to do; asking costs nothing.

import { BoundedMap } from "../../base/index.ts";
import { type ContradictionCall, limits } from "../../protocol/index.ts";
import { type Hex } from "./answers.ts";
import { convictCall, hex } from "./calls.ts";

/** What is to be sent. */
export interface Conviction {
  /** Of the offender. */
  readonly key: Hex;
  readonly epoch: number;
  readonly slot: number;
  readonly data: Hex;
}

interface Case {
  /** One is enough; more of them for the case that L1 does not take one. The first is next. */
  readonly pieces: readonly Conviction[];
  /** Not before then, ms. */
  readonly at: number;
  readonly waitMs: number;
}

const piecesMax = 4;
/** L1 may go back and forget a conviction, so it is asked again now and then, and for as long as the node runs. */
const waitMsMax = 3_600_000;

export class Convictions {
  readonly #waitMs: number;
  /** By the offender's key. Members of a committee alone can be among them, and the newest are kept. */
  readonly #cases = new BoundedMap<Hex, Case>(4 * limits.committeeMax);

  /** `waitMs`: before the same offender is looked at again; doubled each time. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  add(call: ContradictionCall): void {
    const { epoch, first } = call;
    const key = hex(call.key);
    const piece = { key, epoch, slot: first.slot, data: convictCall(call) };
    const known = this.#cases.get(key) ?? { pieces: [], at: 0, waitMs: this.#waitMs };
    if (known.pieces.length >= piecesMax || known.pieces.some(({ data }) => data === piece.data))
      return;
    this.#cases.set(key, { ...known, pieces: [...known.pieces, piece] });
  }

  next(now: number): Conviction | undefined {
    for (const { pieces, at } of this.#cases.values()) if (now >= at) return pieces[0];
    return undefined;
  }

  /** It was sent, or L1 would not take it; the next time it is another piece's turn. */
  postpone({ key }: Conviction, now: number): void {
    const known = this.#cases.get(key);
    if (known === undefined) return;
    const { pieces, waitMs } = known;
    const turned = [...pieces.slice(1), ...pieces.slice(0, 1)];
    const wait = { at: now + waitMs, waitMs: Math.min(waitMsMax, 2 * waitMs) };
    this.#cases.set(key, { pieces: turned, ...wait });
  }
}
