// A namespace's blocks as they are opened, over one WebSocket: binary pages, each the continuation of the one before.
// One page is under way at a time, so a slow reader costs one page of memory; one that stops reading is cut off.

import type { WebsocketHandler } from "@fastify/websocket";
import type { Logger } from "../../base/index.ts";
import type { Height, Namespace } from "../../protocol/index.ts";
import type { Gateway } from "./gateway.ts";
import { type ApiLimits, pageBlocksMax } from "./limits.ts";
import { readPage } from "./pages.ts";

export type Socket = Parameters<WebsocketHandler>[0];

/** Why a stream ends; a client resumes at the height after its last block. */
export const closeCodes = {
  goingAway: 1001,
  /** The client sent something; a stream is one way. */
  unexpectedData: 1003,
  internal: 1011,
  /** Too many streams on this node: try another. */
  busy: 1013,
  /** The client read too slowly. */
  lagging: 4008,
  /** The height asked for is no longer kept: start from a checkpoint. */
  pruned: 4010,
} as const;

export interface StreamRequest {
  readonly namespace: Namespace;
  readonly from: Height;
}

/** Ends when the socket is closed, by either side; does not throw. */
export async function stream(
  socket: Socket,
  request: StreamRequest,
  ports: { gateway: Gateway; openings: Openings; logger: Logger; limits: ApiLimits },
): Promise<void> {
  const stopPinging = keepAlive(socket, ports.limits.streamPingMs);
  socket.on("message", () => socket.close(closeCodes.unexpectedData, "UNEXPECTED_DATA"));
  socket.on("error", () => socket.terminate());
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  try {
    await sendPages(socket, request, ports, closed);
  } catch (error) {
    ports.logger.error("stream failed", { error });
    socket.close(closeCodes.internal, "INTERNAL");
  } finally {
    stopPinging();
  }
}

async function sendPages(
  socket: Socket,
  { namespace, from }: StreamRequest,
  { gateway, openings, limits }: { gateway: Gateway; openings: Openings; limits: ApiLimits },
  closed: Promise<void>,
): Promise<void> {
  let next = from;
  while (socket.readyState === socket.OPEN) {
    if (next < gateway.health().oldest) return socket.close(closeCodes.pruned, "PRUNED");
    // Counted before asking, so that an opening in between is not slept through.
    const seen = openings.count;
    const page = await readPage(gateway, { namespace, from: next, limit: pageBlocksMax });
    if (page === undefined) {
      const further = openings.after(seen);
      await Promise.race([further.promise, closed]);
      further.cancel();
      continue;
    }
    if (!(await isSent(socket, page.bytes, limits.streamStallMs, closed))) return cutOff(socket);
    next = page.next;
  }
}

/** False when the client has not taken it in within the time. */
async function isSent(
  socket: Socket,
  bytes: Uint8Array,
  stallMs: number,
  closed: Promise<void>,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), stallMs);
  // An error here means that the socket is closing, which the caller sees by itself.
  socket.send(bytes, { binary: true }, () => resolve(true));
  void closed.then(() => resolve(true));
  const isTaken = await promise;
  clearTimeout(timer);
  return isTaken;
}

/** The code reaches a client that was merely slow; one that is gone is left to the timer. */
function cutOff(socket: Socket): void {
  socket.close(closeCodes.lagging, "LAGGING");
  const timer = setTimeout(() => socket.terminate(), cutOffMs);
  socket.once("close", () => clearTimeout(timer));
}

const cutOffMs = 2_000;

/** Drops a client that has not answered one ping when the next is due. */
function keepAlive(socket: Socket, pingMs: number): () => void {
  let isAlive = true;
  socket.on("pong", () => void (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}

/** Lets any number of streams wait for the next opening with one subscription. */
export class Openings {
  #count = 0;
  readonly #waiting = new Set<() => void>();
  readonly #unsubscribe: () => void;

  constructor(gateway: Pick<Gateway, "onOpened">) {
    this.#unsubscribe = gateway.onOpened(() => this.#wake());
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  /** Resolves at the first opening after number `seen`, which may have been already. */
  after(seen: number): { promise: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#count > seen) resolve();
    else this.#waiting.add(resolve);
    return { promise, cancel: () => void this.#waiting.delete(resolve) };
  }

  close(): void {
    this.#unsubscribe();
    this.#wake();
  }

  #wake(): void {
    this.#count++;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
