// Where a follower's pages come from: ranges as long as there is history, so that the reader sets the pace, and the
// WebSocket for what is opened from then on. Nothing here is verified yet.

import { BoundedQueue } from "../base/index.ts";
import { type Height, limits, type Namespace } from "../protocol/index.ts";
import type { Endpoint } from "./endpoint.ts";

export type WebSocketConstructor = new (url: string) => WebSocket;

export interface PagesOptions {
  /** Without one, the node is asked again and again. */
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly pollMs: number;
  /** A node that is silent for so long is given up on, ms. */
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Where the next page must begin; the reader moves it on. */
export interface Cursor {
  next: Height;
}

/** Ends when the reader is too slow for the stream; throws a `CodedError` when the endpoint fails. */
export async function* pages(
  endpoint: Endpoint,
  namespace: Namespace,
  cursor: Readonly<Cursor>,
  options: PagesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, WebSocket, pollMs, silenceMs } = options;
  const limit = limits.headersPerAnswerMax;
  let silentMs = 0;
  while (silentMs < silenceMs && !isAborted(signal)) {
    for (;;) {
      const page = await endpoint.page(namespace, cursor.next, { limit, signal });
      if (page === undefined) break;
      silentMs = 0;
      yield page;
    }
    if (WebSocket !== undefined) {
      yield* stream(WebSocket, endpoint, { namespace, cursor, silenceMs, signal });
      return;
    }
    await sleep(pollMs, signal);
    silentMs += pollMs;
  }
  if (!isAborted(signal)) throw silent(endpoint);
}

/** Pages and bytes that wait to be read; a reader that falls further behind goes back to ranges. */
const waitingPagesMax = 16;
const waitingBytesMax = 4 * limits.frameBytesMax;

async function* stream(
  WebSocket: WebSocketConstructor,
  endpoint: Endpoint,
  context: {
    readonly namespace: Namespace;
    readonly cursor: Readonly<Cursor>;
    readonly silenceMs: number;
    readonly signal: AbortSignal | undefined;
  },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { namespace, cursor, silenceMs, signal } = context;
  const socket = new WebSocket(endpoint.streamUrl(namespace, cursor.next));
  socket.binaryType = "arraybuffer";
  const waiting = new BoundedQueue<unknown>(waitingPagesMax);
  let waitingBytes = 0;
  let end: "closed" | "overrun" | undefined;
  let wake: () => void = () => {};
  const finish = (why: "closed" | "overrun"): void => {
    end ??= why;
    wake();
  };
  socket.addEventListener("message", (event: MessageEvent) => {
    // What comes after a page that was dropped would look as if the node had left it out.
    if (end !== undefined) return;
    const data: unknown = event.data;
    waitingBytes += bytesOf(data);
    if (waitingBytes > waitingBytesMax || !waiting.push(data)) finish("overrun");
    wake();
  });
  socket.addEventListener("close", () => finish("closed"));
  socket.addEventListener("error", () => finish("closed"));
  try {
    while (!isAborted(signal)) {
      const data = waiting.shift();
      waitingBytes -= bytesOf(data);
      if (data instanceof ArrayBuffer) yield new Uint8Array(data);
      else if (data !== undefined) throw endpoint.failure("MALFORMED_PAGE", "it sent text");
      else if (end === "overrun") return;
      else if (end === "closed") throw endpoint.failure("STREAM_CLOSED", "the stream has ended");
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        if (!(await isWithin(promise, silenceMs, signal)) && !isAborted(signal))
          throw silent(endpoint);
      }
    }
  } finally {
    socket.close();
  }
}

function bytesOf(data: unknown): number {
  return data instanceof ArrayBuffer ? data.byteLength : 0;
}

function silent(endpoint: Endpoint): Error {
  return endpoint.failure("SILENT", "it has had no new blocks for a while");
}

/** False when the time is over before, or the caller no longer waits. */
function isWithin(
  promise: Promise<void>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const timer = new AbortController();
  return Promise.race([
    promise.then(() => true),
    sleep(ms, signal ? AbortSignal.any([signal, timer.signal]) : timer.signal).then(() => false),
  ]).finally(() => timer.abort());
}

/** A function, because it may change wherever something is awaited. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Resolves early when the caller no longer waits. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish);
  });
}
