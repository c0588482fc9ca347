// A committee's opening machines with real cryptography: what one block costs a node in CPU and in bytes received, and
// how long after FINAL it is open when messages take a while and every node has one thread.

import { assert, unreachable } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { Opening, type OpeningEffect, type OpeningEvent } from "../../mempool/index.ts";
import {
  encodeMessage,
  Height,
  type Message,
  type OpeningMessage,
  ValidatorIndex,
} from "../../protocol/index.ts";
import type { Figure } from "./harness.ts";
import { BlockSetting, count, type Job } from "./opening-setting.ts";

/** One way, µs. */
const delay = 30_000;
/** How long before FINAL a node votes for the block: two messages. */
const voteLead = 2 * delay;
const domain = new Uint8Array(32).fill(7);
/** Nodes whose checks are run and measured; the others' cost the same. */
const checkedNodes = 4;

/** CPU milliseconds for one ciphertext. */
interface Costs {
  readonly share: number;
  readonly open: number;
  readonly check: number;
}

/** Small committees send everything to everyone; for larger ones that is worked out beside what they do. */
export function benchOpening(group: SealingGroup, seats: number, seed: number): Figure[] {
  const setting = new BlockSetting(group, seats, seed);
  const { validate, unseal } = setting.common;
  const own = validate + unseal + setting.shareMs;
  const isSmall = seats <= 8;
  const measured = new SimulatedCommittee(setting);
  measured.run({ isPrepared: false });
  const costs: Costs = { share: setting.shareMs, ...measured.costs };
  const latency = (isPrepared: boolean): number =>
    new SimulatedCommittee(setting, costs).run({ isPrepared }) / 1_000;
  const name = isSmall ? `sealing/n${seats}` : `sealing/n${seats}-sliced`;
  const figures: Figure[] = [
    { name: `${name}/cpu-ms-per-tx`, value: own + measured.openingMsPerTx, unit: "ms" },
    { name: `${name}/bytes-per-tx`, value: measured.bytesPerTx, unit: "B" },
    { name: `${name}/after-final/ms`, value: latency(true), unit: "ms" },
    { name: `${name}/after-final-unprepared/ms`, value: latency(false), unit: "ms" },
  ];
  return isSmall ? figures : [...figures, ...allToAll(setting, own)];
}

/** Every row to everyone, and everyone combines. */
function allToAll(setting: BlockSetting, own: number): Figure[] {
  const { seats, points, shares } = setting;
  const { ms } = setting.open([{ points, rows: setting.rows(points) }]);
  const { height, blockHash } = setting.batch;
  const slices = [{ slice: 0, shares: shares[0] ?? [] }];
  const signature = new Uint8Array(96);
  const message = encodeMessage({ type: "shares", height, blockHash, signature, slices });
  const name = `sealing/n${seats}-all-to-all`;
  return [
    { name: `${name}/cpu-ms-per-tx`, value: own + ms / count, unit: "ms" },
    { name: `${name}/bytes-per-tx`, value: ((seats - 1) * message.length) / count, unit: "B" },
  ];
}

interface Due {
  readonly at: number;
  readonly node: number;
  readonly event: (now: number) => OpeningEvent;
}

/** All nodes on simulated time. Without costs the work is done and measured, with them it takes as long as they say. */
class SimulatedCommittee {
  readonly #setting: BlockSetting;
  readonly #costs: Costs | undefined;
  readonly #nodes: Opening[];
  /** When each node's thread is free again. */
  readonly #freeAt: number[];
  readonly #openedAt = new Map<number, number>();
  #queue: Due[] = [];
  #bytes = 0;
  readonly #spent = { open: 0, opened: 0, check: 0, checked: 0 };

