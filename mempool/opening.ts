import { assert, BoundedMap, type Gauge, unreachable } from "../base/index.ts";
import {
  type Height,
  limits,
  type Opened,
  type OpeningMessage,
  type PullOpenings,
  quorum,
  type Shares,
  ValidatorIndex,
} from "../protocol/index.ts";
import { Distrust } from "./distrust.ts";
import { EarlyOpenings } from "./early-openings.ts";
import { OpeningBatch } from "./opening-batch.ts";
import type {
  BatchResult,
  FinalBatch,
  OpeningEffect,
  OpeningEvent,
  OpeningOptions,
  RecoveredOpening,
  Row,
} from "./opening-events.ts";
import { OpeningJobs } from "./opening-jobs.ts";
import type { OpeningSlice } from "./opening-slice.ts";
import { PreparedShares } from "./prepared-shares.ts";
import { Releases, type ReleaseSignatures, releasesMax } from "./releases.ts";
import { ServingBudget } from "./serving-budget.ts";
import { combinersOf, isCombiner, sliceOf, slicingOf } from "./slicing.ts";

/** How long shares are waited for before others are asked, µs; doubled each time, so often at most. */
const patience = 150_000;
const doublingsMax = 5;
/** What is old is asked of so many peers at a time, and of all only when so many times nobody answered. */
const askedPeers = 2;
const politeAsks = 2;
/** Openings at hand for those who come late, in heights; older ones are in the store. */
const recentMax = 64;
/** Final heights that wait; the node stops catching up long before. */
const waitingMax = 1024;

/**
 * Opens what is final (docs/sealing.md). Every validator sends its decryption shares to the combiners of each slice;
 * who has a quorum of them combines, checks the result and, unless everyone is a combiner, tells the others. What is
 * still missing after a while is asked of all, and then everyone who asks combines. Shares follow from the key and the
 * final block alone, so a restart needs no memory of what was sent. What opens first is told first: the node puts
 * heights in order.
 */
export class Opening {
  readonly #index: ValidatorIndex;
  readonly #seats: number;
  readonly #budget: ServingBudget;
  /** Not opened, ascending by height. */
  readonly #batches = new Map<Height, OpeningBatch>();
  readonly #jobs = new OpeningJobs();
  readonly #prepared = new PreparedShares();
  readonly #early: EarlyOpenings;
  readonly #distrust = new Distrust();
  readonly #releases: Releases;
  readonly #recent = new BoundedMap<
    Height,
    Pick<Opened, "blockHash"> & { readonly openings: readonly Uint8Array[] }
  >(recentMax);
  #final: Height;
  /** Counts what old heights were asked of whom. */
  #turn = 0;
  #effects: OpeningEffect[] = [];

