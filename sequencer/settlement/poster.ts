// Carries certified checkpoints to the Hub and every rollup's totals to its Settlement. It looks at what L1 says
// now and does what is missing, so a restart, a reorganisation or a transaction that got lost all heal by looking
// again; the contracts refuse what they have, so nothing happens twice.

import { type JsonRpcProvider, type TransactionRequest, type Wallet } from "ethers";
import { assert, CodedError, type Logger, type Metrics, toHex } from "../../base/index.ts";
import { g2ToEip2537 } from "../../crypto/index.ts";
import {
  absentEntries,
  type CertifiedCheckpoint,
  committeeHead,
  type RollupLeaf,
  rollupProof,
  type Seat,
} from "../../protocol/index.ts";
import { bundleAbi, hubAbi, settlementAbi } from "./abi.ts";
import { within } from "./within.ts";

/** A checkpoint with all that its root commits to. */
export interface Anchorable {
  readonly certified: CertifiedCheckpoint;
  /** By rollup id. */
  readonly leaves: readonly RollupLeaf[];
}

export interface PosterOptions {
  readonly provider: JsonRpcProvider;
  readonly wallet: Wallet;
  readonly hub: string;
  readonly bundle: string;
  /** This validator's place in the committee, and how many there are: whose turn it is. */
  readonly index: number;
  readonly seats: number;
  /** The committee's keys as the Hub knows them. */
  readonly keys: readonly Seat[];
  /** How long each further validator waits for those before it, ms. */
  readonly failoverMs: number;
  /** Settlement contracts by rollup id. */
  readonly settlements: () => ReadonlyMap<number, string>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What L1 holds, as of its latest block; it may go back with a reorganisation. */
export interface L1State {
  /** Of the Hub's last checkpoint, 0 when there is none. */
  readonly number: number;
  readonly count: number;
  /** The transaction that carried it, when it was found. */
  readonly transaction: string | undefined;
  /** By rollup id. */
  readonly settled: ReadonlyMap<number, SettledRollup>;
}

export interface SettledRollup {
  readonly batches: number;
  readonly transaction: string | undefined;
}

const requestTimeoutMs = 10_000;
/** A transaction that is not included in this time is replaced at the same nonce with higher fees. */
const inclusionMs = 20_000;
const certifiedKept = 64;
/** L1 blocks that are searched for the transaction of an event. */
const logRange = 500;

export class Poster {
  readonly #options: PosterOptions;
  /** By checkpoint number, ascending. */
  readonly #certified = new Map<
    number,
    { readonly anchorable: Anchorable; readonly since: number }
  >();
  /** When the Hub was first seen to hold a checkpoint whose leaves some rollup has not settled. */
  #unsettledSince: { readonly number: number; readonly since: number } | undefined;
  #state: L1State | undefined;
  #sent: { readonly nonce: number; readonly fee: bigint; readonly at: number } | undefined;

  readonly #head: Uint8Array;

  constructor(options: PosterOptions) {
    const head = committeeHead(options.keys);
    assert(head !== undefined, "the committee's keys are points");
    this.#options = options;
    this.#head = head;
  }