  constructor(setting: BlockSetting, costs?: Costs) {
    const { committee, seats } = setting;
    this.#setting = setting;
    this.#costs = costs;
    this.#nodes = Array.from(
      { length: seats },
      (_, i) =>
        new Opening(
          { signatures: setting.signatures(i) },
          { committee, index: ValidatorIndex(i), domain },
          { final: Height(0), unopened: [] },
        ),
    );
    this.#freeAt = this.#nodes.map(() => 0);
  }

  /** All see the block final at the same moment; answers with how long the slowest then takes to open it, µs. */
  run({ isPrepared }: { isPrepared: boolean }): number {
    for (const node of this.#nodes.keys()) {
      const { batch } = this.#setting;
      if (isPrepared) this.#after(0, node, (now) => ({ type: "prepared", now, ...batch }));
      this.#after(voteLead, node, (now) => ({ type: "final", now, ...batch }));
    }
    for (let due = this.#next(); due !== undefined; due = this.#next()) {
      const { at, node, event } = due;
      for (const effect of this.#nodes[node]?.step(event(at)) ?? [])
        this.#carryOut(effect, node, at);
    }
    assert(this.#openedAt.size === this.#nodes.length, "everyone has opened the block");
    return Math.max(...this.#openedAt.values()) - voteLead;
  }

  /** Of signing for shares, combining and checking, all nodes' together, for one node and ciphertext. */
  get openingMsPerTx(): number {
    const { open, check } = this.#spent;
    const checking = Math.min(checkedNodes, this.#nodes.length);
    const released = this.#setting.releaseMs;
    return (released + open) / this.#nodes.length / count + check / checking / count;
  }

  get costs(): Omit<Costs, "share"> {
    const { open, opened, check, checked } = this.#spent;
    return { open: open / opened, check: checked === 0 ? 0 : check / checked };
  }

  /** Received by one node. */
  get bytesPerTx(): number {
    return this.#bytes / this.#nodes.length / count;
  }

  #after(at: number, node: number, event: Due["event"]): void {
    this.#queue.push({ at, node, event });
  }

  /** The earliest, and of several at one time the first that was asked for. */
  #next(): Due | undefined {
    if (this.#queue.length === 0) return undefined;
    let first = 0;
    for (const [i, { at }] of this.#queue.entries())
      if (at < (this.#queue[first]?.at ?? 0)) first = i;
    return this.#queue.splice(first, 1)[0];
  }

  #carryOut(effect: OpeningEffect, node: number, at: number): void {
    switch (effect.type) {
      case "compute-shares":
      case "open-batches":
      case "check-openings":
        return this.#work(effect, node, at);
      case "send":
        return this.#deliver(node, effect.to, effect.message, at);
      case "broadcast":
        for (const to of this.#nodes.keys())
          if (to !== node) this.#deliver(node, ValidatorIndex(to), effect.message, at);
        return;
      case "opened":
        this.#openedAt.set(node, at);
        return;
      case "persist":
      case "fault":
      case "load-openings":
        throw new Error(`honest nodes in time do not ${effect.type}`);
    }
  }

  #deliver(from: number, to: ValidatorIndex, message: Message, at: number): void {
    this.#bytes += encodeMessage(message).length;
    const told = { from: ValidatorIndex(from), message: message as OpeningMessage };
    this.#after(at + delay, to, (now) => ({ type: "message", now, ...told }));
  }

  #work(job: Job, node: number, at: number): void {
    const answered = this.#answer(job, node);
    const start = Math.max(at, this.#freeAt[node] ?? 0);
    const end = start + Math.round(answered.ms * 1_000);
    this.#freeAt[node] = end;
    this.#after(end, node, answered.event);
  }

  #answer(job: Job, node: number): { readonly ms: number; readonly event: Due["event"] } {
    const setting = this.#setting;
    switch (job.type) {
      case "compute-shares": {
        const { blockHash } = job;
        const shares = setting.shares[node] ?? [];
        const ms = (this.#costs?.share ?? 0) * count;
        return { ms, event: (now) => ({ type: "shares-computed", now, blockHash, shares }) };
      }
      case "open-batches": {
        const points = pointsOf(job.batches);
        const measured = this.#costs === undefined ? setting.open(job.batches) : undefined;
        const results =
          measured?.value ??
          job.batches.map((batch) => ({
            openings: setting.openingsOf(batch.points),
            badSeats: [],
          }));
        this.#spent.open += measured?.ms ?? 0;
        this.#spent.opened += points;
        const ms = (this.#costs?.open ?? 0) * points;
        return { ms, event: (now) => ({ type: "batches-opened", now, results }) };
      }
      case "check-openings": {
        const points = pointsOf(job.claims);
        const isMeasured = this.#costs === undefined && node < checkedNodes;
        const measured = isMeasured ? setting.check(job.claims) : undefined;
        assert(measured?.value.every(Boolean) ?? true, "honest openings are right");
        this.#spent.check += measured?.ms ?? 0;
        this.#spent.checked += isMeasured ? points : 0;
        const areValid = job.claims.map(() => true);
        const ms = (this.#costs?.check ?? 0) * points;
        return { ms, event: (now) => ({ type: "openings-checked", now, areValid }) };
      }
      default:
        return unreachable(job);
    }
  }
}

function pointsOf(parts: readonly { readonly points: readonly unknown[] }[]): number {
  return parts.reduce((sum, { points }) => sum + points.length, 0);
}
