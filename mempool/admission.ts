import { type Gauge, u64Bytes } from "../base/index.ts";
import {
  encodeTransaction,
  isMember,
  type LaneEntry,
  limits,
  Micros,
  type Receipt,
  receiptHash,
  type SealedTransaction,
  spaces,
  transactionId,
  type ValidatorIndex,
} from "../protocol/index.ts";
import type { MempoolOptions, MempoolPorts } from "./events.ts";
import { bytesOf, keyOf } from "./keys.ts";
import type { OrderChain } from "./order-chain.ts";
import type { Outbox } from "./outbox.ts";
import type { OwnLane } from "./own-lane.ts";
import { Pool } from "./pool.ts";
import { type Applicant, Validations } from "./validations.ts";
import { Wants } from "./wants.ts";

/** Public answers to a submission, beside those of the admission gate. */
export type AdmissionCode =
  /** Made for another chain. */
  | "WRONG_CHAIN"
  /** The body exceeds `transactionBodyBytesMax`. */
  | "TOO_LARGE"
  /** No block can hold it any more. */
  | "EXPIRED"
  /** It expires beyond the horizon within which repetitions are remembered. */
  | "EXPIRES_TOO_LATE"
  /** The sender's signature or the seal does not verify. */
  | "INVALID"
  /** A block has emitted it. */
  | "ALREADY_ORDERED"
  /** This validator cannot take more now: try again, or another. */
  | "OVERLOADED"
  /** This node has no seat in the committee now, and no receipt to give: try another. */
  | "NOT_A_VALIDATOR";

/** Questions for transactions that go out on one tick at most. */
const questionsPerTickMax = 512;
/** How long a peer that pushed what is not valid is not listened to, µs: a flood costs one validation in so much time. */
const distrustTime = 5_000_000;
/** Transactions that one validator's lane mentions and that are looked for. */
const wantedPerOwnerMax = 1024;

interface Parts {
  readonly chain: OrderChain;
  readonly own: OwnLane;
  readonly outbox: Outbox;
}

/**
 * Transactions on their way in: cheap checks, then validation by a worker, then a stamp. Whoever receives one first,
 * from its sender, pushes it to all; nobody passes on what a peer pushed.
 */
export class Admission {
  readonly #ports: MempoolPorts;
  readonly #options: MempoolOptions;
  readonly #parts: Parts;
  readonly #pool: Pool;
  readonly #validations = new Validations();
  readonly #wants: Wants;
  /** By peer: when what it pushes unasked is looked at again. Honest ones push what they have validated. */
  readonly #distrustedUntil = new Map<ValidatorIndex, number>();
  #toPush: SealedTransaction[] = [];

