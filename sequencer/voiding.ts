// A block that nobody can open must not stop delivery for good: a quorum may declare all sealed in it void. The word is
// a block that names the height (`Payload.voided`), and the quorum are the votes that make that block final. Whoever
// votes for it promises not to deliver the height opened before it is known whether the block is final: so of a final
// block that declares a height void, and a certified checkpoint or a named state that counts it opened, there is never
// more than one, for the quorums of both would have an honest validator in common.

import { decode, encode, utf8, type Write } from "../base/index.ts";
import { Height, type Micros, spaces } from "../protocol/index.ts";
import type { Delivery } from "./delivery.ts";

/** What this node has promised. One at a time: while it stands nothing above the height is delivered either. */
export interface VoidPromise {
  /** Which is not delivered opened ... */
  readonly height: Height;
  /** ... before a block of this height is final. */
  readonly until: Height;
}

/** Among what binds the validator's keys. */
export const voidPromiseKey: Uint8Array = utf8("void promise");

export class Voiding {
  readonly #delivery: Pick<Delivery, "stalled">;
  readonly #voidAfter: number;
  #promise: VoidPromise | undefined;

  /** `voidAfter`: `Parameters.voidAfter`. */
  constructor(
    delivery: Pick<Delivery, "stalled">,
    voidAfter: number,
    promise: VoidPromise | undefined,
  ) {
    this.#delivery = delivery;
    this.#voidAfter = voidAfter;
    this.#promise = promise;
  }

  /** What this node would declare void as a leader: the oldest height that waits, when it has waited long enough. */
  wish(now: Micros): Height | undefined {
    const stalled = this.#delivery.stalled;
    return stalled !== undefined && this.#isOver(stalled.since, now, this.#voidAfter)
      ? stalled.height
      : undefined;
  }

  /**
   * Whether this node agrees. It asks for half of the leader's patience, because it may have heard of the height later:
   * without any, a leader could declare void what the others are about to open.
   */
  isAgreed(height: Height, now: Micros): boolean {
    const stalled = this.#delivery.stalled;
    return stalled?.height === height && this.#isOver(stalled.since, now, this.#voidAfter / 2);
  }

  /** This node is about to vote for the block at `until` that declares the height void. */
  promise(height: Height, until: Height): void {
    const before = this.#promise?.height === height ? this.#promise.until : 0;
    this.#promise = { height, until: Height(Math.max(before, until)) };
  }

  /** On disk before the vote leaves: who forgot it could deliver what the others go on without. */
  get record(): Write {
    const promise = this.#promise;
    const value = promise && encode(promise, (w, { height, until }) => w.u64(height).u64(until));
    return { space: spaces.signer, key: voidPromiseKey, value };
  }

  /** Whether the height must not be delivered now. */
  isHeld(height: Height): boolean {
    return this.#promise?.height === height;
  }

  /** A block of this height is final: what was voted for up to it has come true by now, or never will. */
  onFinal(height: Height): void {
    if (this.#promise !== undefined && this.#promise.until <= height) this.#promise = undefined;
  }

  #isOver(since: Micros, now: Micros, patience: number): boolean {
    return this.#voidAfter > 0 && now - since >= patience;
  }
}

export function decodeVoidPromise(bytes: Uint8Array): VoidPromise | undefined {
  return decode(bytes, (reader) => ({ height: Height(reader.u64()), until: Height(reader.u64()) }));
}
