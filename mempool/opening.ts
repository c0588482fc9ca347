import { assert, BoundedMap, type Gauge, unreachable } from "../base/index.ts";
import { ephemeralPoint } from "../crypto/index.ts";
import {
  type Height,
  limits,
  type Opened,
  type OpeningMessage,
  quorum,
  type Shares,
  ValidatorIndex,
} from "../protocol/index.ts";
import { OpeningBatch } from "./opening-batch.ts";
import type {
  FinalBatch,
  OpeningEffect,
  OpeningEvent,
  OpeningOptions,
  RecoveredOpening,
} from "./opening-events.ts";
import { ServingBudget } from "./serving-budget.ts";

/** How long shares are waited for before others are asked, µs; doubled each time, so often at most. */
const patience = 150_000;
const doublingsMax = 5;
/** Openings at hand for those who come late, in heights; older ones are in the store. */
const recentMax = 64;
/** Final heights that wait; the node stops catching up long before. */
const waitingMax = 1024;

/**
 * Opens what is final (sealing.md 3.1, every seat a combiner): every validator sends its decryption shares to all, and
 * whoever has a quorum of them combines and checks the result. Shares follow from the key and the final block alone, so
 * a restart needs no memory of what was sent. What opens first is told first: the node puts heights in order.
 */
export class Opening {
  readonly #index: ValidatorIndex;
  readonly #seats: number;
  readonly #budget: ServingBudget;
  /** Not opened, ascending by height. */
  readonly #batches = new Map<Height, OpeningBatch>();
  /** Shares for heights that are not final here yet, by height and peer. */
  readonly #early = new Map<Height, Map<ValidatorIndex, Shares>>();
  readonly #recent = new BoundedMap<Height, Pick<Opened, "blockHash" | "slices">>(recentMax);
  #final: Height;
  #effects: OpeningEffect[] = [];

  constructor(options: OpeningOptions, recovered: RecoveredOpening) {
    this.#index = options.index;
    this.#seats = options.committee.members.length;
    this.#budget = new ServingBudget(this.#seats + limits.observersMax);
    this.#final = recovered.final;
    for (const batch of recovered.unopened) {
      assert(batch.height <= recovered.final, "what was recovered unopened is final");
      if (batch.transactions.length > 0) this.#await(batch, 0);
      else this.#effects.push({ type: "opened", height: batch.height, openings: [] });
    }
  }

  /** Final heights that are not opened. */
  get unopened(): number {
    return this.#batches.size;
  }

