// Channels over one WebSocket: of each the whole first, and then what every batch changed of it. What is sent is made once
// for all who want it; who reads too slowly is cut off, and begins again with the whole.

import type { WebsocketHandler } from "@fastify/websocket";
import { type Channel, parseChannel } from "./channels.ts";
import { type ApiLimits, ConnectionRates, RateLimit } from "./limits.ts";
import type { MarketData } from "./market-data.ts";

export type Socket = Parameters<WebsocketHandler>[0];

/** Why a stream ends. After each of them a client may connect again and subscribe anew. */
export const closeCodes = {
  goingAway: 1001,
  /** What was said is no JSON, or no request that there is. */
  badRequest: 1003,
  /** More was said than a client may say. */
  rateLimited: 1008,
  internal: 1011,
  /** Too many streams on this node: try another. */
  busy: 1013,
  /** The client read too slowly. */
  lagging: 4008,
} as const;

interface Subscriber {
  readonly socket: Socket;
  readonly channels: Map<string, Channel>;
  isAlive: boolean;
}

export class Streams {
  readonly #data: MarketData;
  readonly #limits: ApiLimits;
  readonly #rates: ConnectionRates;
  readonly #subscribers: Set<Subscriber> = new Set();
  readonly #timer: NodeJS.Timeout;

  constructor(data: MarketData, limits: ApiLimits) {
    this.#data = data;
    this.#limits = limits;
    this.#rates = new ConnectionRates(
      new RateLimit(limits.requestsPerSecond, limits.requestsBurst),
    );
    this.#timer = setInterval(() => this.#beat(), limits.streamPingMs);
  }

  accept(socket: Socket): void {
    if (this.#subscribers.size >= this.#limits.streamsMax)
      return socket.close(closeCodes.busy, "BUSY");
    const subscriber: Subscriber = { socket, channels: new Map(), isAlive: true };
    this.#subscribers.add(subscriber);
    socket.on("pong", () => void (subscriber.isAlive = true));
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => {
      // The client's text, which is bounded by the socket's `maxPayload`.
      this.#onRequest(subscriber, isBinary || !Buffer.isBuffer(data) ? "" : data.toString());
    });
    socket.once("close", () => {
      this.#subscribers.delete(subscriber);
      for (const channel of subscriber.channels.values()) this.#release(channel);
    });
  }

  /** After the data has taken the batch in. */
  onBatch(): void {
    const frames = new Map<string, string>();
    for (const { socket, channels } of this.#subscribers)
      for (const [name, channel] of channels) {
        const frame = frames.get(name) ?? this.#frame("delta", name, this.#data.delta(channel));
        frames.set(name, frame);
        this.#send(socket, frame);
      }
  }

  /** What was sent so far is no longer to be built upon. */
  fail(): void {
    for (const { socket } of this.#subscribers) socket.close(closeCodes.internal, "INTERNAL");
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #onRequest(subscriber: Subscriber, text: string): void {
    const { socket } = subscriber;
    if (!this.#rates.mayTake(socket)) return socket.close(closeCodes.rateLimited, "RATE_LIMITED");
    const request = toRequest(text);
    if (request === undefined) return socket.close(closeCodes.badRequest, "BAD_REQUEST");
    if (request.op === "subscribe") this.#subscribe(subscriber, request.channel);
    else this.#unsubscribe(subscriber, request.channel);
  }

  /** Once more for a channel that it has: the whole again. */
  #subscribe(subscriber: Subscriber, name: string): void {
    const { socket, channels } = subscriber;
    const channel = parseChannel(name);
    if (channel === undefined) return this.#refuse(socket, name, "UNKNOWN_CHANNEL");
    const isNew = !channels.has(name);
    if (isNew && channels.size >= this.#limits.channelsMax)
      return this.#refuse(socket, name, "TOO_MANY_CHANNELS");
    const whole = this.#data.snapshot(channel);
    if (whole === undefined)
      return this.#refuse(
        socket,
        name,
        channel.type === "account" ? "UNKNOWN_ACCOUNT" : "UNKNOWN_MARKET",
      );
    if (isNew) {
      channels.set(name, channel);
      if (channel.type === "account") {
        const account = this.#data.account(channel.account);
        if (account !== undefined) this.#data.accounts.watch(account);
      }
    }
    this.#send(socket, this.#frame("snapshot", name, whole));
  }

  #unsubscribe({ socket, channels }: Subscriber, name: string): void {
    const channel = channels.get(name);
    if (channel === undefined) return this.#refuse(socket, name, "NOT_SUBSCRIBED");
    channels.delete(name);
    this.#release(channel);
    this.#send(socket, JSON.stringify({ type: "unsubscribed", channel: name }));
  }

  #release(channel: Channel): void {
    if (channel.type === "account") this.#data.accounts.unwatch(channel.account);
  }

  #frame(type: "snapshot" | "delta", channel: string, data: object | undefined): string {
    const { seq, state } = this.#data;
    return JSON.stringify({ type, channel, seq, timeMs: state.globals.timeMs, data });
  }

  #refuse(socket: Socket, channel: string, code: string): void {
    this.#send(socket, JSON.stringify({ type: "error", channel, code }));
  }

  #send(socket: Socket, frame: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#limits.streamBufferBytesMax) return cutOff(socket);
    socket.send(frame);
  }

  /** Drops who has not answered one ping when the next is due. Pages do not see pings, so they are told in words as well. */
  #beat(): void {
    const { seq, state } = this.#data;
    const frame = JSON.stringify({ type: "heartbeat", seq, timeMs: state.globals.timeMs });
    for (const subscriber of this.#subscribers) {
      const { socket } = subscriber;
      if (!subscriber.isAlive) {
        socket.terminate();
        continue;
      }
      subscriber.isAlive = false;
      socket.ping();
      this.#send(socket, frame);
    }
  }
}

interface Request {
  readonly op: "subscribe" | "unsubscribe";
  readonly channel: string;
}

const channelLengthMax = 64;

function toRequest(text: string): Request | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { op, channel } = value as Record<string, unknown>;
  if (op !== "subscribe" && op !== "unsubscribe") return undefined;
  if (typeof channel !== "string" || channel.length > channelLengthMax) return undefined;
  return { op, channel };
}

/** The code reaches a client that was merely slow; one that is gone is left to the timer. */
function cutOff(socket: Socket): void {
  socket.close(closeCodes.lagging, "LAGGING");
  const timer = setTimeout(() => socket.terminate(), cutOffMs);
  socket.once("close", () => clearTimeout(timer));
}

const cutOffMs = 2_000;
