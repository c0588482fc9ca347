import { BoundedQueue, concatBytes } from "../../base/index.ts";
import type { OutboxPolicy } from "./channel.ts";
import { frameHeader } from "./framing.ts";

/**
 * Frames that wait for one stream, bounded. They leave in chunks: one send of many small frames costs what one small
 * frame costs, and one of a large frame's parts does not hold what comes behind it in memory.
 */
export class Outbox {
  readonly #policy: OutboxPolicy;
  readonly #frames: BoundedQueue<Uint8Array>;
  #bytes = 0;
  /** Of the frame that has begun to leave, which cannot be dropped any more: what is still to be sent. */
  #begun: Uint8Array[] = [];

  constructor(policy: OutboxPolicy) {
    this.#policy = policy;
    this.#frames = new BoundedQueue(policy.framesMax);
  }

  get isEmpty(): boolean {
    return this.#frames.size === 0 && this.#begun.length === 0;
  }

  /** Frames that had to go for it, counting the frame itself if it is refused. */
  push(frame: Uint8Array): number {
    let dropped = 0;
    while (!this.#hasRoomFor(frame)) {
      dropped++;
      if (this.#policy.whenFull === "refuse-newest" || this.#frames.size === 0) return dropped;
      this.#bytes -= this.#frames.shift()?.length ?? 0;
    }
    this.#frames.push(frame);
    this.#bytes += frame.length;
    return dropped;
  }

  /** The next bytes of the stream, at most `bytesMax`; undefined when there are none. */
  takeChunk(bytesMax: number): { readonly bytes: Uint8Array; readonly frames: number } | undefined {
    const parts: Uint8Array[] = [];
    let length = 0;
    let frames = 0;
    while (length < bytesMax) {
      const part = this.#begun.shift();
      if (part === undefined) {
        if (!this.#beginNext()) break;
        frames++;
        continue;
      }
      const fitting = part.subarray(0, bytesMax - length);
      if (fitting.length < part.length) this.#begun.unshift(part.subarray(fitting.length));
      parts.push(fitting);
      length += fitting.length;
    }
    if (length === 0) return undefined;
    return { bytes: concatBytes(...parts), frames };
  }

  #hasRoomFor(frame: Uint8Array): boolean {
    const { framesMax, bytesMax } = this.#policy;
    return this.#frames.size < framesMax && this.#bytes + frame.length <= bytesMax;
  }

  #beginNext(): boolean {
    const frame = this.#frames.shift();
    if (frame === undefined) return false;
    this.#bytes -= frame.length;
    this.#begun = [frameHeader(frame.length), ...(frame.length > 0 ? [frame] : [])];
    return true;
  }
}
