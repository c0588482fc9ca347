// Reads L1 at finalized blocks only and hands them on one by one, in order. A stalled or restarting L1 is waited
// for; a finalized block that changes after it was read is reported and never followed.

import { type JsonRpcProvider, type Log } from "ethers";
import { fromHex, type Logger, type Metrics } from "../../base/index.ts";
import {
  inboxMessageHash,
  type L1Block,
  type L1Event,
  Namespace,
  type Policy,
} from "../../protocol/index.ts";
import { rollupsAbi, settlementAbi } from "./abi.ts";
import { within } from "./within.ts";

export interface WatcherOptions {
  readonly provider: JsonRpcProvider;
  readonly rollups: string;
  /** Where reading goes on: the last block read, with its hash, or the one before the first to read. */
  readonly from: { readonly number: number; readonly hash: Uint8Array | undefined };
  /** Settlement contracts of the rollups that subscribed up to there, by rollup id. */
  readonly settlements: ReadonlyMap<number, string>;
  /** Called once for each block, in order. */
  readonly onBlock: (block: L1Block) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Blocks asked for at once. */
const rangeMax = 64;
const requestTimeoutMs = 10_000;
const policyBits = { sealingRequired: 1n, classOrder: 2n } as const;

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #settlements: Map<number, string>;
  #last: { number: number; hash: string | undefined };
  #hasForked = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#settlements = new Map(options.settlements);
    const { number, hash } = options.from;
    this.#last = { number, hash: hash === undefined ? undefined : hex(hash) };
  }

  /** Settlement contracts by rollup id, of all rollups seen so far. */
  get settlements(): ReadonlyMap<number, string> {
    return this.#settlements;
  }

  /** Reads as far as L1 is finalized; throws when L1 does not answer. */
  async poll(): Promise<void> {
    const { provider } = this.#options;
    const finalized = await within(requestTimeoutMs, provider.getBlock("finalized"));
    if (finalized === null) return;
    while (this.#last.number < finalized.number) {
      const to = Math.min(finalized.number, this.#last.number + rangeMax);
      if (!(await this.#read(this.#last.number + 1, to))) return;
    }
  }

  async #read(from: number, to: number): Promise<boolean> {
    const { provider, rollups, onBlock, logger, metrics } = this.#options;
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const blocks = await within(
      requestTimeoutMs,
      Promise.all(numbers.map((number) => provider.getBlock(number))),
    );
    const registry = await this.#logs(from, to, [rollups]);
    for (const log of registry) this.#learn(log);
    const inboxes = await this.#logs(from, to, [...this.#settlements.values()]);
    for (const [i, block] of blocks.entries()) {
      // A node behind a balancer may know less than the one that answered before.
      if (block === null || block.hash === null) return false;
      if (this.#last.hash !== undefined && block.parentHash !== this.#last.hash) {
        if (!this.#hasForked)
          logger.error("a finalized L1 block has changed, reading no further", {
            number: block.number,
          });
        this.#hasForked = true;
        metrics.count("l1_finality_violations_total");
        return false;
      }
      this.#hasForked = false;
      const number = from + i;
      const logs = [...registry, ...inboxes]
        .filter((log) => log.blockNumber === number)
        .sort((a, b) => a.index - b.index);
      // Logs and block come from separate requests; they must tell of the same chain.
      if (logs.some((log) => log.blockHash !== block.hash)) return false;
      const events = logs.flatMap((log) => this.#toEvent(log));
      onBlock({ number, hash: bytes(block.hash), events });
      this.#last = { number, hash: block.hash };
    }
    return true;
  }

  async #logs(from: number, to: number, addresses: readonly string[]): Promise<Log[]> {
    if (addresses.length === 0) return [];
    const filter = { address: [...addresses], fromBlock: from, toBlock: to };
    return within(requestTimeoutMs, this.#options.provider.getLogs(filter));
  }

  /** Settlement contracts whose inboxes are read from the block of their subscription on. */
  #learn(log: Log): void {
    const parsed = rollupsAbi.parseLog(log);
    if (parsed?.name === "Subscribed")
      this.#settlements.set(Number(parsed.args["id"]), String(parsed.args["settlement"]));
  }

  #toEvent(log: Log): L1Event[] {
    const registered = rollupsAbi.parseLog(log);
    if (registered?.name === "Subscribed") {
      const { args } = registered;
      const settlement = bytes(String(args["settlement"]));
      const policy = toPolicy(args["policy"] as bigint);
      return [{ type: "subscribed", namespace: namespaceOf(args["id"]), settlement, policy }];
    }
    if (registered?.name === "Funded") {
      const units = registered.args["amount"] as bigint;
      const most = BigInt(Number.MAX_SAFE_INTEGER);
      const amount = Number(units > most ? most : units);
      return [{ type: "funded", namespace: namespaceOf(registered.args["id"]), amount }];
    }
    const parsed = settlementAbi.parseLog(log);
    if (parsed?.name !== "InboxMessage") return [];
    const { args } = parsed;
    const namespace = namespaceOf(args["rollupId"]);
    // A contract may log what it likes; only the settlement of this very rollup speaks for its inbox.
    if (this.#settlements.get(namespace)?.toLowerCase() !== log.address.toLowerCase()) return [];
    const index = Number(args["index"]);
    const data = bytes(String(args["data"]));
    const sender = bytes(String(args["sender"]));
    const message = { namespace, index, sender, timestamp: Number(args["timestamp"]), data };
    return [{ type: "inbox", ...message, messageHash: inboxMessageHash(message) }];
  }
}

function toPolicy(bits: bigint): Policy {
  return {
    sealingRequired: (bits & policyBits.sealingRequired) !== 0n,
    classOrder: (bits & policyBits.classOrder) !== 0n,
    senderMayPay: false,
  };
}

function namespaceOf(id: unknown): Namespace {
  return Namespace(Number(id));
}

function hex(value: Uint8Array): string {
  return `0x${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function bytes(value: string): Uint8Array {
  return fromHex(value) ?? new Uint8Array(0);
}
