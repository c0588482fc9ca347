// What was brought to the validators, and what was promised for it in return.

import { toHex } from "../../base/index.ts";
import type { Brought } from "./observations.ts";

interface Entry {
  readonly id: string;
  readonly namespace: number;
  /** Just before it was sent for the first time, on the clock of `performance.now`. */
  readonly broughtAt: number;
  receipts: number;
  deliveredAt: number | undefined;
}

export class Book {
  readonly #entries = new Map<string, Entry>();
  readonly #needed: number;
  #promised = 0;
  #outstanding = 0;

  /** @param needed Receipts of honest validators that make a promise: f + 1. */
  constructor(needed: number) {
    this.#needed = needed;
  }

  /** How many were brought. */
  get count(): number {
    return this.#entries.size;
  }

  /** How many were promised a place. */
  get promised(): number {
    return this.#promised;
  }

  /** Promised and not delivered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** It is about to be sent. */
  bring(id: Uint8Array, namespace: number): void {
    const key = toHex(id);
    const broughtAt = performance.now();
    this.#entries.set(key, { id: key, namespace, broughtAt, receipts: 0, deliveredAt: undefined });
  }

  /** So many honest validators have signed that they have it. */
  take(id: Uint8Array, receipts: number): void {
    const entry = this.#entries.get(toHex(id));
    if (entry === undefined) return;
    entry.receipts = receipts;
    if (receipts < this.#needed) return;
    this.#promised++;
    if (entry.deliveredAt === undefined) this.#outstanding++;
  }

  /** A verified block has it. What nobody brought is the business of the checks. */
  deliver(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.deliveredAt !== undefined) return;
    entry.deliveredAt = performance.now();
    if (entry.receipts >= this.#needed) this.#outstanding--;
  }

  /** Milliseconds from being brought to being delivered to a follower, of all that were. */
  latencies(): readonly number[] {
    return [...this.#entries.values()].flatMap(({ broughtAt, deliveredAt }) =>
      deliveredAt === undefined ? [] : [deliveredAt - broughtAt],
    );
  }

  brought(): readonly Brought[] {
    return [...this.#entries.values()].map(({ id, namespace, receipts }) => ({
      id,
      namespace,
      receipts,
    }));
  }
}
