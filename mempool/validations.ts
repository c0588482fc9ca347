import type { SealedTransaction, ValidatorIndex } from "../protocol/index.ts";
import { equalBytes } from "../base/index.ts";

/** Being validated for the API, and for each peer: so none of them takes the workers from the others. */
const perSourceMax = 512;
/** Copies of one id under different signatures that wait while one is validated. */
const copiesMax = 4;
/** Callers that wait for the answer about one copy. */
const ticketsMax = 16;

type Source = ValidatorIndex | "api";

/** One copy of a transaction, and who is waiting to hear of it. */
export interface Applicant {
  readonly id: Uint8Array;
  readonly transaction: SealedTransaction;
  /** Who brought it first, and is charged for it. */
  readonly source: Source;
  /** Peers that sent it. */
  readonly peers: ValidatorIndex[];
  readonly tickets: number[];
}

/**
 * Transactions that wait for their sender's signature and seal to be checked, one copy of an id at a time. An id says
 * nothing about the signature, so a copy that is refused speaks for no other.
 */
export class Validations {
  readonly #applicants = new Map<string, Applicant[]>();
  readonly #bySource = new Map<Source, number>();

  get size(): number {
    return this.#applicants.size;
  }

  /** One for the API and each peer, and `seats` - 1 peers. */
  static sizeMax(seats: number): number {
    return seats * perSourceMax;
  }

  has(key: string): boolean {
    return this.#applicants.has(key);
  }

  /** Answers "validate" if this copy is to be validated now, "wait" if an answer will come, "full" if not. */
  add(
    key: string,
    copy: { readonly id: Uint8Array; readonly transaction: SealedTransaction },
    asker: { readonly ticket: number } | { readonly peer: ValidatorIndex },
  ): "validate" | "wait" | "full" {
    const queue = this.#applicants.get(key) ?? [];
    const { signature } = copy.transaction;
    const same = queue.find(({ transaction }) => equalBytes(transaction.signature, signature));
    if (same !== undefined) return join(same, asker);
    const source = "peer" in asker ? asker.peer : "api";
    const count = this.#bySource.get(source) ?? 0;
    if (count >= perSourceMax || queue.length >= copiesMax) return "full";
    this.#bySource.set(source, count + 1);
    queue.push({
      ...copy,
      source,
      peers: "peer" in asker ? [asker.peer] : [],
      tickets: "ticket" in asker ? [asker.ticket] : [],
    });
    this.#applicants.set(key, queue);
    return queue.length === 1 ? "validate" : "wait";
  }

  /** Settles the copy that was validated. A valid one settles the others with it; after another, `next` is validated. */
  settle(key: string, isValid: boolean): { settled: Applicant[]; next?: Applicant } {
    const queue = this.#applicants.get(key) ?? [];
    const settled = queue.splice(0, isValid ? queue.length : 1);
    for (const { source } of settled)
      this.#bySource.set(source, (this.#bySource.get(source) ?? 0) - 1);
    const [next] = queue;
    if (next === undefined) this.#applicants.delete(key);
    return next === undefined ? { settled } : { settled, next };
  }
}

function join(
  applicant: Applicant,
  asker: { readonly ticket: number } | { readonly peer: ValidatorIndex },
): "wait" | "full" {
  if ("peer" in asker) {
    if (!applicant.peers.includes(asker.peer)) applicant.peers.push(asker.peer);
    return "wait";
  }
  if (applicant.tickets.length >= ticketsMax) return "full";
  applicant.tickets.push(asker.ticket);
  return "wait";
}