  get gauges(): Gauge[] {
    return [
      { name: "unopened", size: this.#batches.size, max: waitingMax },
      { name: "early-shares", size: this.#early.size, max: limits.unopenedMax },
      { name: "recent-openings", size: this.#recent.size, max: recentMax },
    ];
  }

  step(event: OpeningEvent): OpeningEffect[] {
    switch (event.type) {
      case "final":
        this.#onFinal(event, event.now, event.isOld ?? false);
        break;
      case "message":
        this.#onMessage(event.from, event.message, event.now);
        break;
      case "shares-computed":
        this.#onSharesComputed(event.height, event.shares);
        break;
      case "batch-opened":
        this.#onCombined(event.height, event.badSeats ?? [], event.openings);
        break;
      case "batch-failed":
        this.#onCombined(event.height, event.badSeats, undefined);
        break;
      case "openings-checked":
        this.#onOpeningsChecked(event.height, event.from, event.isValid);
        break;
      case "tick":
        this.#onTick(event.now);
        break;
      default:
        unreachable(event);
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #onFinal(batch: FinalBatch, now: number, isOld: boolean): void {
    const { height, transactions } = batch;
    assert(height === this.#final + 1, "heights become final one after another");
    this.#final = height;
    const early = this.#early.get(height);
    this.#early.delete(height);
    if (transactions.length === 0) {
      this.#effects.push({ type: "opened", height, openings: [] });
      return;
    }
    const awaited = this.#await(batch, isOld ? now : now + patience);
    if (!isOld) this.#computeShares(awaited);
    for (const [from, shares] of early ?? []) this.#addShares(awaited, from, shares);
    this.#combine(awaited);
  }

  #onMessage(from: ValidatorIndex, message: OpeningMessage, now: number): void {
    switch (message.type) {
      case "shares":
        if (from < this.#seats) this.#onShares(from, message);
        return;
      case "opened":
        return this.#onOpened(from, message);
      case "pull-openings":
        if (this.#budget.spend(from, now)) this.#onPull(from, message.heights);
        return;
      default:
        unreachable(message);
    }
  }

  #onShares(from: ValidatorIndex, message: Shares): void {
    const { height } = message;
    const batch = this.#batches.get(height);
    if (batch !== undefined) {
      this.#addShares(batch, from, message);
      this.#combine(batch);
    } else if (height > this.#final && height <= this.#final + limits.unopenedMax) {
      // The sender has seen the block final and we have not yet.
      const early = this.#early.get(height) ?? new Map<ValidatorIndex, Shares>();
      if (!early.has(from)) early.set(from, message);
      this.#early.set(height, early);
    }
  }

  #addShares(batch: OpeningBatch, from: ValidatorIndex, message: Shares): void {
    const shares = sliceZero(message.slices)?.shares;
    const { blockHash } = message;
    if (shares === undefined || !batch.matches({ blockHash, count: shares.length }))
      return this.#fault(from, "WRONG_SHARES");
    batch.addRow(seatOf(from), shares);
  }

  #onSharesComputed(height: Height, shares: readonly Uint8Array[]): void {
    const batch = this.#batches.get(height);
    if (batch === undefined) return;
    batch.own = shares;
    batch.addRow(seatOf(this.#index), shares);
    this.#effects.push({ type: "broadcast", message: this.#ownShares(batch, shares) });
    this.#combine(batch);
  }

  #onCombined(
    height: Height,
    badSeats: readonly number[],
    openings: readonly Uint8Array[] | undefined,
  ): void {
    for (const seat of badSeats) this.#fault(ValidatorIndex(seat - 1), "BAD_SHARES");
    const batch = this.#batches.get(height);
    if (batch === undefined) return;
    batch.isCombining = false;
    if (openings !== undefined) return this.#finish(batch, openings);
    for (const seat of badSeats) batch.dropSeat(seat);
    // Without a culprit the same rows would fail again at once: the next tick that asks others tries again.
    if (badSeats.length > 0) this.#combine(batch);
  }

  #onOpened(from: ValidatorIndex, message: Opened): void {
    const batch = this.#batches.get(message.height);
    if (batch === undefined || batch.claim !== undefined || !batch.isTrusted(from)) return;
    const openings = sliceZero(message.slices)?.openings;
    const { blockHash } = message;
    if (openings === undefined || !batch.matches({ blockHash, count: openings.length }))
      return this.#distrust(batch, from, "WRONG_OPENINGS");
    batch.claim = { from, openings };
    const { height, points } = batch;
    this.#effects.push({ type: "check-openings", height, points, openings, from });
  }

  #onOpeningsChecked(height: Height, from: ValidatorIndex, isValid: boolean): void {
    const batch = this.#batches.get(height);
    const claim = batch?.claim;
    if (batch === undefined || claim === undefined || claim.from !== from) return;
    batch.claim = undefined;
    if (isValid) this.#finish(batch, claim.openings);
    else this.#distrust(batch, from, "BAD_OPENINGS");
  }

  #onPull(from: ValidatorIndex, heights: readonly Height[]): void {
    for (const height of new Set(heights)) {
      const batch = this.#batches.get(height);
      const recent = this.#recent.get(height);
      if (recent !== undefined) this.#send(from, { type: "opened", height, ...recent });
      else if (batch?.own !== undefined) this.#send(from, this.#ownShares(batch, batch.own));
      else if (batch !== undefined) this.#computeShares(batch);
      else if (height <= this.#final)
        this.#effects.push({ type: "load-openings", height, to: from });
    }
  }

  #onTick(now: number): void {
    const heights: Height[] = [];
    for (const batch of this.#batches.values()) {
      if (heights.length >= limits.unopenedMax) break;
      if (batch.askAt > now) continue;
      heights.push(batch.height);
      // Others have not answered, or it is not old: they may be waiting for the same.
      if (batch.asked > 0) this.#computeShares(batch);
      batch.askAt = now + patience * 2 ** Math.min(batch.asked, doublingsMax);
      batch.asked++;
      this.#combine(batch);
    }
    if (heights.length > 0)
      this.#effects.push({ type: "broadcast", message: { type: "pull-openings", heights } });
  }

  #await(batch: FinalBatch, askAt: number): OpeningBatch {
    assert(this.#batches.size < waitingMax, "a node does not catch up faster than it opens");
    const { height, blockHash, transactions } = batch;
    const points = transactions.map(({ body }) => ephemeralPoint(body));
    const awaited = new OpeningBatch({ height, blockHash, points, askAt });
    this.#batches.set(height, awaited);
    return awaited;
  }

  #computeShares(batch: OpeningBatch): void {
    // An observer has no share, and opens with those of others.
    if (batch.isComputing || this.#index >= this.#seats) return;
    batch.isComputing = true;
    const { height, points } = batch;
    this.#effects.push({ type: "compute-shares", height, points });
  }

  #combine(batch: OpeningBatch): void {
    if (batch.isCombining || batch.rowCount < quorum(this.#seats)) return;
    batch.isCombining = true;
    const { height, points } = batch;
    this.#effects.push({ type: "open-batch", height, points, rows: batch.rows() });
  }

  #finish(batch: OpeningBatch, openings: readonly Uint8Array[]): void {
    const { height, blockHash } = batch;
    assert(openings.length === batch.points.length, "every ciphertext has its opening");
    this.#batches.delete(height);
    this.#recent.set(height, { blockHash, slices: [{ slice: 0, openings }] });
    this.#effects.push({ type: "opened", height, openings });
  }

  /** The only place where decryption shares are put into a message. */
  #ownShares({ height, blockHash }: OpeningBatch, shares: readonly Uint8Array[]): Shares {
    assert(height <= this.#final, "decryption shares leave only for what is final");
    return { type: "shares", height, blockHash, slices: [{ slice: 0, shares }] };
  }

  #distrust(batch: OpeningBatch, peer: ValidatorIndex, code: string): void {
    batch.distrust(peer);
    this.#fault(peer, code);
  }

  #send(to: ValidatorIndex, message: OpeningMessage): void {
    this.#effects.push({ type: "send", to, message });
  }

  #fault(peer: ValidatorIndex, code: string): void {
    this.#effects.push({ type: "fault", peer, code });
  }
}

/** Seats of the shared key count from 1. */
function seatOf(index: ValidatorIndex): number {
  return index + 1;
}

/** With every seat a combiner there is one slice, and it holds all. */
function sliceZero<T extends { readonly slice: number }>(slices: readonly T[]): T | undefined {
  return slices.length === 1 && slices[0]?.slice === 0 ? slices[0] : undefined;
}
