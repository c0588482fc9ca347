import type { Stream, StreamMessageEvent } from "@libp2p/interface";
import { equalBytes } from "../../base/index.ts";
import { type Channel, streamWindowBytes } from "./channel.ts";
import { FrameReader } from "./framing.ts";
import type { Tally } from "./tally.ts";

/** What one peer may have us work through on one stream between two heartbeats; then it waits for the next. */
const framesPerBeatMax = 20_000;
const bytesPerBeatMax = 67_108_864;

/** What the greeting holds. */
const genesisHashBytes = 32;

export type ReceiverFault = "WRONG_GENESIS" | "FRAME_TOO_LARGE";

/** What a receiver tells of its stream. */
interface Listener {
  /** The first frame came, and it names our chain. */
  readonly onGreeting: () => void;
  readonly onFrame: (frame: Uint8Array) => void;
  readonly onFault: (code: ReceiverFault) => void;
  /** Nothing comes any more; said once. */
  readonly onEnd: () => void;
}

/** A peer's stream to us on one channel. Frames are handed on at once: it queues nothing but a frame under way. */
export class Receiver {
  readonly #stream: Stream;
  readonly #listener: Listener;
  readonly #genesisHash: Uint8Array;
  readonly #tally: Tally;
  readonly #channel: Channel;
  readonly #reader = new FrameReader(genesisHashBytes);
  #lastHeard = performance.now();
  #hasGreeted = false;
  #isOver = false;
  #frames = 0;
  #bytes = 0;

  constructor(
    stream: Stream,
    listener: Listener,
    options: {
      readonly genesisHash: Uint8Array;
      readonly channel: Channel;
      readonly tally: Tally;
    },
  ) {
    this.#stream = stream;
    this.#listener = listener;
    this.#genesisHash = options.genesisHash;
    this.#channel = options.channel;
    this.#tally = options.tally;
    // While it is paused, what the peer may still send is a window.
    stream.maxReadBufferLength = 2 * streamWindowBytes;
    stream.addEventListener("close", () => this.#end());
    stream.addEventListener("remoteCloseWrite", () => this.stop("the peer is done"));
    stream.addEventListener("message", (event) => this.#onMessage(event));
  }

  /** When something came last, by `performance.now()`. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** Called at every heartbeat: the peer may go on. `delay` is how long we ourselves were not looking. */
  beat(delay: number): void {
    this.#frames = 0;
    this.#bytes = 0;
    this.#lastHeard += delay;
    if (this.#stream.readStatus === "paused") {
      this.#lastHeard = performance.now();
      this.#stream.resume();
    }
  }

  /** Nothing comes from it any more. */
  stop(reason: string): void {
    this.#stream.abort(new Error(reason));
    this.#end();
  }

  #onMessage(event: StreamMessageEvent): void {
    const bytes = event.data.subarray();
    this.#lastHeard = performance.now();
    this.#bytes += bytes.length;
    this.#tally.add(this.#channel, "bytesReceived", bytes.length);
    const frames = this.#reader.push(bytes);
    if (frames === undefined) return this.#listener.onFault("FRAME_TOO_LARGE");
    this.#frames += frames.length;
    for (const frame of frames) {
      // Whoever takes a frame may cut the peer off for it, and then the rest counts no more.
      if (this.#isOver) return;
      if (!this.#hasGreeted) this.#onGreeting(frame);
      else if (frame.length > 0) this.#onFrame(frame);
    }
    const isTooMuch = this.#frames > framesPerBeatMax || this.#bytes > bytesPerBeatMax;
    if (isTooMuch && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #onGreeting(frame: Uint8Array): void {
    if (!equalBytes(frame, this.#genesisHash)) return this.#listener.onFault("WRONG_GENESIS");
    this.#hasGreeted = true;
    this.#listener.onGreeting();
  }

  #onFrame(frame: Uint8Array): void {
    this.#tally.add(this.#channel, "framesReceived", 1);
    this.#listener.onFrame(frame);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.onEnd();
  }
}
