import type { Connection } from "@libp2p/interface";
import type { Logger } from "../../base/index.ts";
import { type Channel, channels, protocolOf, type Timing } from "./channel.ts";
import { Sender } from "./sender.ts";
import type { Tally } from "./tally.ts";

/** What a link needs of the mesh. */
interface Ports {
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  readonly onUp: () => void;
  readonly onDown: () => void;
  readonly logger: Logger;
  readonly tally: Tally;
}

/**
 * Our way to one peer: a connection with a stream for each channel, made anew without end whenever it breaks. Nothing is
 * kept for a peer that is away: what it missed is stale by the time it is back, and it asks for what it needs.
 */
export class Link {
  readonly #ports: Ports;
  readonly #peer: number;
  readonly #genesisHash: Uint8Array;
  readonly #timing: Timing;
  readonly #running: Promise<void>;
  #senders: ReadonlyMap<Channel, Sender> | undefined;
  /** Ends what is being tried, or what stands. */
  #session = new AbortController();
  #isClosed = false;
  #upSince = 0;
  #failures = 0;
  #heldUntil = 0;
  #wake: () => void = () => {};

  constructor(
    ports: Ports,
    options: { readonly peer: number; readonly genesisHash: Uint8Array; readonly timing: Timing },
  ) {
    this.#ports = ports;
    this.#peer = options.peer;
    this.#genesisHash = options.genesisHash;
    this.#timing = options.timing;
    this.#running = this.#run();
  }

  get isUp(): boolean {
    return this.#senders !== undefined;
  }

  get upSince(): number {
    return this.#upSince;
  }

  send(channel: Channel, frame: Uint8Array): void {
    const sender = this.#senders?.get(channel);
    if (sender === undefined) this.#ports.tally.drop(channel, "not-connected", 1);
    else sender.push(frame);
  }

  /** Called at every heartbeat. */
  beat(now: number): void {
    const senders = [...(this.#senders?.values() ?? [])];
    if (!senders.every((sender) => sender.beat(now, this.#timing.stall))) this.cut("stalled");
  }

  /** The peer is there: no need to wait for the next attempt. */
  wake(): void {
    this.#wake();
  }

  /** Ends the connection, to be made anew, not before `until` by `performance.now()`. */
  cut(reason: string, until = 0): void {
    this.#heldUntil = Math.max(this.#heldUntil, until);
    this.#session.abort(new Error(reason));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.cut("closing");
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const held = this.#heldUntil - performance.now();
      if (held > 0) {
        await this.#sleep(held);
        continue;
      }
      const start = performance.now();
      try {
        this.#session = new AbortController();
        await this.#connect(this.#session.signal);
      } catch (error) {
        this.#ports.logger.debug("peer cannot be reached", { peer: this.#peer, error });
      }
      // A link that falls as soon as it stands is no success.
      const hasHeld = performance.now() - start > this.#timing.silence;
      this.#failures = hasHeld ? 0 : this.#failures + 1;
      if (!this.#isClosed) await this.#sleep(this.#backoff());
    }
  }

  /** Milliseconds; by chance, lest two nodes or a hundred meet at the same moment again and again. */
  #backoff(): number {
    const { redialMin, redialMax } = this.#timing;
    const full = Math.min(redialMax, redialMin * 2 ** this.#failures);
    return full * (0.5 + Math.random() / 2);
  }

  /** Until the time is over, or until woken. */
  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }

  /** Returns when the connection, or a stream of it, or the session has ended. */
  async #connect(session: AbortSignal): Promise<void> {
    const { dial, onUp, onDown, tally } = this.#ports;
    const signal = AbortSignal.any([session, AbortSignal.timeout(this.#timing.dial)]);
    const connection = await dial(signal);
    const ended = Promise.withResolvers<void>();
    const end = (): void => ended.resolve();
    try {
      connection.addEventListener("close", end);
      const senders = new Map<Channel, Sender>();
      for (const channel of channels) {
        const stream = await connection.newStream(protocolOf(channel), { signal });
        stream.addEventListener("close", end);
        const sender = new Sender(stream, channel, tally);
        sender.push(this.#genesisHash);
        senders.set(channel, sender);
      }
      session.throwIfAborted();
      session.addEventListener("abort", end);
      this.#senders = senders;
      this.#upSince = performance.now();
      onUp();
      await ended.promise;
    } finally {
      // One broken stream takes the others along: a link is whole or it is not there.
      connection.abort(new Error("the link has ended"));
      if (this.#senders !== undefined) {
        this.#senders = undefined;
        onDown();
      }
    }
  }
}
