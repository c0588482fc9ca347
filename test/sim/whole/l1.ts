// L1 as all see it, block by block, and when each node comes to read it: at its own time, and sometimes not for long.

import { utf8 } from "../../../base/index.ts";
import { sha256 } from "../../../crypto/index.ts";
import {
  inboxMessageHash,
  type L1Block,
  type L1Event,
  Namespace,
} from "../../../protocol/index.ts";

/** µs from one finalized block to the next. */
const interval = 700_000;

export function l1BlockOf(number: number, events: readonly L1Event[]): L1Block {
  return { number, hash: sha256(utf8(`L1 ${number}`)), events };
}

export class L1 {
  readonly #blocks: L1Block[];
  readonly #start: number;
  readonly #stalls: readonly { readonly from: number; readonly for: number }[];
  readonly #more: () => readonly L1Event[];

  /** `stalls`: when no further block becomes final for so long, µs from the start. `more`: what else happens in a block,
   * asked when it is made. */
  constructor(
    first: L1Block,
    start: number,
    stalls: readonly { readonly from: number; readonly for: number }[],
    more: () => readonly L1Event[] = () => [],
  ) {
    this.#blocks = [first];
    this.#start = start;
    this.#stalls = stalls;
    this.#more = more;
  }

  /** The block of this number, if it is final on L1 by now. */
  at(number: number, now: number): L1Block | undefined {
    const passed = now - this.#start;
    const stalled = this.#stalls.map((stall) =>
      Math.min(Math.max(0, passed - stall.from), stall.for),
    );
    const moving = passed - stalled.reduce((sum, each) => sum + each, 0);
    if (number > 1 + moving / interval) return undefined;
    while (this.#blocks.length < number)
      this.#blocks.push(nextOf(this.#blocks.length + 1, this.#more()));
    return this.#blocks[number - 1];
  }
}

/** A message for two of the rollups in turn, and now and then money for the poor one. */
function nextOf(number: number, more: readonly L1Event[]): L1Block {
  const turn = number - 2;
  const message = {
    namespace: Namespace(turn % 2),
    index: Math.floor(turn / 2),
    sender: new Uint8Array(20).fill(7),
    timestamp: 1_700_000_000 + number,
    data: utf8(`message ${number} of L1`),
  };
  const events: L1Event[] = [{ type: "inbox", ...message, messageHash: inboxMessageHash(message) }];
  if (number % 3 === 0) events.push({ type: "funded", namespace: Namespace(2), amount: 900 });
  return l1BlockOf(number, [...events, ...more]);
}