  /** Takes a checkpoint to be anchored. A newer one stands for all before it. */
  add(anchorable: Anchorable, now: number): void {
    const { number } = anchorable.certified.checkpoint;
    if (this.#certified.has(number)) return;
    this.#certified.set(number, { anchorable, since: now });
    const numbers = [...this.#certified.keys()].sort((a, b) => a - b);
    for (const old of numbers.slice(0, -certifiedKept)) this.#certified.delete(old);
  }

  /** One look and at most one transaction; throws when L1 does not answer. */
  async poll(now: number): Promise<L1State> {
    const state = await this.#look();
    const newest = [...this.#certified.values()].reduce<
      { readonly anchorable: Anchorable; readonly since: number } | undefined
    >(
      (best, each) => (best === undefined || numberOf(each) > numberOf(best) ? each : best),
      undefined,
    );
    if (newest !== undefined && numberOf(newest) > state.number) {
      if (this.#isMyTurn(numberOf(newest), newest.since, now))
        await this.#anchor(newest.anchorable, now);
      return state;
    }
    await this.#settle(state, now);
    return state;
  }

  async #look(): Promise<L1State> {
    const { hub, settlements } = this.#options;
    const latest = await this.#call(hub, hubAbi, "latest");
    const number = Number(latest[0]);
    const known = this.#state;
    const transaction =
      known?.number === number && known.transaction !== undefined
        ? known.transaction
        : await this.#find(hub, hubAbi, "Finalized", number);
    const settled = new Map<number, SettledRollup>();
    for (const [id, address] of settlements()) {
      const totals = await this.#call(address, settlementAbi, "settled");
      const batches = Number(totals[0]);
      const before = known?.settled.get(id);
      const carrier =
        before?.batches === batches && before.transaction !== undefined
          ? before.transaction
          : await this.#find(address, settlementAbi, "Settled", batches);
      settled.set(id, { batches, transaction: carrier });
    }
    this.#state = { number, count: Number(latest[2]), transaction, settled };
    return this.#state;
  }

  /** The transaction whose event brought the contract to this number; undefined when it is out of reach. */
  async #find(
    address: string,
    abi: typeof hubAbi,
    event: string,
    number: number,
  ): Promise<string | undefined> {
    if (number === 0) return undefined;
    const { provider } = this.#options;
    const latest = await within(requestTimeoutMs, provider.getBlockNumber());
    const logs = await within(
      requestTimeoutMs,
      provider.getLogs({
        address,
        topics: abi.encodeFilterTopics(event, [number]),
        fromBlock: Math.max(0, latest - logRange),
        toBlock: latest,
      }),
    );
    return logs.at(-1)?.transactionHash;
  }

  /** The validator whose turn it is posts at once, the next after a while, and so on around the committee. */
  #isMyTurn(number: number, since: number, now: number): boolean {
    const { index, seats, failoverMs } = this.#options;
    const rank = (((index - number) % seats) + seats) % seats;
    return now - since >= rank * failoverMs;
  }

  async #anchor({ certified }: Anchorable, now: number): Promise<void> {
    const { hub, keys, logger, metrics } = this.#options;
    const { checkpoint, signers, signature } = certified;
    const proof = g2ToEip2537(signature);
    assert(proof !== undefined, "a certified checkpoint's signature is a point");
    const absent = keys.map((_, index) => index).filter((index) => !hasIndex(signers, index));
    const data = hubAbi.encodeFunctionData("finalize", [
      {
        number: checkpoint.number,
        epoch: checkpoint.epoch,
        height: checkpoint.height,
        blockHash: hex(checkpoint.blockHash),
        rollupsRoot: hex(checkpoint.rollupsRoot),
        next: hex(checkpoint.next),
      },
      hex(this.#head),
      hex(absentEntries(keys, absent)),
      hex(proof),
    ]);
    const gas = await this.#send({ to: hub, data }, now);
    if (gas === undefined) return;
    metrics.gauge("anchor_gas", gas);
    logger.info("checkpoint anchored", {
      number: checkpoint.number,
      height: checkpoint.height,
      gas,
    });
  }

  /** Settles all rollups that are behind the Hub's latest checkpoint, in one transaction. */
  async #settle(state: L1State, now: number): Promise<void> {
    const { bundle, logger, metrics } = this.#options;
    const entry = this.#certified.get(state.number);
    if (entry === undefined) return;
    const { leaves } = entry.anchorable;
    const behind = leaves.filter(
      (leaf) => (state.settled.get(leaf.namespace)?.batches ?? Infinity) < leaf.batches,
    );
    if (behind.length === 0) {
      this.#unsettledSince = undefined;
      return;
    }
    if (this.#unsettledSince?.number !== state.number)
      this.#unsettledSince = { number: state.number, since: now };
    if (!this.#isMyTurn(state.number, this.#unsettledSince.since, now)) return;
    const items = behind.map((leaf) => ({
      settlement: this.#options.settlements().get(leaf.namespace),
      totals: {
        batches: leaf.batches,
        inboxRead: leaf.inboxRead,
        batchesHash: hex(leaf.batchesHash),
        inboxHash: hex(leaf.inboxHash),
      },
      proof: rollupProof(leaves, leaf.namespace).map(hex),
    }));
    const data = bundleAbi.encodeFunctionData("settle", [state.count, items]);
    const gas = await this.#send({ to: bundle, data }, now);
    if (gas === undefined) return;
    metrics.gauge("settle_gas", gas);
    logger.info("rollups settled", { number: state.number, rollups: items.length, gas });
  }

  /**
   * Sends one transaction and waits for it a while. One nonce is used until it is spent, so that a transaction that
   * got stuck is replaced and not followed. Answers the gas, or undefined when it was not included or did nothing.
   */
  async #send(request: TransactionRequest, now: number): Promise<number | undefined> {
    const { provider, wallet, logger, metrics } = this.#options;
    const nonce = await within(
      requestTimeoutMs,
      provider.getTransactionCount(wallet.address, "latest"),
    );
    const fees = await within(requestTimeoutMs, provider.getFeeData());
    const offered = fees.maxFeePerGas ?? fees.gasPrice ?? 1_000_000_000n;
    // A replacement must offer at least a tenth more; an eighth leaves room.
    const least = this.#sent?.nonce === nonce ? (this.#sent.fee * 9n) / 8n : 0n;
    const maxFeePerGas = offered > least ? offered : least;
    const tip = fees.maxPriorityFeePerGas ?? 1_000_000_000n;
    const maxPriorityFeePerGas =
      this.#sent?.nonce === nonce ? maxFeePerGas : minimum(tip, maxFeePerGas);
    try {
      const gasLimit = await within(
        requestTimeoutMs,
        provider.estimateGas({ ...request, from: wallet.address }),
      );
      const sent = await within(
        requestTimeoutMs,
        wallet.sendTransaction({
          ...request,
          nonce,
          gasLimit: (gasLimit * 5n) / 4n,
          maxFeePerGas,
          maxPriorityFeePerGas,
        }),
      );
      this.#sent = { nonce, fee: maxFeePerGas, at: now };
      const receipt = await within(inclusionMs, sent.wait(1));
      if (receipt?.status !== 1) return undefined;
      return Number(receipt.gasUsed);
    } catch (error) {
      // Another validator was faster, or L1 is away: the next look decides what is left to do.
      metrics.count("l1_transactions_failed_total");
      logger.info("an L1 transaction was not included", { code: codeOf(error) });
      return undefined;
    }
  }

  async #call(to: string, abi: typeof hubAbi, name: string): Promise<readonly unknown[]> {
    const { provider } = this.#options;
    const data = abi.encodeFunctionData(name, []);
    const result = await within(requestTimeoutMs, provider.call({ to, data }));
    if (result === "0x")
      throw new CodedError("NO_CONTRACT", `there is no contract at ${to}: is this the right L1?`);
    return [...abi.decodeFunctionResult(name, result)] as unknown[];
  }
}

function numberOf(entry: { readonly anchorable: Anchorable }): number {
  return entry.anchorable.certified.checkpoint.number;
}

function hasIndex(signers: readonly number[], index: number): boolean {
  return signers.includes(index);
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
