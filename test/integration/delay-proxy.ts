import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** Bytes under way in one direction; beyond them the sender is made to wait. */
const queuedBytesMax = 8_388_608;

/** Towards the target of a proxy, or back from it. */
export type Direction = "there" | "back";

const both: readonly Direction[] = ["there", "back"];

/**
 * A stretch of the internet between two nodes, on 127.0.0.1 and without privileges: it delays what passes, and can be
 * cut, in one direction or in both, when nothing passes, not even the end of a connection; or all connections on it
 * break at once. TCP on both sides: there is delay but no loss.
 */
export class DelayProxy {
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();
  readonly #isCut: Record<Direction, boolean> = { there: false, back: false };
  /** Milliseconds, one way. What is under way already comes as it was to come. */
  delay: number;

  /** `delay` in milliseconds, one way. */
  static async open(targetPort: number, delay = 0): Promise<DelayProxy> {
    const proxy = new DelayProxy(targetPort, delay);
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(targetPort: number, delay: number) {
    this.delay = delay;
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
      this.#pipe(near, far, "there");
      this.#pipe(far, near, "back");
    }).listen(0, "127.0.0.1");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(...directions: readonly Direction[]): void {
    for (const direction of directions.length === 0 ? both : directions)
      this.#isCut[direction] = true;
  }

  heal(): void {
    for (const direction of both) this.#isCut[direction] = false;
    for (const pipe of this.#pipes) pipe.flush();
  }

  /** Breaks what is connected; new connections are taken. */
  reset(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  close(): void {
    this.#server.close();
    this.reset();
  }

  #pipe(from: Socket, to: Socket, direction: Direction): void {
    const pipe = new Pipe(from, to, {
      delay: () => this.delay,
      isCut: () => this.#isCut[direction],
    });
    this.#pipes.add(pipe);
    to.once("close", () => this.#pipes.delete(pipe));
  }
}

interface Weather {
  readonly delay: () => number;
  readonly isCut: () => boolean;
}

/** One direction of one connection. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #isCut: () => boolean;
  readonly #queue: { readonly due: number; readonly chunk: Uint8Array | undefined }[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, { delay, isCut }: Weather) {
    this.#from = from;
    this.#to = to;
    this.#isCut = isCut;
    from.on("data", (chunk) => this.#push(performance.now() + delay(), chunk));
    from.on("close", () => this.#push(performance.now() + delay(), undefined));
    from.on("error", () => {});
  }

  flush(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    while (!this.#isCut()) {
      const next = this.#queue[0];
      if (next === undefined) return;
      if (next.due > now) {
        this.#timer = setTimeout(() => this.flush(), next.due - now);
        return;
      }
      this.#queue.shift();
      this.#pass(next.chunk);
    }
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#from.destroy();
    this.#to.destroy();
  }

  #push(due: number, chunk: Uint8Array | undefined): void {
    this.#queue.push({ due, chunk });
    this.#queuedBytes += chunk?.length ?? 0;
    if (this.#queuedBytes > queuedBytesMax) this.#from.pause();
    if (this.#queue.length === 1) this.flush();
  }

  #pass(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.#to.destroy();
      return;
    }
    this.#to.write(chunk);
    this.#queuedBytes -= chunk.length;
    if (this.#queuedBytes <= queuedBytesMax) this.#from.resume();
  }
}
