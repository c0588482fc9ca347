// What the pure parts and the adapters agree on. Interfaces only: nothing here acts.

/** Wall-clock time in microseconds since the Unix epoch, never going back within one process. */
export interface Clock {
  now(): number;
}

/** Bytes no one can predict. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** A key-value write; `value` undefined deletes. `space` separates kinds of records. */
export interface Write {
  readonly space: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** An ordered store. A batch is atomic; with `sync` it and every earlier batch survive a power cut. */
export interface Store {
  get(space: string, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Entries with `from <= key < to` in key order; `reverse` from the end; at most `limit`. */
  range(
    space: string,
    options?: { from?: Uint8Array; to?: Uint8Array; limit?: number; reverse?: boolean },
  ): Promise<{ key: Uint8Array; value: Uint8Array }[]>;
  write(batch: readonly Write[], options: { sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Delivers frames between the validators of the committee; may lose, never corrupts or forges. */
export interface Transport {
  send(peer: number, frame: Uint8Array): void;
  broadcast(frame: Uint8Array): void;
  /** Cuts the peer off for a while: it broke the protocol. */
  penalize(peer: number, code: string): void;
  close(): Promise<void>;
}

/** A fixed phrase with data beside it; never secrets, never bytes that a peer chose. */
export interface Logger {
  debug(phrase: string, data?: Record<string, unknown>): void;
  info(phrase: string, data?: Record<string, unknown>): void;
  warn(phrase: string, data?: Record<string, unknown>): void;
  error(phrase: string, data?: Record<string, unknown>): void;
}

/** Counters, gauges and histograms by name, with labels of low cardinality. */
export interface Metrics {
  count(name: string, labels?: Record<string, string>, by?: number): void;
  gauge(name: string, value: number, labels?: Record<string, string>): void;
  observe(name: string, value: number, labels?: Record<string, string>): void;
}
