// A client of the stream as traders write it: it folds what it is told, and takes no gap.

import { type Deltas, fold, type Kind, type Wholes } from "../../../rollup/page/browser/fold.ts";

interface Frame {
  readonly type: string;
  readonly channel: string;
  readonly seq: number;
  readonly data: unknown;
  readonly code?: string;
}

export class ChannelReader {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly closed: Promise<CloseEvent>;
  readonly frames: Frame[] = [];
  readonly wholes: Map<string, { seq: number; whole: unknown }> = new Map();
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
    this.opened = new Promise((resolve) => {
      this.socket.addEventListener("open", () => resolve());
    });
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener("close", (event) => {
        this.#isClosed = true;
        this.#wake();
        resolve(event);
      });
    });
    this.socket.addEventListener("message", ({ data }) => {
      this.#read(JSON.parse(data as string) as Frame);
      this.#wake();
    });
  }

  async say(request: unknown): Promise<void> {
    await this.opened;
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  /** Resolves with the first snapshot. */
  async subscribe(channel: string): Promise<unknown> {
    await this.say({ op: "subscribe", channel });
    await this.until(() => this.wholes.has(channel));
    return this.wholes.get(channel)?.whole;
  }

  /** What the channel is at that batch. */
  async at(channel: string, seq: number): Promise<unknown> {
    await this.until(() => (this.wholes.get(channel)?.seq ?? 0) >= seq);
    return this.wholes.get(channel)?.whole;
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#isClosed) throw new Error("the stream is closed");
      await new Promise<void>((resolve) => void (this.#wake = resolve));
    }
  }

  #read(frame: Frame): void {
    this.frames.push(frame);
    const { type, channel, seq, data } = frame;
    if (type === "snapshot") this.wholes.set(channel, { seq, whole: data });
    if (type === "unsubscribed") this.wholes.delete(channel);
    if (type !== "delta") return;
    const before = this.wholes.get(channel);
    if (before?.seq !== seq - 1) throw new Error(`a gap in ${channel} before ${seq}`);
    const kind = channel.split(":")[0] as Kind;
    const whole = fold(kind, before.whole as Wholes[never], data as Deltas[never]);
    this.wholes.set(channel, { seq, whole });
  }
}
