// Reads L1 at finalized blocks only and hands them on one by one, in order. A stalled or restarting L1 is waited
// for; a finalized block that changes after it was read is reported and never followed.

import { fromHex, type Logger, type Metrics } from "../../base/index.ts";
import { type L1Block, type L1Event, limits } from "../../protocol/index.ts";
import { topics } from "./abi.ts";
import { type Block, type Hex, type Log, readBlock, readLogs } from "./answers.ts";
import { hex } from "./calls.ts";
import { type Contracts, toEvent } from "./events.ts";
import { badAnswer, forEachOf, type Rpc } from "./rpc.ts";

export interface WatcherOptions {
  readonly rpc: Rpc;
  readonly contracts: Contracts;
  /** Where reading goes on: the last block read, with its hash, or the one before the first to read. */
  readonly from: { readonly number: number; readonly hash: Hex | undefined };
  /** Settlement contracts of the rollups that subscribed up to there, by rollup id. */
  readonly settlements: ReadonlyMap<number, Hex>;
  /** Called once for each block, in order. */
  readonly onBlock: (block: L1Block) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Blocks read at once: more than become final at once, so that a chain that is followed is linked to its end. */
const rangeMax = 64;
const eventTopics = [
  topics.subscribed,
  topics.funded,
  topics.policySet,
  topics.reserveSet,
  topics.left,
  topics.inboxMessage,
  topics.prepared,
];

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #settlements: Map<number, Hex>;
  #last: { readonly number: number; readonly hash: Hex | undefined };
  #hasForked = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#settlements = new Map(options.settlements);
    this.#last = options.from;
  }

  /** Settlement contracts by rollup id, of all rollups seen so far. */
  get settlements(): ReadonlyMap<number, Hex> {
    return this.#settlements;
  }

  /** Reads as far as L1 is finalized; throws the `CodedError` of `Rpc` when L1 does not answer. */
  async poll(): Promise<void> {
    const finalized = await this.#options.rpc.call(
      "eth_getBlockByNumber",
      ["finalized", false],
      readBlock,
    );
    if (finalized === undefined) return;
    if (finalized.number === this.#last.number) this.#isTheSame(finalized.hash, finalized.number);
    while (this.#last.number < finalized.number) if (!(await this.#read(finalized))) return;
  }

  /** One range of blocks, linked to what was read before and to the finalized block; false when it is not. */
  async #read(finalized: Block): Promise<boolean> {
    const from = this.#last.number + 1;
    const to = Math.min(finalized.number, this.#last.number + rangeMax);
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const found = await forEachOf(numbers, (number) => this.#blockAt(number));
    const blocks = found.filter((block) => block !== undefined);
    // A server behind a balancer may know less than the one that answered before, or stand on a fork up there.
    if (blocks.length < found.length) return false;
    if (to === finalized.number && blocks.at(-1)?.hash !== finalized.hash) return false;
    if (blocks.some((block, i) => i > 0 && block.parentHash !== blocks[i - 1]?.hash)) return false;
    if (!this.#isTheSame(blocks[0]?.parentHash, this.#last.number)) return false;
    const logs = await forEachOf(blocks, (block) => this.#logsOf(block));
    for (const [i, { number, hash }] of blocks.entries()) {
      const events = (logs[i] ?? []).flatMap((log) => this.#take(log));
      this.#options.onBlock({ number, hash: fromHex(hash) ?? new Uint8Array(32), events });
      this.#last = { number, hash };
    }
    return true;
  }

  /** Whether L1 still names the last block read by its hash; said once while it does not. */
  #isTheSame(hash: Hex | undefined, number: number): boolean {
    const hasForked = this.#last.hash !== undefined && this.#last.hash !== hash;
    if (hasForked && !this.#hasForked) {
      const { logger, metrics } = this.#options;
      logger.error("a finalized L1 block has changed, reading no further", { number });
      metrics.count("l1_finality_violations_total");
    }
    this.#hasForked = hasForked;
    return !hasForked;
  }

  async #blockAt(number: number): Promise<Block | undefined> {
    const params = [`0x${number.toString(16)}`, false];
    const block = await this.#options.rpc.call("eth_getBlockByNumber", params, readBlock);
    if (block !== undefined && block.number !== number) throw badAnswer("the block of that number");
    return block;
  }

  /**
   * By the block's hash, so that a server that does not have the block says so: asked for a range, it would answer
   * with no logs. By topics alone, so that the question is the same however many rollups there are.
   */
  async #logsOf({ number, hash }: Block): Promise<Log[]> {
    const filter = { blockHash: hash, topics: [eventTopics] };
    const logs = await this.#options.rpc.call("eth_getLogs", [filter], readLogs);
    if (logs.some((log) => log.blockHash !== hash || log.blockNumber !== number))
      throw badAnswer("the logs of that block");
    return logs;
  }

  #take(log: Log): L1Event[] {
    const event = toEvent(log, this.#options.contracts, this.#settlements);
    if (event === undefined) return [];
    if (event.type === "prepared") return [event];
    // As the ledger does it: an id is taken once, and beyond its bound nothing is kept of a rollup.
    const { namespace } = event;
    if (namespace >= limits.namespacesMax) return [];
    if (event.type === "subscribed" && !this.#settlements.has(namespace))
      this.#settlements.set(namespace, hex(event.settlement));
    return [event];
  }
}
