// Carries certified checkpoints to the Hub and every rollup's totals to its Settlement. It looks at what L1 says
// now and does what is missing, so a restart, a reorganisation or a transaction that got lost all heal by looking
// again; the contracts refuse what they have, so nothing happens twice.

import type { Wallet } from "ethers";
import { assert, type CodedError, type Logger, type Metrics } from "../../base/index.ts";
import { g1Uncompressed } from "../../crypto/index.ts";
import {
  type Committee,
  committeeDigest,
  committeeHash,
  committeeHead,
  type ContradictionCall,
} from "../../protocol/index.ts";
import type { Anchorable } from "../anchoring.ts";
import { bundleAbi, hubAbi, stakeAbi } from "./abi.ts";
import { type Hex, readBytes } from "./answers.ts";
import type { Candidates } from "./candidates.ts";
import {
  anchorCall,
  bundleCall,
  type HandOver,
  type Seats,
  settleCall,
  type SettleItem,
  settleItem,
} from "./calls.ts";
import { type Conviction, Convictions } from "./convictions.ts";
import { type Post, Posts } from "./posts.ts";
import { forEachOf, isRefusal, type Rpc } from "./rpc.ts";
import { type Call, Sender } from "./sender.ts";
import type { Look, StateReader } from "./state-reader.ts";
import { Turn } from "./turn.ts";

/** A validator's place in the committee, by which it is its turn. */
export interface Place {
  readonly index: number;
  readonly seats: number;
}

export interface PosterOptions {
  readonly rpc: Rpc;
  readonly reader: StateReader;
  readonly candidates: Candidates;
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly hub: Hex;
  readonly rollups: Hex;
  readonly bundle: Hex;
  readonly place: Place;
  /** How long each further validator waits for those before it, ms. */
  readonly failoverMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What a transaction was sent for. */
type Label =
  | {
      readonly type: "anchor";
      readonly number: number;
      readonly height: number;
      /** What it does in the same transaction; undefined when it goes to the Hub alone. */
      readonly post: Pick<Post, "settles" | "collects"> | undefined;
    }
  | {
      readonly type: "settle";
      readonly number: number;
      readonly count: number;
      readonly ids: readonly number[];
    }
  /** The number is that of the epoch. */
  | { readonly type: "prepare"; readonly number: number }
  /** The number is that of the offence's epoch. */
  | { readonly type: "convict"; readonly number: number; readonly conviction: Conviction };

const certifiedKept = 32;
/** In one transaction: Bundle wants 250,000 gas for each, of the 16.7 million there may be. */
const itemsMax = 50;
/** As Bundle gives it, so that what passes here passes there. */
const settleGas = "0x3d090";
/** Transactions for one rollup and one checkpoint, on one chain: an odd Settlement may take them to no effect. */
const attemptsMax = 2;
/** After something was refused, in parts of the failover; doubled each time. */
const retryPart = 3;
const retryMsMax = 60_000;
/** Before one that was convicted is looked at again, in failovers: the transaction is included by then, or lost. */
const convictionPart = 8;

export class Poster {
  readonly #options: PosterOptions;
  readonly #sender: Sender<Label>;
  readonly #anchorTurn: Turn;
  readonly #settleTurn: Turn;
  readonly #prepareTurn: Turn;
  readonly #convictTurn: Turn;
  readonly #convictions: Convictions;
  readonly #posts: Posts;
  /** By checkpoint number, ascending. */
  #certified = new Map<number, Anchorable>();
  #lastSent: Label["type"] | undefined;
  /** Attempts by rollup id, for the checkpoint and the fork of L1 that they were for. */
  #attempts: { readonly count: number; readonly fork: number; readonly by: Map<number, number> };
  #seats: { readonly epoch: number; readonly seats: Seats } | undefined;
  #retry: { readonly count: number; readonly at: number; readonly waitMs: number };

