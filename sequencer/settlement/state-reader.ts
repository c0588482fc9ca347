// What the Hub and the Settlements hold as of L1's newest block. Asked once in full, then followed by the events of
// new blocks; when L1 has gone back, asked anew.

import { CodedError } from "../../base/index.ts";
import type { Carried } from "../anchoring.ts";
import { hubAbi, settlementAbi, topics } from "./abi.ts";
import { type Block, type Hex, type Log, readBlock, readBytes, readLogs } from "./answers.ts";
import { badAnswer, forEachOf, type Rpc } from "./rpc.ts";
import { toCount, wordAt } from "./words.ts";

/** What L1 holds, as of its latest block; it may go back with a reorganisation. */
export interface L1State {
  /** Of the Hub's last checkpoint, 0 when there is none. */
  readonly number: number;
  readonly count: number;
  /** Whose committee the Hub takes checkpoints of. */
  readonly epoch: number;
  /** From when on the Hub can be shown the next committee, in L1's time, seconds. */
  readonly preparableFrom: number;
  /** The transaction that carried it, when it was found. */
  readonly transaction: string | undefined;
  /** By rollup id. */
  readonly settled: ReadonlyMap<number, SettledRollup>;
  /** What L1 has taken since the last state, in its order; after a reorganisation the newest of it once more. */
  readonly carried: readonly Carried[];
}

export interface SettledRollup {
  readonly batches: number;
  readonly transaction: string | undefined;
}

/** A look at L1. The same object as the last time when nothing has happened there since. */
export interface Look {
  readonly head: Block;
  readonly state: L1State;
  /** Raised each time that L1 was seen to have gone back. */
  readonly fork: number;
  /** The Settlements that were asked. */
  readonly addresses: ReadonlyMap<number, Hex>;
}

export interface StateReaderOptions {
  readonly rpc: Rpc;
  readonly hub: Hex;
  /** Settlement contracts by rollup id. */
  readonly settlements: () => ReadonlyMap<number, Hex>;
}

/** L1 blocks that are searched for the transactions of events, the newest. */
const blocksSearchedMax = 500;
const addressesPerQuery = 500;
/** A settlement contract may be anybody's: it gets little to answer with. */
const settledGas = "0x186a0";

export class StateReader {
  readonly #options: StateReaderOptions;
  #last: Look | undefined;
  #fork = 0;

  constructor(options: StateReaderOptions) {
    this.#options = options;
  }

  /** Throws the `CodedError` of `Rpc`, and NO_CONTRACT. */
  async look(): Promise<Look> {
    const head = await this.#block("latest");
    if (head === undefined) throw badAnswer("a latest block");
    const before = await this.#stillTrue(head);
    const addresses = new Map(this.#options.settlements());
    const isOld = before?.head.hash === head.hash && before.addresses.size === addresses.size;
    this.#last = isOld ? before : await this.#lookAt(head, addresses, before);
    return this.#last;
  }

  /** Asks for everything the next time: something here was not as it was said to be. */
  forget(): void {
    this.#last = undefined;
  }

  /** The last look, if L1 still stands on its block. */
  async #stillTrue(head: Block): Promise<Look | undefined> {
    const last = this.#last;
    if (last === undefined || last.head.hash === head.hash) return last;
    const distance = head.number - last.head.number;
    const there =
      distance === 1
        ? head.parentHash
        : distance > 1 && (await this.#block(`0x${last.head.number.toString(16)}`))?.hash;
    if (there !== last.head.hash) {
      this.#fork++;
      return undefined;
    }
    // So long ago that asking in full is less work.
    return distance > blocksSearchedMax ? undefined : last;
  }

  async #lookAt(
    head: Block,
    addresses: ReadonlyMap<number, Hex>,
    before: Look | undefined,
  ): Promise<Look> {
    const { hub } = this.#options;
    const from =
      before === undefined
        ? Math.max(0, head.number - blocksSearchedMax)
        : Math.min(head.number, before.head.number + 1);
    const latest = await this.#latest(head);
    const logs = await this.#logs([hub, ...addresses.values()], from, head.number);
    const number = latest.number;
    const known = before?.state.number === number ? before.state.transaction : undefined;
    const carrier = lastWith(logs, hub, topics.finalized, number)?.transactionHash;
    const settled = new Map<number, SettledRollup>();
    await forEachOf([...addresses], async ([id, address]) => {
      const rollup = await this.#settled(address, head, logs, before?.state.settled.get(id));
      if (rollup !== undefined) settled.set(id, rollup);
    });
    const transaction = carrier ?? known;
    const carried = this.#carried(logs, addresses);
    const state = { ...latest, transaction, settled, carried };
    return { head, state, fork: this.#fork, addresses };
  }

  /** Events that do not read like those of our contracts are passed over: a Settlement may be anybody's. */
  #carried(logs: readonly Log[], addresses: ReadonlyMap<number, Hex>): Carried[] {
    const { hub } = this.#options;
    const rollupOf = new Map([...addresses].map(([id, address]) => [address, id]));
    const inOrder = logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    return inOrder.flatMap((log): Carried[] => {
      const transaction = log.transactionHash;
      const indexed = toCount(log.topics[1]);
      const count = toCount(wordAt(log.data, 1));
      if (indexed === undefined || count === undefined) return [];
      if (log.address === hub && isOf(log, topics.finalized)) {
        const height = toCount(wordAt(log.data, 0));
        if (height === undefined) return [];
        return [{ type: "anchored", count, number: indexed, height, transaction }];
      }
      const rollup = rollupOf.get(log.address);
      if (rollup === undefined || !isOf(log, topics.settled)) return [];
      return [{ type: "settled", count, rollup, transaction }];
    });
  }

