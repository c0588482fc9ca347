// Carries out what takes one transaction or several, each once: it is written down before it is sent, and a nonce is used
// until it is spent. So a call that died is taken up by the next one, and what got stuck is replaced and not repeated.

import { Transaction, type TransactionReceipt, type Wallet } from "ethers";
import { assert, CodedError } from "../base/index.ts";
import type { L1 } from "./connection.ts";
import { messageOf, toL1Error, toRefusal } from "./failures.ts";
import type { Entry, Journal } from "./journal.ts";

/** One transaction. Nothing of ours sends coin. */
export interface Step {
  /** What it does, for people: "approve the stake". */
  readonly what: string;
  /** Null makes a contract. */
  readonly to: string | null;
  readonly data: string;
}

export type Plan =
  | { readonly type: "steps"; readonly steps: readonly Step[] }
  /** It is so already: nothing is sent. */
  | { readonly type: "already"; readonly because: string };

export interface Wish {
  /** The command and what it is asked: the same text for the same wish. */
  readonly intent: string;
  /** Asked once nothing of an earlier call is on its way. */
  plan(): Promise<Plan>;
}

export interface Outcome {
  /** `resumed`: an earlier call had sent it, and this one found out how it ended. */
  readonly status: "done" | "resumed" | "already";
  readonly because?: string;
  readonly included: readonly { readonly what: string; readonly receipt: TransactionReceipt }[];
}

export interface SenderPorts {
  readonly l1: L1;
  readonly wallet: Wallet;
  readonly journal: Journal;
  /** A line for people about what is waited for. */
  readonly progress: (line: string) => void;
  readonly pollMs?: number;
  /** How long one offer of a fee has before more is offered. */
  readonly replaceMs?: number;
}

const pollMsDefault = 1_000;
const replaceMsDefault = 60_000;
/** Blocks that came without it, by which a stuck transaction is told from an L1 that stands still. */
const replaceBlocks = 3;
const replacementsMax = 8;
const progressMs = 10_000;
const outdoneRounds = 3;
/** For a chain that has lost what came before the transaction: it may be given back. */
const backMs = 60_000;
/** What one transaction may use since EIP-7825. */
const gasMax = 16_777_216n;

export class Sender {
  readonly #ports: SenderPorts;

  constructor(ports: SenderPorts) {
    this.#ports = ports;
  }

  /**
   * `report` is called before the journal forgets: whoever dies in between is told again. Throws `CodedError` L1_REFUSED,
   * INSUFFICIENT_FUNDS, L1_UNREACHABLE, L1_FAILED, L1_NONCE_SPENT, L1_WENT_BACK, or what the journal throws.
   */
  async carryOut(wish: Wish, report: (outcome: Outcome) => void): Promise<void> {
    const { journal, progress } = this.#ports;
    const before = await journal.read();
    if (before !== undefined) {
      progress(`an earlier call has sent a transaction: ${before.what}`);
      const receipt = await this.#follow(before);
      if (receipt === undefined) progress("another transaction took its nonce; it does nothing");
      else if (receipt.status !== 1) progress("it was included, and did nothing");
      else if (before.isLast && before.intent === wish.intent) {
        report({ status: "resumed", included: [{ what: before.what, receipt }] });
        return journal.clear();
      }
      await journal.clear();
    }
    const plan = await wish.plan();
    if (plan.type === "already")
      return report({ status: "already", because: plan.because, included: [] });
    const included: { what: string; receipt: TransactionReceipt }[] = [];
    for (const [index, step] of plan.steps.entries()) {
      if (index > 0) await journal.clear();
      const isLast = index === plan.steps.length - 1;
      const receipt = await this.#carry(step, { intent: wish.intent, isLast });
      included.push({ what: step.what, receipt });
    }
    report({ status: "done", included });
    await journal.clear();
  }

