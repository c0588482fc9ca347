// Answers the API: from the disk what is final, from memory what is under way.

import { CodedError, type Metrics, toHex } from "../base/index.ts";
import {
  type CertifiedCheckpoint,
  type DeliveredPage,
  type Epoch,
  type EpochEnd,
  type Evidence,
  type Genesis,
  type Header,
  type Height,
  type Member,
  type Micros,
  type Namespace,
  type QC,
  type Receipt,
  type SealedTransaction,
  transactionId,
  type TransactionStatus,
} from "../protocol/index.ts";
import type { Fees } from "../ledger/index.ts";
import type { Archive } from "./archive.ts";
import type { Health } from "./health.ts";
import type { StatusBook } from "./status.ts";

export interface GatewayParts {
  readonly genesis: Genesis;
  readonly archive: Archive;
  readonly statuses: StatusBook;
  readonly metrics: Metrics;
  readonly now: () => Micros;
  /** Hands a transaction to the core, which answers by the ticket. */
  readonly submit: (ticket: number, transaction: SealedTransaction) => void;
  readonly evidence: (after: Uint8Array, limit: number) => Promise<readonly KeptEvidence[]>;
  readonly health: () => Health;
  /** Undefined between two cores. */
  readonly fees: () => Fees | undefined;
  /** The lowest height that is kept whole: below it the disk may hold parts of blocks. */
  readonly oldest: () => Height;
}

/** What the disk has of a lie, the liar, and the call that convicts it. */
export interface KeptEvidence {
  readonly name: Uint8Array;
  readonly evidence: Evidence;
  readonly member: Member | undefined;
  readonly call: { readonly to: string; readonly data: string } | undefined;
}

/** The newest certified checkpoint, and the L1 transaction that carried it once L1 has it. */
interface Anchored {
  readonly certified: CertifiedCheckpoint;
  readonly l1Transaction: Uint8Array | undefined;
}

type Answer = { readonly receipt: Receipt } | { readonly code: string };
type Waiting = {
  readonly transaction: SealedTransaction;
  readonly id: Uint8Array;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: CodedError) => void;
};

/** Requests that wait for their admission; checking one takes milliseconds, so more means overload. */
const waitingMax = 4_096;

export class NodeGateway {
  readonly genesis: Genesis;
  readonly #parts: GatewayParts;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(height: Height) => void>();
  #tickets = 0;
  #checkpoint: Anchored | undefined;
  #isClosed = false;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.genesis = parts.genesis;
  }

  async submit(transaction: SealedTransaction): Promise<Receipt> {
    if (this.#isClosed) throw stopping();
    if (this.#waiting.size >= waitingMax)
      throw new CodedError(
        "OVERLOADED",
        "too many transactions wait to be checked; try again soon",
      );
    const id = transactionId(transaction);
    return new Promise<Receipt>((resolve, reject) => {
      const ticket = ++this.#tickets;
      this.#waiting.set(ticket, { transaction, id, resolve, reject });
      this.#parts.submit(ticket, transaction);
    });
  }

  /** Whoever waits is told to go elsewhere: the core answers no more, and a server waits for what it has begun. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(stopping());
    this.#waiting.clear();
  }

  /** Another core has taken the place of the one that was asked. */
  submitAgain(): void {
    for (const [ticket, { transaction }] of this.#waiting) this.#parts.submit(ticket, transaction);
  }

  /** The core's answer to a ticket. */
  answer(ticket: number, result: Answer): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    const { id, transaction, resolve, reject } = waiting;
    const { statuses, metrics, now } = this.#parts;
    if ("receipt" in result) {
      statuses.received(id, transaction.envelope, now());
      metrics.count("mempool_admitted_total", { class: transaction.envelope.class });
      resolve(result.receipt);
      return;
    }
    metrics.count("mempool_rejected_total", { code: result.code });
    reject(
      new CodedError(result.code, `the transaction ${toHex(id)} is not admitted: ${result.code}`),
    );
  }

  async status(id: Uint8Array): Promise<TransactionStatus | undefined> {
    return Promise.resolve(this.#parts.statuses.get(id));
  }

  async page(
    namespace: Namespace,
    from: Height,
    limit: number,
  ): Promise<DeliveredPage | undefined> {
    if (from < this.#parts.oldest()) return undefined;
    const page = await this.#parts.archive.page(namespace, from, limit);
    // What was read while it was being deleted may lack something.
    return from < this.#parts.oldest() ? undefined : page;
  }

  onOpened(listener: (height: Height) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A height was delivered. */
  opened(height: Height): void {
    for (const listener of this.#listeners) listener(height);
  }

  async block(
    height: Height,
  ): Promise<
    { header: Header; certificate: QC | undefined; ordered: readonly Uint8Array[] } | undefined
  > {
    const found = await this.#parts.archive.final(height);
    if (found === undefined || height < this.#parts.oldest()) return undefined;
    const { header, record } = found;
    const ordered = record.groups.flatMap((group) => group.ids);
    return { header, certificate: record.certificate, ordered };
  }

  async epochEnd(epoch: Epoch): Promise<EpochEnd | undefined> {
    return this.#parts.archive.epochEnd(epoch);
  }

  async checkpoint(): Promise<Anchored | undefined> {
    return Promise.resolve(this.#checkpoint);
  }

  /** The newest checkpoint that a quorum has signed, and later that L1 has taken. */
  certified(certified: CertifiedCheckpoint, l1Transaction: Uint8Array | undefined): void {
    this.#checkpoint = { certified, l1Transaction };
  }

  async evidence(after: Uint8Array, limit: number): Promise<readonly KeptEvidence[]> {
    return this.#parts.evidence(after, limit);
  }

  health(): Health {
    return this.#parts.health();
  }

  fees(): Fees | undefined {
    return this.#parts.fees();
  }
}

function stopping(): CodedError {
  return new CodedError("OVERLOADED", "this node is stopping; try another");
}