  constructor(
    ports: MempoolPorts,
    options: MempoolOptions,
    parts: Parts & { readonly recovered: readonly SealedTransaction[]; readonly delta: number },
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#parts = parts;
    this.#pool = new Pool(parts.recovered.length);
    for (const transaction of parts.recovered)
      this.#pool.hold(keyOf(transactionId(transaction)), transaction);
    this.#wants = new Wants({
      self: options.index,
      seats: options.committee.members.length,
      perOwnerMax: wantedPerOwnerMax,
      patience: parts.delta,
    });
  }

  get counters(): {
    readonly pooled: number;
    readonly validating: number;
    readonly wantedTransactions: number;
  } {
    return {
      pooled: this.#pool.size,
      validating: this.#validations.size,
      wantedTransactions: this.#wants.size,
    };
  }

  get gauges(): Gauge[] {
    const validating = Validations.sizeMax(this.#options.committee.members.length);
    return [
      ...this.#pool.gauges,
      { name: "validating", size: this.#validations.size, max: validating },
      { name: "wanted-transactions", size: this.#wants.size, max: this.#wants.max },
    ];
  }

  get(key: string): SealedTransaction | undefined {
    return this.#pool.get(key);
  }

  onSubmit(ticket: number, transaction: SealedTransaction): void {
    const id = transactionId(transaction);
    const key = keyOf(id);
    const stamp = this.#pool.stampOf(key);
    if (stamp !== undefined) return this.#answer(ticket, { receipt: this.#receipt(id, stamp) });
    const code = this.#isSeated ? this.#refusal(key, transaction) : "NOT_A_VALIDATOR";
    if (code !== undefined) return this.#answer(ticket, { code });
    if (this.#isFull()) return this.#answer(ticket, { code: "OVERLOADED" });
    const what = this.#validations.add(key, { id, transaction }, { ticket });
    if (what === "validate") this.#parts.outbox.add({ type: "validate", id, transaction });
    if (what === "full") this.#answer(ticket, { code: "OVERLOADED" });
  }

  /** A peer pushes what it received first, or answers a question. */
  onTransactions(
    from: ValidatorIndex,
    transactions: readonly SealedTransaction[],
    now: number,
  ): void {
    const isDistrusted = now < (this.#distrustedUntil.get(from) ?? 0);
    for (const transaction of transactions) {
      const id = transactionId(transaction);
      const key = keyOf(id);
      if (this.#pool.has(key) || (isDistrusted && !this.#wants.has(key))) continue;
      // What a block demands is needed whatever the latest ledger thinks of it.
      if (!this.#wants.isDemanded(key) && this.#refusal(key, transaction) !== undefined) continue;
      const what = this.#validations.add(key, { id, transaction }, { peer: from });
      if (what === "validate") this.#parts.outbox.add({ type: "validate", id, transaction });
    }
  }

  onValidated(id: Uint8Array, isValid: boolean, now: number): void {
    const key = keyOf(id);
    const { settled, next } = this.#validations.settle(key, isValid);
    if (next !== undefined)
      this.#parts.outbox.add({ type: "validate", id, transaction: next.transaction });
    const [validated] = settled;
    if (validated === undefined) return;
    if (isValid) return this.#accept(key, validated, settled, now);
    for (const ticket of validated.tickets) this.#answer(ticket, { code: "INVALID" });
    for (const peer of validated.peers) {
      this.#distrustedUntil.set(peer, now + distrustTime);
      this.#parts.outbox.fault(peer, "INVALID_TRANSACTION");
    }
  }

  /** A lane mentions what is not here: its owner has it, and whoever received it first is about to push it. */
  onMentioned(owner: ValidatorIndex, keys: readonly string[], askAt: number): void {
    const { done } = this.#parts.chain.final;
    for (const key of keys) {
      if (this.#pool.has(key) || this.#validations.has(key) || this.#wants.has(key)) continue;
      if (done.get(key) !== undefined) continue;
      this.#wants.note(bytesOf(key), { owner, sources: [owner], isDemanded: false, askAt });
    }
  }

  /** A block cannot be ordered without it. */
  demand(key: string, sources: readonly ValidatorIndex[], now: number): void {
    const owner = sources[0] ?? this.#options.index;
    this.#wants.note(bytesOf(key), { owner, sources, isDemanded: true, askAt: now });
  }

  onGetTransactions(from: ValidatorIndex, ids: readonly Uint8Array[]): void {
    const held: SealedTransaction[] = [];
    const stored: Uint8Array[] = [];
    for (const id of ids) {
      const transaction = this.#pool.get(keyOf(id));
      if (transaction === undefined) stored.push(id);
      else held.push(transaction);
    }
    for (const transactions of toBundles(held))
      this.#parts.outbox.send(from, { type: "transactions", transactions });
    if (stored.length > 0)
      this.#parts.outbox.add({ type: "load-transactions", to: from, ids: stored });
  }

  onTick(now: number): void {
    for (const transactions of toBundles(this.#toPush))
      this.#parts.outbox.broadcast({ type: "transactions", transactions });
    this.#toPush = [];
    const byPeer = new Map<ValidatorIndex, Uint8Array[]>();
    for (const { to, id } of this.#wants.due(now, questionsPerTickMax))
      byPeer.set(to, [...(byPeer.get(to) ?? []), id]);
    for (const [to, all] of byPeer)
      for (let i = 0; i < all.length; i += limits.bundleTransactionsMax) {
        const ids = all.slice(i, i + limits.bundleTransactionsMax);
        this.#parts.outbox.send(to, { type: "get-transactions", ids });
      }
  }

  /**
   * Takes up what an earlier start stamped, ascending, with the stamps that it gave. Hands back what the final cut has
   * not read: it is to be reported again.
   */
  takeUp(given: readonly LaneEntry[]): LaneEntry[] {
    const { done, pending } = this.#parts.chain.final;
    const again: LaneEntry[] = [];
    for (const { id, stamp } of given) {
      const key = keyOf(id);
      const transaction = this.#pool.get(key);
      // It must be here: a stamp says that whoever asks for the transaction will get it.
      if (transaction === undefined || done.get(key) !== undefined) {
        this.#parts.outbox.write(spaces.stamp, id, undefined);
        continue;
      }
      const read = pending.get(key)?.stamps[this.#options.index] ?? Infinity;
      if (read === Infinity) again.push({ id, stamp });
      this.#pool.stamp(key, { id, transaction, stamp: Micros(Math.min(read, stamp)) });
    }
    return again;
  }

  /** Stamps as of now what is in memory and has no stamp. */
  stampRest(now: number): void {
    const { done } = this.#parts.chain.final;
    for (const [key, transaction] of this.#pool.unstamped()) {
      // The lanes on disk also name what final blocks have emitted: that waits for nothing any more.
      if (done.get(key) !== undefined) this.#pool.onEmitted(key);
      else if (this.#refusal(key, transaction) === undefined)
        this.#stamp(key, bytesOf(key), transaction, now);
    }
  }

  /** With the next tick, to everyone. */
  passOn(entries: readonly LaneEntry[]): void {
    for (const { id } of entries) {
      const transaction = this.#pool.get(keyOf(id));
      if (transaction !== undefined) this.#toPush.push(transaction);
    }
  }

  /** What was stamped and is not emitted, to a peer that may not have heard of it. */
  passOnTo(peer: ValidatorIndex): void {
    for (const transactions of toBundles(this.#pool.stamped()))
      this.#parts.outbox.send(peer, { type: "transactions", transactions });
  }

  onEmitted(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#pool.stampOf(key) !== undefined)
        this.#parts.outbox.write(spaces.stamp, bytesOf(key), undefined);
      this.#pool.onEmitted(key);
      this.#wants.forget(key);
    }
  }

  /** Forgets what was stamped so long ago that no block will count the stamp. */
  onFinalTime(time: Micros): void {
    const { pending } = this.#parts.chain.final;
    const isPending = (key: string): boolean =>
      (pending.get(key)?.stamps[this.#options.index] ?? Infinity) < Infinity;
    for (const id of this.#pool.expire(time, isPending)) {
      this.#parts.outbox.write(spaces.transaction, id, undefined);
      this.#parts.outbox.write(spaces.stamp, id, undefined);
    }
  }

  #accept(
    key: string,
    { id, transaction }: Applicant,
    settled: readonly Applicant[],
    now: number,
  ): void {
    const tickets = settled.flatMap((applicant) => applicant.tickets);
    this.#wants.forget(key);
    this.#parts.outbox.write(spaces.transaction, id, encodeTransaction(transaction));
    this.#parts.outbox.changed();
    const code = this.#unstampable(key, transaction);
    if (code !== undefined) {
      this.#pool.hold(key, transaction);
      for (const ticket of tickets) this.#answer(ticket, { code });
      return;
    }
    const stamp = this.#stamp(key, id, transaction, now);
    for (const ticket of tickets) this.#answer(ticket, { receipt: this.#receipt(id, stamp) });
    if (settled.every(({ peers }) => peers.length === 0)) this.#toPush.push(transaction);
  }

  #stamp(key: string, id: Uint8Array, transaction: SealedTransaction, now: number): Micros {
    const stamp = this.#parts.own.receive(id, now);
    this.#parts.outbox.write(spaces.stamp, id, u64Bytes(stamp));
    this.#pool.stamp(key, { id, transaction, stamp });
    return stamp;
  }

  /** From the cheapest check to the dearest. */
  #refusal(key: string, transaction: SealedTransaction): string | undefined {
    const { envelope, body } = transaction;
    const { height, done } = this.#parts.chain.final;
    let code: AdmissionCode | undefined;
    if (envelope.chainId !== this.#options.chainId) code = "WRONG_CHAIN";
    else if (body.length > limits.transactionBodyBytesMax) code = "TOO_LARGE";
    else if (envelope.expiry <= height) code = "EXPIRED";
    else if (envelope.expiry > height + limits.expiryHorizon) code = "EXPIRES_TOO_LATE";
    else if (done.get(key) !== undefined) code = "ALREADY_ORDERED";
    return code ?? this.#ports.admission.check(transaction);
  }

  /** Why a valid transaction gets no stamp here. */
  #unstampable(key: string, transaction: SealedTransaction): string | undefined {
    if (!this.#isSeated) return "NOT_A_VALIDATOR";
    return this.#refusal(key, transaction) ?? (this.#isFull() ? "OVERLOADED" : undefined);
  }

  get #isSeated(): boolean {
    return isMember(this.#options.committee, this.#options.index);
  }

  /** A lane holds so many that are not emitted, and no more are stamped than it can hold. */
  #isFull(): boolean {
    return this.#pool.stampedCount >= limits.laneUnemittedMax;
  }

  #receipt(id: Uint8Array, stamp: Micros): Receipt {
    const { committee, index, incarnation } = this.#options;
    const unsigned = { epoch: committee.epoch, validator: index, incarnation, id, stamp };
    return { ...unsigned, signature: this.#ports.signatures.sign(receiptHash(unsigned)) };
  }

  #answer(ticket: number, result: { readonly receipt: Receipt } | { readonly code: string }): void {
    this.#parts.outbox.add({ type: "answer", ticket, result });
  }
}

function toBundles(transactions: readonly SealedTransaction[]): SealedTransaction[][] {
  const bundles: SealedTransaction[][] = [];
  let bundle: SealedTransaction[] = [];
  let bytes = 0;
  for (const transaction of transactions) {
    const isFull =
      bundle.length >= limits.bundleTransactionsMax ||
      bytes + transaction.body.length > limits.bundleBytesMax;
    if (bundle.length === 0 || isFull) {
      bundles.push((bundle = []));
      bytes = 0;
    }
    bundle.push(transaction);
    bytes += transaction.body.length;
  }
  return bundles;
}
