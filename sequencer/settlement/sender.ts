// One transaction at a time from one account. A nonce is used until it is spent, so that a transaction that got stuck
// is replaced and not followed, and what is sent twice is included once.

import { Transaction, type Wallet } from "ethers";
import { BoundedMap, CodedError } from "../../base/index.ts";
import { type Block, type Hex, readCount, readHash, readQuantity, readReceipt } from "./answers.ts";
import type { Rpc } from "./rpc.ts";

export interface SenderOptions {
  readonly rpc: Rpc;
  readonly wallet: Wallet;
  readonly chainId: number;
  /** A transaction is replaced when both so much time and a few blocks have gone by without it. */
  readonly inclusionMs: number;
}

export interface Call {
  readonly to: Hex;
  readonly data: Hex;
}

/** How a transaction ended. `L` is what it was sent for. */
export interface Outcome<L> {
  readonly label: L;
  readonly isSuccess: boolean;
  readonly gasUsed: number;
}

interface Pending<L> {
  readonly label: L;
  readonly nonce: number;
  /** Of every transaction that was sent with this nonce: any of them may be the one that is included. */
  readonly sent: readonly { readonly hash: Hex; readonly label: L }[];
  readonly at: number;
  readonly block: number;
}

interface Fees {
  readonly maxFee: bigint;
  readonly tip: bigint;
}

const inclusionBlocks = 3;
/** Hashes of replaced transactions that are still looked for. */
const replacedMax = 8;
/** What one transaction may use since EIP-7825. */
const gasMax = 16_777_216;
/** Bounds to what an L1 that lies, or repeated replacing, can make us offer: wei for a unit of gas. */
const tipMax = 100_000_000_000n;
const maxFeeMax = 5_000_000_000_000n;

export class Sender<L> {
  readonly #options: SenderOptions;
  #pending: Pending<L> | undefined;
  /** What has been offered, by nonce: less than an eighth more is no replacement. */
  readonly #offered = new BoundedMap<number, Fees>(16);

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Whether a transaction is on its way and has time left. */
  isWaiting(head: Block, now: number): boolean {
    if (this.#pending === undefined) return false;
    const { at, block } = this.#pending;
    return now - at < this.#options.inclusionMs || head.number - block < inclusionBlocks;
  }

  /** Looks after the transaction on its way; answers once when it was included. */
  async follow(): Promise<Outcome<L> | undefined> {
    const pending = this.#pending;
    if (pending === undefined) return undefined;
    // First the nonce: a receipt that comes between the two questions is found by the second.
    const nonce = await this.#nonce();
    for (const { hash, label } of pending.sent.toReversed()) {
      const receipt = await this.#options.rpc.call(
        "eth_getTransactionReceipt",
        [hash],
        readReceipt,
      );
      if (receipt === undefined) continue;
      this.#pending = undefined;
      return { label, ...receipt };
    }
    // Spent by something else, or not next any more because L1 went back: either way, not what is awaited.
    if (nonce !== pending.nonce) this.#pending = undefined;
    return undefined;
  }

  /**
   * Sends it, in place of one that is stuck. Throws L1_REFUSED when L1 foresees that it would do nothing or does not
   * take it; then nothing new is on its way.
   */
  async send(call: Call, label: L, head: Block, now: number): Promise<void> {
    const { rpc, wallet, chainId } = this.#options;
    // Before it is known whether there is anything to do: what is included from now on spends the nonce, so that a
    // block that comes in between makes this one void and not a second one.
    const nonce = this.#pending?.nonce ?? (await this.#nonce());
    // What others have sent already may leave nothing to do; what we have sent ourselves is to be replaced.
    const state = this.#pending === undefined ? "pending" : "latest";
    const request = { from: wallet.address, ...call };
    const gas = await rpc.call("eth_estimateGas", [request, state], readCount);
    const { maxFee, tip } = await this.#fees(nonce, head);
    const raw = await wallet.signTransaction({
      type: 2,
      chainId,
      nonce,
      ...call,
      gasLimit: Math.min(gasMax, Math.ceil(gas * 1.25)),
      maxFeePerGas: maxFee,
      maxPriorityFeePerGas: tip,
    });
    const hash = Transaction.from(raw).hash ?? "";
    const before = this.#pending;
    const earlier = before?.nonce === nonce ? before.sent.slice(-replacedMax) : [];
    // Before it is sent: an answer that never comes must not make it forgotten.
    this.#offered.set(nonce, { maxFee, tip });
    const sent = [...earlier, { hash, label }];
    this.#pending = { label, nonce, sent, at: now, block: head.number };
    try {
      await rpc.call("eth_sendRawTransaction", [raw], readHash);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "L1_REFUSED") throw error;
      if (isKnown(error)) return;
      this.#pending = earlier.length === 0 ? undefined : before;
      throw error;
    }
  }

  async #nonce(): Promise<number> {
    const { rpc, wallet } = this.#options;
    return rpc.call("eth_getTransactionCount", [wallet.address, "latest"], readCount);
  }

  /** Room for the base fee to double; an eighth more than what was offered for this nonce before. */
  async #fees(nonce: number, head: Block): Promise<Fees> {
    const asked = await this.#options.rpc.call("eth_maxPriorityFeePerGas", [], readQuantity);
    const offered = this.#offered.get(nonce);
    const tip = least(tipMax, most(asked, anEighthMore(offered?.tip)));
    const maxFee = most(2n * head.baseFee + tip, anEighthMore(offered?.maxFee));
    return { maxFee: least(maxFeeMax, most(maxFee, tip)), tip };
  }
}

function anEighthMore(fee: bigint | undefined): bigint {
  return fee === undefined ? 0n : (fee * 9n) / 8n + 1n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The very same transaction has been sent before. */
function isKnown({ details }: CodedError): boolean {
  return /already (known|imported)/i.test(String(details["message"]));
}
