import type { Stream } from "@libp2p/interface";
import { type Channel, outboxPolicies } from "./channel.ts";
import { Outbox } from "./outbox.ts";
import type { Tally } from "./tally.ts";

/** One send: enough that its fixed costs vanish, little enough that the stream stops soon when its reader does. */
const chunkBytesMax = 262_144;

/**
 * Our stream to a peer on one channel. Keeps what waits in its own bounded queue and hands the library a chunk at a
 * time: the library's queue has no bound, slows down with every piece in it, and its `onDrain()` resolves at once from
 * the second time on; so the `drain` event is what is waited for.
 */
export class Sender {
  readonly #stream: Stream;
  readonly #channel: Channel;
  readonly #tally: Tally;
  readonly #outbox: Outbox;
  #isScheduled = false;
  /** Since when the stream takes nothing; undefined while it does. */
  #blockedSince: number | undefined;
  #sentSinceBeat = false;

  constructor(stream: Stream, channel: Channel, tally: Tally) {
    this.#stream = stream;
    this.#channel = channel;
    this.#tally = tally;
    this.#outbox = new Outbox(outboxPolicies[channel]);
    stream.addEventListener("drain", () => this.#unblock());
    // A peer has its own streams to speak on.
    stream.addEventListener("message", () => stream.abort(new Error("the stream is one-way")));
  }

  /** May lose the frame, or an older one, when too much is waiting. */
  push(frame: Uint8Array): void {
    this.#tally.drop(this.#channel, "full", this.#outbox.push(frame));
    this.#schedule();
  }

  /** Called at every heartbeat: whether the stream still takes something now and then. */
  beat(now: number, stall: number): boolean {
    if (!this.#sentSinceBeat && this.#outbox.isEmpty) this.push(new Uint8Array());
    this.#sentSinceBeat = false;
    // Should an event be lost, the next heartbeat goes on without it.
    if (!this.#stream.writableNeedsDrain && this.#blockedSince !== undefined) this.#unblock();
    return this.#blockedSince === undefined || now - this.#blockedSince < stall;
  }

  #unblock(): void {
    this.#blockedSince = undefined;
    this.#schedule();
  }

  /** Waits for the end of the turn, so that what one turn sends leaves together. */
  #schedule(): void {
    if (this.#isScheduled || this.#blockedSince !== undefined || this.#outbox.isEmpty) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#sendChunk();
    });
  }

  /** One chunk a turn: others, and what arrives, get theirs in between. */
  #sendChunk(): void {
    if (this.#stream.writeStatus !== "writable") return;
    const chunk = this.#outbox.takeChunk(chunkBytesMax);
    if (chunk === undefined) return;
    this.#sentSinceBeat = true;
    this.#tally.add(this.#channel, "framesSent", chunk.frames);
    this.#tally.add(this.#channel, "bytesSent", chunk.bytes.length);
    if (this.#stream.send(chunk.bytes)) this.#schedule();
    else this.#blockedSince = performance.now();
  }
}