  async #carry(
    step: Step,
    rest: { readonly intent: string; readonly isLast: boolean },
  ): Promise<TransactionReceipt> {
    const { l1, wallet, journal, progress } = this.#ports;
    const { what, to, data } = step;
    const nonce = await this.#ask(what, () =>
      l1.provider.getTransactionCount(wallet.address, "pending"),
    );
    const signed = await this.#sign({ nonce, to, data, what });
    const entry: Entry = { ...step, ...rest, nonce, sent: [signed] };
    await journal.begin(entry);
    progress(`${what}: sending ${signed.hash}`);
    const receipt = await this.#follow(entry);
    if (receipt?.status === 1) return receipt;
    await journal.clear();
    if (receipt !== undefined) throw await this.#whyReverted(what, receipt, { to, data });
    throw new CodedError(
      "L1_NONCE_SPENT",
      `${what}: another transaction of this account took its place: look what it was, then run again`,
    );
  }

  /** Until it is included, whichever of those sent; undefined once none of them can be any more. */
  async #follow(entry: Entry): Promise<TransactionReceipt | undefined> {
    const { l1, wallet, progress, pollMs = pollMsDefault } = this.#ports;
    const { provider } = l1;
    const { what, nonce } = entry;
    let { sent } = entry;
    let offer = { at: performance.now(), block: await this.#block(what) };
    let said = performance.now();
    const start = performance.now();
    let outdone = 0;
    for (let round = 0; ; round++) {
      // First the nonce: a receipt that comes between the two questions is found by the second.
      const spent = await this.#ask(what, () => provider.getTransactionCount(wallet.address));
      for (const { hash } of sent.toReversed()) {
        const receipt = await this.#ask(what, () => provider.getTransactionReceipt(hash));
        if (receipt === null) continue;
        progress(`${what}: included in block ${receipt.blockNumber}, gas ${receipt.gasUsed}`);
        return receipt;
      }
      // More than once: of the servers behind a balancer one may know the nonce and another not yet the receipt.
      if (spent > nonce && ++outdone >= outdoneRounds) return undefined;
      const now = performance.now();
      if (spent < nonce && now - start > backMs) await this.#assertNoGap(entry);
      // Again and again: who holds it for us may forget it, or be another one behind a balancer.
      if (spent <= nonce && round % 8 === 0) await this.#broadcast({ ...entry, sent });
      const block = await this.#block(what);
      if (this.#isStuck({ now, block }, offer) && sent.length <= replacementsMax) {
        sent = await this.#outbid({ ...entry, sent });
        offer = { at: now, block };
      } else if (now - said > progressMs) {
        progress(
          `${what}: not included after ${Math.round((now - start) / 1000)} s, block ${block}`,
        );
        said = now;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  #isStuck(
    { now, block }: { now: number; block: number },
    offer: { at: number; block: number },
  ): boolean {
    const { replaceMs = replaceMsDefault } = this.#ports;
    return now - offer.at > replaceMs && block - offer.block >= replaceBlocks;
  }

  /** An eighth more is the least that a replacement may offer. */
  async #outbid(entry: Entry): Promise<Entry["sent"]> {
    const { journal, progress } = this.#ports;
    const last = Transaction.from(entry.sent.at(-1)?.raw ?? "0x");
    const signed = await this.#sign(entry, last);
    const sent = [...entry.sent, signed];
    await journal.replace({ ...entry, sent });
    progress(`${entry.what}: offering more for its inclusion, ${signed.hash}`);
    await this.#broadcast({ ...entry, sent });
    return sent;
  }

  async #sign(
    { nonce, to, data, what }: Pick<Entry, "nonce" | "to" | "data" | "what">,
    last?: Transaction,
  ): Promise<{ readonly hash: string; readonly raw: string }> {
    const { l1, wallet } = this.#ports;
    const { provider, chainId } = l1;
    const request = { from: wallet.address, to, data };
    const gas = last?.gasLimit ?? (await this.#ask(what, () => provider.estimateGas(request)));
    const fees = await this.#ask(what, () => provider.getFeeData());
    const tip = most(fees.maxPriorityFeePerGas, anEighthMore(last?.maxPriorityFeePerGas));
    const maxFee = most(fees.maxFeePerGas, anEighthMore(last?.maxFeePerGas), tip);
    const raw = await wallet.signTransaction({
      type: 2,
      chainId,
      nonce,
      to,
      data,
      gasLimit: last === undefined ? least(gasMax, (gas * 5n) / 4n) : gas,
      maxFeePerGas: maxFee,
      maxPriorityFeePerGas: tip,
    });
    const { hash } = Transaction.from(raw);
    assert(hash !== null, "what is signed has a hash");
    return { hash, raw };
  }

  async #broadcast({ what, sent }: Entry): Promise<void> {
    const { l1, journal } = this.#ports;
    try {
      await l1.provider.send("eth_sendRawTransaction", [sent.at(-1)?.raw]);
    } catch (cause) {
      // Known, spent or outbid: the receipts say how it went.
      if (/already (known|imported)|nonce too low|underpriced/i.test(messageOf(cause) ?? ""))
        return;
      const error = toL1Error(what, cause);
      // The L1 has it not and takes it not, so nothing is on its way.
      if (error.code !== "L1_UNREACHABLE" && sent.length === 1) await journal.clear();
      throw error;
    }
  }

  async #block(what: string): Promise<number> {
    return this.#ask(what, () => this.#ports.l1.provider.getBlockNumber());
  }

  /** By asking again what it would do, on the state that it left: mostly that is what stopped it. */
  async #whyReverted(
    what: string,
    { blockNumber, hash }: TransactionReceipt,
    call: { readonly to: string | null; readonly data: string },
  ): Promise<CodedError> {
    const { l1, wallet } = this.#ports;
    try {
      await l1.provider.call({ ...call, from: wallet.address, blockTag: blockNumber });
    } catch (cause) {
      return toL1Error(what, cause);
    }
    return toRefusal(`${what} (${hash})`, undefined);
  }

  async #assertNoGap({ what, nonce }: Entry): Promise<void> {
    const { l1, wallet } = this.#ports;
    const next = await this.#ask(what, () =>
      l1.provider.getTransactionCount(wallet.address, "pending"),
    );
    if (next >= nonce) return;
    throw new CodedError(
      "L1_WENT_BACK",
      `${what}: transactions before it (nonce ${nonce}) are not on this chain; if it was made anew, remove the account's file from the journal`,
    );
  }

  async #ask<T>(what: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (cause) {
      throw toL1Error(what, cause);
    }
  }
}

function anEighthMore(fee: bigint | null | undefined): bigint {
  return fee === undefined || fee === null ? 0n : (fee * 9n) / 8n + 1n;
}

function most(...fees: readonly (bigint | null)[]): bigint {
  return fees.reduce<bigint>((a, b) => (b !== null && b > a ? b : a), 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
