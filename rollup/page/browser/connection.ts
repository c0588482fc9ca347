// The stream, and what it has told so far: the whole of every channel that is subscribed to. A gap, or silence, is answered by
// beginning again.

import { type Deltas, fold, type Kind, type Wholes } from "./fold.ts";

export type LinkState = "connecting" | "live" | "lost";

interface Frame {
  readonly type: "snapshot" | "delta" | "heartbeat" | "unsubscribed" | "error";
  readonly channel: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly data: unknown;
}

export interface Listener {
  /** After a snapshot or a change; `delta` is undefined for a snapshot. */
  onChannel(channel: string, delta: unknown): void;
  onLink(state: LinkState): void;
}

/** Heartbeats come every 15 s. */
const silenceMs = 35_000;
const retryMsMin = 500;
const retryMsMax = 8_000;

export class Connection {
  readonly #listener: Listener;
  readonly #channels: Set<string> = new Set();
  readonly #wholes: Map<string, { seq: number; whole: unknown }> = new Map();
  #socket: WebSocket | undefined;
  #retryMs = retryMsMin;
  #heardAt = performance.now();
  /** The rollup's time, and when it was told. */
  #timeMs = 0;
  #toldAt = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#open();
    setInterval(() => {
      if (performance.now() - this.#heardAt > silenceMs) this.#socket?.close();
    }, 5_000);
  }

  /** The rollup's time as it should be by now. */
  get nowMs(): number {
    return this.#timeMs === 0 ? 0 : this.#timeMs + performance.now() - this.#toldAt;
  }

  whole<K extends Kind>(channel: K | `${K}:${string}`): Wholes[K] | undefined {
    return this.#wholes.get(channel)?.whole as Wholes[K] | undefined;
  }

  subscribe(channel: string): void {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    this.#say("subscribe", channel);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    this.#wholes.delete(channel);
    this.#say("unsubscribe", channel);
  }

  #open(): void {
    const url = new URL("/v1/stream", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#heardAt = performance.now();
      this.#retryMs = retryMsMin;
      for (const channel of this.#channels) this.#say("subscribe", channel);
      this.#listener.onLink("live");
    });
    socket.addEventListener("message", ({ data }) =>
      this.#onFrame(JSON.parse(String(data)) as Frame),
    );
    socket.addEventListener("close", () => {
      this.#listener.onLink("lost");
      setTimeout(() => this.#open(), this.#retryMs * (0.5 + Math.random()));
      this.#retryMs = Math.min(retryMsMax, 2 * this.#retryMs);
    });
  }

  #say(op: "subscribe" | "unsubscribe", channel: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ op, channel }));
  }

  #onFrame(frame: Frame): void {
    const { type, channel, seq, timeMs, data } = frame;
    this.#heardAt = performance.now();
    if (timeMs > this.#timeMs) {
      this.#timeMs = timeMs;
      this.#toldAt = this.#heardAt;
    }
    if (!this.#channels.has(channel)) return;
    if (type === "snapshot") {
      this.#wholes.set(channel, { seq, whole: data });
      this.#listener.onChannel(channel, undefined);
    }
    if (type !== "delta") return;
    const before = this.#wholes.get(channel);
    // Until the snapshot that was asked for comes, or if anything is missing.
    if (before === undefined) return;
    if (before.seq !== seq - 1) {
      this.#wholes.delete(channel);
      return this.#say("subscribe", channel);
    }
    const kind = channel.split(":")[0] as Kind;
    const whole = fold(kind, before.whole as Wholes[never], data as Deltas[never]);
    this.#wholes.set(channel, { seq, whole });
    this.#listener.onChannel(channel, data);
  }
}