  async #latest(
    head: Block,
  ): Promise<Pick<L1State, "number" | "count" | "epoch" | "preparableFrom">> {
    const { hub } = this.#options;
    const [bytes, from] = await Promise.all(
      ["latest", "preparableFrom"].map((name) =>
        this.#call({ to: hub, data: hubAbi.encodeFunctionData(name) }, head),
      ),
    );
    if (bytes === undefined || bytes.length === 0)
      throw new CodedError("NO_CONTRACT", `there is no Hub at ${hub}: is this the right L1?`);
    const number = toCount(wordAt(bytes, 0));
    const epoch = toCount(wordAt(bytes, 1));
    const count = toCount(wordAt(bytes, 2));
    const preparableFrom = toCount(from);
    if (number === undefined || epoch === undefined || count === undefined)
      throw badAnswer("the latest checkpoint");
    if (preparableFrom === undefined) throw badAnswer("a time");
    return { number, count, epoch, preparableFrom };
  }

  /** Undefined for what is no Settlement, or does not answer like one: that is its rollup's affair alone. */
  async #settled(
    address: Hex,
    head: Block,
    logs: readonly Log[],
    before: SettledRollup | undefined,
  ): Promise<SettledRollup | undefined> {
    const log = logs.findLast((each) => each.address === address && isOf(each, topics.settled));
    const told = toCount(log?.topics[1]);
    if (before !== undefined)
      return told === undefined ? before : { batches: told, transaction: log?.transactionHash };
    const data = settlementAbi.encodeFunctionData("settled");
    try {
      const bytes = await this.#call({ to: address, data, gas: settledGas }, head);
      const batches = toCount(wordAt(bytes, 0));
      if (batches === undefined) return undefined;
      return { batches, transaction: told === batches ? log?.transactionHash : undefined };
    } catch (error) {
      if (error instanceof CodedError && error.code === "L1_REFUSED") return undefined;
      throw error;
    }
  }

  async #logs(addresses: readonly Hex[], from: number, to: number): Promise<Log[]> {
    const chunks = Array.from({ length: Math.ceil(addresses.length / addressesPerQuery) }, (_, i) =>
      addresses.slice(i * addressesPerQuery, (i + 1) * addressesPerQuery),
    );
    const found = await forEachOf(chunks, (address) =>
      this.#options.rpc.call(
        "eth_getLogs",
        [
          {
            address,
            topics: [[topics.finalized, topics.settled]],
            fromBlock: `0x${from.toString(16)}`,
            toBlock: `0x${to.toString(16)}`,
          },
        ],
        readLogs,
      ),
    );
    return found.flat();
  }

  async #block(tag: string): Promise<Block | undefined> {
    return this.#options.rpc.call("eth_getBlockByNumber", [tag, false], readBlock);
  }

  /** By number, so that a server that is behind refuses in place of answering with what was before. */
  async #call(request: object, head: Block): Promise<Uint8Array> {
    const params = [request, `0x${head.number.toString(16)}`];
    return this.#options.rpc.call("eth_call", params, readBytes);
  }
}

function lastWith(logs: readonly Log[], address: Hex, topic: Hex, number: number): Log | undefined {
  return logs.findLast(
    (log) => log.address === address && isOf(log, topic) && toCount(log.topics[1]) === number,
  );
}

function isOf(log: Log, topic: Hex): boolean {
  return log.topics[0] === topic;
}