  constructor(
    ports: { readonly signatures: ReleaseSignatures },
    options: OpeningOptions,
    recovered: RecoveredOpening,
  ) {
    this.#index = options.index;
    this.#seats = options.committee.members.length;
    this.#budget = new ServingBudget(this.#seats + limits.observersMax);
    this.#early = new EarlyOpenings(this.#index, this.#seats);
    this.#releases = new Releases(ports.signatures, options);
    this.#final = recovered.final;
    for (const batch of recovered.unopened) {
      assert(batch.height <= recovered.final, "what was recovered unopened is final");
      if (batch.transactions.length > 0) this.#await(batch, 0, false);
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
      { name: "early-openings", size: this.#early.size, max: limits.unopenedMax },
      { name: "prepared-shares", size: this.#prepared.size, max: limits.unfinalizedMax },
      { name: "releases", size: this.#releases.size, max: releasesMax },
      { name: "recent-openings", size: this.#recent.size, max: recentMax },
    ];
  }

  step(event: OpeningEvent): OpeningEffect[] {
    switch (event.type) {
      case "prepared":
        this.#onPrepared(event);
        break;
      case "final":
        this.#onFinal(event, event.now, event.isOld ?? false);
        break;
      case "message":
        this.#onMessage(event.from, event.message, event.now);
        break;
      case "shares-computed":
        this.#onSharesComputed(event.blockHash, event.shares);
        break;
      case "batches-opened":
        this.#onCombined(event.results);
        break;
      case "openings-checked":
        this.#onChecked(event.areValid);
        break;
      case "voided":
        // What workers still answer about it finds no batch.
        this.#batches.delete(event.height);
        this.#recent.delete(event.height);
        break;
      case "tick":
        this.#onTick(event.now);
        break;
      default:
        unreachable(event);
    }
    this.#effects.push(...this.#jobs.start((slice) => this.#rowsOf(slice)));
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #onPrepared({ height, blockHash, transactions }: FinalBatch): void {
    if (height <= this.#final || transactions.length === 0) return;
    if (!this.#isSeated || this.#prepared.has(blockHash)) return;
    this.#prepared.expect(blockHash, height);
    const points = OpeningBatch.pointsOf(transactions);
    this.#effects.push({ type: "compute-shares", blockHash, points });
  }

  #onFinal(batch: FinalBatch, now: number, isOld: boolean): void {
    const { height, blockHash, transactions } = batch;
    assert(height === this.#final + 1, "heights become final one after another");
    this.#final = height;
    const early = this.#early.take(height);
    const prepared = this.#prepared.take(blockHash, height);
    if (transactions.length === 0) {
      this.#effects.push({ type: "opened", height, openings: [] });
      return;
    }
    const awaited = this.#await(batch, isOld ? now : now + patience, isOld);
    awaited.isComputing = prepared !== undefined;
    if (prepared?.shares !== undefined) this.#release(awaited, prepared.shares);
    else if (!isOld) this.#computeShares(awaited);
    for (const { from, message } of early)
      if (message.type === "shares") this.#addShares(awaited, from, message);
      else this.#addOpenings(awaited, from, message);
  }

  #onMessage(from: ValidatorIndex, message: OpeningMessage, now: number): void {
    switch (message.type) {
      case "shares":
        this.#onShares(from, message);
        return;
      case "opened": {
        const batch = this.#batches.get(message.height);
        if (batch === undefined) this.#early.keep(from, message, this.#final);
        else this.#addOpenings(batch, from, message);
        return;
      }
      case "pull-openings":
        for (const want of message.wants)
          if (this.#budget.spend(from, now)) this.#onPull(from, want);
        return;
      default:
        unreachable(message);
    }
  }

  /** Shares are listened to for which their sender stands. */
  #onShares(from: ValidatorIndex, message: Shares): void {
    const { height } = message;
    const batch = this.#batches.get(height);
    const isNear = height > this.#final - releasesMax && height <= this.#final + limits.unopenedMax;
    if (from >= this.#seats || (batch === undefined && !isNear)) return;
    const { isSigned, isNews, evidence } = this.#releases.hear(from, message);
    if (evidence !== undefined)
      this.#effects.push({ type: "fault", peer: from, code: "TWO_RELEASES", evidence });
    if (!isSigned) return isNews ? this.#fault(from, "BAD_RELEASE") : undefined;
    if (batch === undefined) this.#early.keep(from, message, this.#final);
    else this.#addShares(batch, from, message);
  }

  /** Rows of the slices that this seat combines, and of all that it has asked for. */
  #addShares(batch: OpeningBatch, from: ValidatorIndex, message: Shares): void {
    if (!batch.matches(message.blockHash)) return this.#fault(from, "WRONG_SHARES");
    for (const { slice: number, shares } of message.slices) {
      const slice = batch.slices[number];
      if (slice?.points.length !== shares.length) return this.#fault(from, "WRONG_SHARES");
      if (!this.#isMine(slice) && batch.asked === 0) continue;
      slice.addRow(seatOf(from), shares);
      this.#jobs.combine(slice);
    }
  }

  #addOpenings(batch: OpeningBatch, from: ValidatorIndex, message: Opened): void {
    if (this.#distrust.has(from, batch.height)) return;
    const parts = batch.matches(message.blockHash) ? batch.partsOf(message.slices) : undefined;
    if (parts === undefined) return this.#distrusted(batch.height, from, "WRONG_OPENINGS");
    for (const { slice, openings } of parts) {
      slice.addClaim(from, openings);
      this.#jobs.check(slice);
    }
  }

  #onSharesComputed(blockHash: Uint8Array, shares: readonly Uint8Array[]): void {
    for (const batch of this.#batches.values())
      if (batch.matches(blockHash)) return this.#release(batch, shares);
    this.#prepared.keep(blockHash, shares);
  }

  /** This node's shares of a final block go to those who combine them. */
  #release(batch: OpeningBatch, shares: readonly Uint8Array[]): void {
    batch.own = shares;
    this.#addOwnRows(batch);
    if (this.#isSmall) {
      this.#effects.push({ type: "broadcast", message: this.#ownShares(batch, batch.slices) });
      return;
    }
    const tasks = new Map<ValidatorIndex, OpeningSlice[]>();
    for (const slice of batch.slices)
      for (const combiner of combinersOf(this.#seats, batch.height, slice.number))
        if (combiner !== this.#index) tasks.set(combiner, [...(tasks.get(combiner) ?? []), slice]);
    for (const [to, slices] of tasks) this.#send(to, this.#ownShares(batch, slices));
  }

  #addOwnRows(batch: OpeningBatch): void {
    for (const slice of batch.missing) {
      const shares = batch.ownOf(slice);
      if (shares === undefined || (!this.#isMine(slice) && batch.asked === 0)) continue;
      slice.addRow(seatOf(this.#index), shares);
      this.#jobs.combine(slice);
    }
  }

  /** Enough to combine: of seats that have never lied if possible, and of all once others had to be asked. */
  #rowsOf(slice: OpeningSlice): readonly Row[] | undefined {
    const { true: good = [], false: doubtful = [] } = Object.groupBy(slice.rows(), ({ seat }) =>
      this.#distrust.has(ValidatorIndex(seat - 1), slice.height) ? "false" : "true",
    );
    const isLate = (this.#batches.get(slice.height)?.asked ?? 0) > 0;
    const rows = isLate ? [...good, ...doubtful] : good;
    return rows.length < quorum(this.#seats) ? undefined : rows;
  }

  #onCombined(results: readonly BatchResult[]): void {
    const opened: OpeningSlice[] = [];
    for (const [i, slice] of this.#jobs.endCombining().entries()) {
      const { openings, badSeats } = results[i] ?? { badSeats: [] };
      for (const seat of badSeats) {
        slice.dropSeat(seat);
        this.#distrusted(slice.height, ValidatorIndex(seat - 1), "BAD_SHARES");
      }
      if (openings !== undefined && this.#openSlice(slice, openings)) opened.push(slice);
      // Without a culprit the same rows would fail again at once: the next row tries again.
      else if (badSeats.length > 0) this.#jobs.combine(slice);
    }
    this.#finish(opened);
  }

  #onChecked(areValid: readonly boolean[]): void {
    const opened: OpeningSlice[] = [];
    for (const [i, { slice, claim }] of this.#jobs.endChecking().entries()) {
      const isValid = areValid[i] === true;
      if (isValid && this.#openSlice(slice, claim.openings)) opened.push(slice);
      if (isValid) continue;
      // Whatever else it has said about this height is as little worth as this.
      const batch = this.#batches.get(slice.height);
      for (const each of batch?.missing ?? []) {
        each.dropClaims(claim.from);
        if (each.claim !== undefined) this.#jobs.check(each);
      }
      this.#distrusted(slice.height, claim.from, "BAD_OPENINGS");
    }
    this.#finish(opened);
  }

  /** False when it was open already. */
  #openSlice(slice: OpeningSlice, openings: readonly Uint8Array[]): boolean {
    if (slice.openings !== undefined) return false;
    assert(openings.length === slice.points.length, "every ciphertext has its opening");
    slice.open(openings);
    return true;
  }

  /** Tells those who do not combine, and the node when a height is complete. */
  #finish(opened: readonly OpeningSlice[]): void {
    for (const height of new Set(opened.map((slice) => slice.height))) {
      const batch = this.#batches.get(height);
      if (batch === undefined) continue;
      const slices = opened.filter((slice) => slice.height === height && this.#isMine(slice));
      // Whoever it learned them from may have told nobody else.
      if (!this.#isSmall && !batch.isOld && slices.length > 0)
        this.#effects.push({ type: "broadcast", message: openedOf(batch, slices) });
      const { openings, blockHash } = batch;
      if (openings === undefined) continue;
      this.#batches.delete(height);
      this.#recent.set(height, { blockHash, openings });
      this.#effects.push({ type: "opened", height, openings });
    }
  }

  /** The openings that are known, and this node's shares of the others. */
  #onPull(from: ValidatorIndex, want: PullOpenings["wants"][number]): void {
    const { height } = want;
    const batch = this.#batches.get(height);
    const recent = this.#recent.get(height);
    if (recent !== undefined) {
      const { blockHash, openings } = recent;
      const { slices } = slicingOf(this.#seats, openings.length);
      const numbers = want.slices.length === 0 ? undefined : new Set(want.slices);
      const parts =
        numbers === undefined || slices === 1
          ? [{ slice: 0, openings }]
          : [...numbers]
              .filter((slice) => slice < slices)
              .map((slice) => ({ slice, openings: sliceOf(openings, slice, slices) }));
      if (parts.length > 0) this.#send(from, { type: "opened", height, blockHash, slices: parts });
      return;
    }
    if (batch === undefined) {
      if (height <= this.#final) this.#effects.push({ type: "load-openings", height, to: from });
      return;
    }
    const wanted = batch.slices.filter(
      ({ number }) => want.slices.length === 0 || want.slices.includes(number),
    );
    const known = wanted.filter(({ openings }) => openings !== undefined);
    const others = wanted.filter(({ openings }) => openings === undefined);
    if (known.length > 0) this.#send(from, openedOf(batch, known));
    if (others.length === 0) return;
    if (batch.own !== undefined) this.#send(from, this.#ownShares(batch, others));
    else this.#computeShares(batch);
  }

  #onTick(now: number): void {
    const wants: PullOpenings["wants"][number][] = [];
    const polite: PullOpenings["wants"][number][] = [];
    for (const batch of this.#batches.values()) {
      if (wants.length + polite.length >= limits.unopenedMax) break;
      if (batch.askAt > now) continue;
      const missing = batch.missing.map(({ number }) => number);
      const slices = missing.length === batch.slices.length ? [] : missing;
      (batch.isOld && batch.asked < politeAsks ? polite : wants).push({
        height: batch.height,
        slices,
      });
      // Others have not answered, or it is not old: they may be waiting for the same.
      if (batch.asked > 0 || !batch.isOld) this.#computeShares(batch);
      batch.askAt = now + patience * 2 ** Math.min(batch.asked, doublingsMax);
      batch.asked++;
      // From here on this node combines for itself what nobody has told it.
      this.#addOwnRows(batch);
      for (const slice of batch.missing) this.#jobs.combine(slice);
    }
    if (wants.length > 0)
      this.#effects.push({ type: "broadcast", message: { type: "pull-openings", wants } });
    if (polite.length > 0)
      for (const peer of this.#nextPeers())
        this.#send(peer, { type: "pull-openings", wants: polite });
  }

  /** Others in turn, so that who catches up is not served by all at once what one can give. */
  #nextPeers(): ValidatorIndex[] {
    const peers = Array.from({ length: this.#seats }, (_, i) => ValidatorIndex(i)).filter(
      (peer) => peer !== this.#index && !this.#distrust.has(peer, this.#final),
    );
    const count = Math.min(askedPeers, peers.length);
    return Array.from({ length: count }, () => peers[this.#turn++ % peers.length]).filter(
      (peer) => peer !== undefined,
    );
  }

  #await(batch: FinalBatch, askAt: number, isOld: boolean): OpeningBatch {
    assert(this.#batches.size < waitingMax, "a node does not catch up faster than it opens");
    const awaited = new OpeningBatch(batch, { seats: this.#seats, isOld, askAt });
    this.#batches.set(batch.height, awaited);
    return awaited;
  }

  #computeShares(batch: OpeningBatch): void {
    if (batch.isComputing || !this.#isSeated) return;
    batch.isComputing = true;
    const { blockHash, points } = batch;
    this.#effects.push({ type: "compute-shares", blockHash, points });
  }

  /** The only place where decryption shares are put into a message. */
  #ownShares(batch: OpeningBatch, slices: readonly OpeningSlice[]): Shares {
    const { height, blockHash } = batch;
    assert(height <= this.#final, "decryption shares leave only for what is final");
    const parts = slices.map((slice) => {
      const shares = batch.ownOf(slice);
      assert(shares !== undefined, "shares are sent when they are computed");
      return { slice: slice.number, shares };
    });
    const signature = this.#releases.sign(height, blockHash);
    return { type: "shares", height, blockHash, signature, slices: parts };
  }

  get #isSmall(): boolean {
    return slicingOf(this.#seats, 0).combiners === this.#seats;
  }

  /** A node without a seat opens what others tell, and has no shares. */
  get #isSeated(): boolean {
    return this.#index < this.#seats;
  }

  #isMine({ height, number }: OpeningSlice): boolean {
    // Where all send to all, those who only listen can combine as well.
    return this.#isSmall || isCombiner(this.#index, { seats: this.#seats, height, slice: number });
  }

  #distrusted(height: Height, peer: ValidatorIndex, code: string): void {
    this.#distrust.add(peer, height);
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

function openedOf(batch: OpeningBatch, slices: readonly OpeningSlice[]): Opened {
  const { height, blockHash } = batch;
  const parts = slices.map(({ number, openings }) => {
    assert(openings !== undefined, "only what is open is told");
    return { slice: number, openings };
  });
  return { type: "opened", height, blockHash, slices: parts };
}