  constructor(options: PosterOptions) {
    const { place, failoverMs } = options;
    this.#options = options;
    this.#sender = new Sender({ ...options, inclusionMs: 2 * failoverMs });
    this.#anchorTurn = new Turn({ ...place, failoverMs });
    this.#settleTurn = new Turn({ ...place, failoverMs });
    this.#prepareTurn = new Turn({ ...place, failoverMs });
    this.#convictTurn = new Turn({ ...place, failoverMs });
    this.#posts = new Posts({ ...options, poster: options.wallet.address });
    this.#convictions = new Convictions(convictionPart * failoverMs);
    this.#attempts = { count: 0, fork: 0, by: new Map() };
    this.#retry = this.#noRetry(0);
  }

  /** Takes a checkpoint to be anchored. A newer one stands for all before it. */
  add(anchorable: Anchorable): void {
    const { number } = anchorable.certified.checkpoint;
    if (this.#certified.has(number)) return;
    const all = [...this.#certified, [number, anchorable] as const].sort(([a], [b]) => a - b);
    this.#certified = new Map(all.slice(-certifiedKept));
  }

  /** Takes what proves that a validator contradicted itself. */
  convict(call: ContradictionCall): void {
    this.#convictions.add(call);
  }

  /** An epoch has begun in which this validator has another place, or its seat is among others. */
  enter(place: Place): void {
    for (const turn of this.#turns) turn.enter(place);
  }

  /** L1 was away: what the others have done or left undone meanwhile is not known. */
  onOutage(): void {
    for (const turn of this.#turns) turn.clear();
  }

  /** At most one transaction; throws the `CodedError` of `Rpc` when L1 does not answer. `now` never goes back, ms. */
  async act(look: Look, now: number): Promise<void> {
    // The look is older than what has been included.
    if (await this.#follow()) return;
    // All turns are asked each time, so that waiting counts while a transaction of ours is on its way.
    const convictDue = this.#convictDue(look, now);
    const dues = [
      this.#anchorDue(look, now),
      this.#settleDue(look, now),
      this.#prepareDue(look, now),
    ];
    const { count } = look.state;
    if (this.#retry.count !== count) this.#retry = this.#noRetry(count);
    const isBusy = this.#sender.isWaiting(look.head, now);
    // It is rare and first of all: a liar may be about to leave with its stake.
    if (convictDue !== undefined && !isBusy) return this.#convict(convictDue, look.head, now);
    if (now < this.#retry.at || isBusy) return;
    // Checkpoints may come faster than L1 takes them; settling gets every second transaction even so.
    if (this.#lastSent === "anchor") dues.push(dues.shift());
    const due = dues.find((each) => each !== undefined);
    if (due === "anchor") await this.#anchor(look, now);
    if (due === "settle") await this.#settle(look, now);
    if (due === "prepare") await this.#prepare(look, now);
  }

  get #turns(): readonly Turn[] {
    return [this.#anchorTurn, this.#settleTurn, this.#prepareTurn, this.#convictTurn];
  }

  #anchorDue({ head, state }: Look, now: number): "anchor" | undefined {
    const newest = this.#newest(state.epoch);
    if (newest !== undefined && newest.certified.checkpoint.number > state.number)
      return this.#anchorTurn.isMine(state.count, head.number, now) ? "anchor" : undefined;
    this.#anchorTurn.clear();
    return undefined;
  }

  #settleDue(look: Look, now: number): "settle" | undefined {
    const { count } = look.state;
    // Another validator than the one whose turn it is to anchor, so that neither waits for the other.
    if (this.#behind(look).length > 0)
      return this.#settleTurn.isMine(count + 1, look.head.number, now) ? "settle" : undefined;
    this.#settleTurn.clear();
    return undefined;
  }

  /** Any committee in place of the one at work will do, so whoever has the turn shows the one that there is now. */
  #prepareDue({ head, state }: Look, now: number): "prepare" | undefined {
    if (head.timestamp >= state.preparableFrom)
      return this.#prepareTurn.isMine(state.epoch, head.number, now) ? "prepare" : undefined;
    this.#prepareTurn.clear();
    return undefined;
  }

  /** Whoever has the turn is told by the slot, which all who saw the same lie know. */
  #convictDue({ head }: Look, now: number): Conviction | undefined {
    const next = this.#convictions.next(now);
    if (next !== undefined)
      return this.#convictTurn.isMine(next.slot, head.number, now) ? next : undefined;
    this.#convictTurn.clear();
    return undefined;
  }

  async #convict(conviction: Conviction, head: Look["head"], now: number): Promise<void> {
    const { hub, logger } = this.#options;
    const { epoch, data } = conviction;
    const label: Label = { type: "convict", number: epoch, conviction };
    try {
      await this.#sender.send({ to: hub, data }, label, head, now);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Another has done it, or it is not staked: what else is to be done does not wait for that.
      logger.info("L1 did not take a conviction", { epoch, reason: reasonOf(error) });
    }
    this.#convictions.postpone(conviction, now);
  }

  async #prepare({ head, state }: Look, now: number): Promise<void> {
    const data = await this.#options.candidates.prepareCall(head);
    if (data === undefined) return;
    const label: Label = { type: "prepare", number: state.epoch + 1 };
    await this.#send({ to: this.#options.hub, data }, label, head, now);
  }

  async #anchor(look: Look, now: number): Promise<void> {
    const newest = this.#newest(look.state.epoch);
    if (newest === undefined) return;
    const { number, height } = newest.certified.checkpoint;
    const { certified, leaves, committee, next } = newest;
    const handOver = next === undefined ? undefined : handOverTo(next);
    const anchor = [certified, this.#seatsOf(committee), handOver] as const;
    const post = await this.#posts.callFor(anchor, leaves, look);
    const call = post ?? { to: this.#options.hub, data: anchorCall(...anchor) };
    const label: Label = { type: "anchor", number, height, post };
    await this.#send({ to: call.to, data: call.data }, label, look.head, now);
  }

  /** Settles all rollups that are behind the Hub's latest checkpoint, in one transaction. */
  async #settle(look: Look, now: number): Promise<void> {
    const { head, state } = look;
    const behind = this.#behind(look).slice(0, itemsMax);
    const tried = await forEachOf(behind, ({ id, item }) =>
      this.#wouldSettle(id, item, state.count),
    );
    const ready = behind.filter((_, i) => tried[i] === true);
    if (ready.length === 0) return;
    const { number, count } = state;
    const data = bundleCall(
      count,
      ready.map(({ item }) => item),
    );
    const call = { to: this.#options.bundle, data };
    const label: Label = { type: "settle", number, count, ids: ready.map(({ id }) => id) };
    await this.#send(call, label, head, now);
  }

  /** The rollups that have less than the Hub's latest checkpoint holds for them, but for those given up. */
  #behind({ state, fork, addresses }: Look): { readonly id: number; readonly item: SettleItem }[] {
    const { count, number, settled } = state;
    if (this.#attempts.count !== count || this.#attempts.fork !== fork)
      this.#attempts = { count, fork, by: new Map() };
    const leaves = this.#certified.get(number)?.leaves ?? [];
    return leaves.flatMap((leaf) => {
      const id = leaf.namespace;
      const settlement = addresses.get(id);
      const has = settled.get(id);
      if (settlement === undefined || has === undefined || has.batches >= leaf.batches) return [];
      if ((this.#attempts.by.get(id) ?? 0) >= attemptsMax) return [];
      return [{ id, item: settleItem(leaf, leaves, settlement) }];
    });
  }

  /** Asked one by one first: one that refuses would cost us gas for nothing. */
  async #wouldSettle(id: number, item: SettleItem, count: number): Promise<boolean> {
    const { rpc, bundle, reader, logger } = this.#options;
    const request = { from: bundle, to: item.settlement, data: settleCall(count, item) };
    try {
      await rpc.call("eth_call", [{ ...request, gas: settleGas }, "latest"], readBytes);
      this.#posts.note(id, true);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      logger.info("a rollup cannot be settled now", { rollup: id });
      this.#posts.note(id, false);
      this.#noteAttempt(id);
      // Perhaps somebody else has settled it.
      reader.forget();
      return false;
    }
  }

  #noteAttempt(id: number): void {
    this.#attempts.by.set(id, (this.#attempts.by.get(id) ?? 0) + 1);
  }

  async #send(call: Call, label: Label, head: Look["head"], now: number): Promise<void> {
    const { reader, logger } = this.#options;
    try {
      await this.#sender.send(call, label, head, now);
      this.#lastSent = label.type;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Another validator was faster, or it will not do: the next look decides what is left to do.
      const { count, waitMs } = this.#retry;
      this.#retry = { count, at: now + waitMs, waitMs: Math.min(retryMsMax, 2 * waitMs) };
      reader.forget();
      const { type, number } = label;
      logger.info("L1 did not take a transaction", { type, number, reason: reasonOf(error) });
    }
  }

  /** Whether a transaction of ours has come to its end. */
  async #follow(): Promise<boolean> {
    const { logger, metrics } = this.#options;
    const outcome = await this.#sender.follow();
    if (outcome === undefined) return false;
    const { label, isSuccess, gasUsed: gas } = outcome;
    const { type, number } = label;
    if (label.type === "settle" && label.count === this.#attempts.count)
      for (const id of label.ids) this.#noteAttempt(id);
    if (!isSuccess) {
      metrics.count("l1_transactions_failed_total");
      logger.info("an L1 transaction did nothing", { type, number, gas });
    } else if (label.type === "anchor") {
      metrics.gauge(label.post === undefined ? "anchor_gas" : "post_gas", gas);
      const { settles = 0, collects = 0 } = label.post ?? {};
      logger.info("checkpoint anchored", { number, height: label.height, settles, collects, gas });
    } else if (label.type === "prepare") {
      logger.info("next committee prepared", { epoch: number, gas });
    } else if (label.type === "convict") {
      metrics.count("l1_convictions_total");
      logger.info("validator convicted", { epoch: number, slot: label.conviction.slot, gas });
    } else {
      metrics.gauge("settle_gas", gas);
      logger.info("rollups settled", { number, rollups: label.ids.length, gas });
    }
    return true;
  }

  #noRetry(count: number): {
    readonly count: number;
    readonly at: number;
    readonly waitMs: number;
  } {
    return { count, at: 0, waitMs: this.#options.failoverMs / retryPart };
  }

  /** Worked out once for an epoch: adding up many keys takes a while. */
  #seatsOf(committee: Committee): Seats {
    const { epoch } = committee;
    if (this.#seats?.epoch !== epoch) this.#seats = { epoch, seats: seatsOf(committee) };
    return this.#seats.seats;
  }

  /** The Hub takes one epoch after the other: first the last checkpoint of its epoch, which hands over to the next. */
  #newest(epoch: number): Anchorable | undefined {
    return [...this.#certified.values()].findLast(
      ({ certified }) => certified.checkpoint.epoch === epoch,
    );
  }
}

function handOverTo(next: Committee): HandOver {
  return { committee: committeeHash(seatsOf(next).head), sealing: committeeDigest(next) };
}

/** The committee as the Hub knows it. Everyone weighs the same. */
function seatsOf({ members }: Committee): Seats {
  const keys = members.map(({ publicKey }) => ({
    publicKey: g1Uncompressed(publicKey) ?? new Uint8Array(96),
    weight: 1,
  }));
  const head = committeeHead(keys);
  assert(head !== undefined, "the committee's keys are points");
  return { keys, head };
}

/** The name of a contract's error, or what is known of the rest; never the words of L1 itself. */
function reasonOf({ details }: CodedError): string {
  const data = String(details["data"]);
  if (/^0x[0-9a-f]{8,}$/i.test(data) && data.length % 2 === 0)
    return nameOf(data) ?? "CONTRACT_ERROR";
  const message = String(details["message"]);
  if (/insufficient funds/i.test(message)) return "INSUFFICIENT_FUNDS";
  if (/nonce too low/i.test(message)) return "NONCE_SPENT";
  return /underpriced/i.test(message) ? "UNDERPRICED" : "REFUSED";
}

function nameOf(data: Hex): string | undefined {
  const selector = data.slice(0, 10);
  const abi = [hubAbi, bundleAbi, stakeAbi].find((each) => each.getError(selector) !== null);
  return abi?.getError(selector)?.name;
}
