import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** Bytes under way in one direction; beyond them the sender is made to wait. */
const queuedBytesMax = 8_388_608;

/**
 * A stretch of the internet between two nodes, on 127.0.0.1 and without privileges: it delays what passes, and can be
 * cut, when nothing passes, not even the end of a connection. TCP on both sides: there is delay but no loss.
 */
export class DelayProxy {
  readonly #server: Server;
  readonly #delay: number;
  readonly #pipes = new Set<Pipe>();
  #isCut = false;

  /** `delay` in milliseconds, one way. */
  static async open(targetPort: number, delay = 0): Promise<DelayProxy> {
    const proxy = new DelayProxy(targetPort, delay);
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(targetPort: number, delay: number) {
    this.#delay = delay;
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
      this.#pipe(near, far);
      this.#pipe(far, near);
    }).listen(0, "127.0.0.1");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
    for (const pipe of this.#pipes) pipe.flush();
  }

  close(): void {
    this.#server.close();
    for (const pipe of this.#pipes) pipe.destroy();
  }

  #pipe(from: Socket, to: Socket): void {
    const pipe = new Pipe(from, to, this.#delay, () => this.#isCut);
    this.#pipes.add(pipe);
    to.once("close", () => this.#pipes.delete(pipe));
  }
}

/** One direction of one connection. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #isCut: () => boolean;
  readonly #queue: { readonly due: number; readonly chunk: Uint8Array | undefined }[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, delay: number, isCut: () => boolean) {
    this.#from = from;
    this.#to = to;
    this.#isCut = isCut;
    from.on("data", (chunk) => this.#push(performance.now() + delay, chunk));
    from.on("close", () => this.#push(performance.now() + delay, undefined));
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
